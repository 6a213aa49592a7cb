using System.Text;
using System.Text.Json.Nodes;
using CsCheck;
using StreamPipeline.Core.Decoding;

namespace StreamPipeline.Core.Tests.Decoding;

public sealed class LambdaEventReaderTests
{
    [Fact]
    public void A_record_is_read_whatever_the_order_of_its_members()
    {
        const string Event = """
            {"more":{"Records":[1]},"Records":[{"kinesis":{"approximateArrivalTimestamp":978307260.1234564,"data":"aGk\u003d","partitionKey":"k",
            "sequenceNumber":"49590338271490256608559692538361571095921575989136588898","x":[[]]},"eventSource":"aws:kinesis",
            "eventID":"shardId-000000000006:49590338271490256608559692538361571095921575989136588898","eventSourceARN":"arn"}]}
            """;
        using var result = Read(Event);
        Assert.Null(result.Error);
        var batch = Assert.Single(result.Batches);
        Assert.Equal("shardId-000000000006", batch.Shard);
        var record = Assert.Single(batch.Records);
        Assert.Equal("49590338271490256608559692538361571095921575989136588898", record.Sequence.ToString());
        Assert.Equal(978_307_260_123_456, record.ArrivalTimeUs);
        Assert.Equal("hi", Encoding.UTF8.GetString(record.Data.Span));
        Assert.Null(record.Fault);
    }

    [Fact]
    public void Records_come_by_shard_in_order_of_appearance_and_ascending_by_sequence_and_repeats_apart_from_them() =>
        Gen.Select(Gen.Int[0, 2], Gen.Int[0, 30]).Array[1, 20].Sample(records =>
        {
            using var result = Read(Event([.. records.Select(record => Record("s" + record.Item1, record.Item2, Data(record.Item2)))]));
            Assert.Null(result.Error);
            var expected = records
                .GroupBy(record => record.Item1)
                .Select(shard => (Shard: "s" + shard.Key, Firsts: shard.Select(record => record.Item2).Distinct().Order().ToArray(), All: shard.Select(record => record.Item2).Order().ToArray()))
                .ToArray();
            Assert.Equal(expected.Select(shard => (shard.Shard, shard.Firsts)), result.Batches.Select(Sequences));
            Assert.Equal(
                expected.Where(shard => shard.All.Length > shard.Firsts.Length).Select(shard => (shard.Shard, shard.All.Where((sequence, i) => i > 0 && shard.All[i - 1] == sequence).ToArray())),
                result.Repeats.Select(Sequences));
        });

    [Theory]
    [InlineData(1, 1)]
    [InlineData(1, 2, 1)]
    [InlineData(2, 1, 2, 1)]
    public void A_sequence_number_twice_with_other_data_fails_the_whole_event(params int[] sequences)
    {
        using var result = Read(Event([.. sequences.Select((sequence, i) => Record("s", sequence, Convert.ToBase64String([(byte)i, 1])))]));
        Assert.Equal("shard s has the sequence number 1 twice, with other data each time (2 and 2 bytes): a stream gives a number out once", result.Error);
        Assert.Empty(result.Batches);
        Assert.Empty(result.Repeats);
    }

    [Fact]
    public void Data_that_is_not_base64_is_a_fault_of_its_record_only()
    {
        using var result = Read(Event(Record("s", 1, "eA=="), Record("s", 2, "eAA=*"), Record("s", 3, "eQ==")));
        var records = Assert.Single(result.Batches).Records;
        Assert.Equal("x", Encoding.UTF8.GetString(records[0].Data.Span));
        Assert.Equal(QuarantineReason.BadBase64, records[1].Fault!.Reason);
        Assert.Equal("Records[1].kinesis.data, 5 characters, is not base64 (RFC 4648 section 4)", records[1].Fault!.Detail);
        Assert.Equal("eAA=*", Encoding.UTF8.GetString(records[1].Data.Span));
        Assert.Equal("y", Encoding.UTF8.GetString(records[2].Data.Span));
    }

    [Theory]
    [InlineData("", "not JSON, after 0 whole records: ")]
    [InlineData("[]", "not a Lambda event: a JSON object with the member Records is expected")]
    [InlineData("{}", "not a Lambda Kinesis event: it has no member Records")]
    [InlineData("""{"Records":{}}""", "the event's Records is not an array")]
    [InlineData("""{"Records":[],"Records":[]}""", "the event names Records twice")]
    [InlineData("""{"Records":[]} {}""", "not JSON, after 0 whole records: ")]
    [InlineData("""{"Records":[7]}""", "Records[0] is not an object")]
    [InlineData("""{"Records":[{"eventSource":"aws:sqs"}]}""", "Records[0] has an eventSource other than aws:kinesis")]
    [InlineData("""{"Records":[{"kinesis":[]}]}""", "Records[0] has a member kinesis that is not an object")]
    [InlineData("""{"Records":[{"eventID":"no colon"}]}""", "Records[0] has an eventID without a shard id before a colon")]
    [InlineData("""{"Records":[{"eventID":"../up:1"}]}""", "Records[0] has an eventID without a shard id before a colon")]
    [InlineData("""{"Records":[{"kinesis":{"sequenceNumber":1}}]}""", "Records[0] has a sequenceNumber that is not a string of 1 to 57 digits")]
    [InlineData("""{"Records":[{"kinesis":{"approximateArrivalTimestamp":-1}}]}""", "Records[0] has an approximateArrivalTimestamp that is not")]
    [InlineData("""{"Records":[{"kinesis":{"approximateArrivalTimestamp":1e300}}]}""", "Records[0] has an approximateArrivalTimestamp that is not")]
    [InlineData("""{"Records":[{"kinesis":{"data":null}}]}""", "Records[0] has data that is not a string")]
    public void What_is_not_a_whole_event_says_where_and_why(string json, string error)
    {
        using var result = Read(json);
        Assert.StartsWith(error, result.Error);
        Assert.Empty(result.Batches);
    }

    [Theory]
    [InlineData("eventID", "Records[1] has no eventID, which names its shard")]
    [InlineData("kinesis.sequenceNumber", "Records[1] has no kinesis.sequenceNumber")]
    [InlineData("kinesis.approximateArrivalTimestamp", "Records[1] has no kinesis.approximateArrivalTimestamp")]
    [InlineData("kinesis.data", "Records[1] has no kinesis.data")]
    public void A_record_that_lacks_something_fails_the_whole_event(string missing, string error)
    {
        var record = Record("s", 2, "");
        var owner = missing.StartsWith("kinesis.", StringComparison.Ordinal) ? record["kinesis"]!.AsObject() : record;
        Assert.True(owner.Remove(missing.Split('.')[^1]));
        using var result = Read(Event(Record("s", 1, ""), record));
        Assert.Equal(error, result.Error);
        Assert.Empty(result.Batches);
    }

    [Fact]
    public void Damaged_events_are_errors_or_events_and_never_throw()
    {
        var whole = Encoding.UTF8.GetBytes(Event(Record("shardId-000000000000", 1, "eA=="), Record("shardId-000000000001", 2, "eQ==")));
        Gen.Select(Gen.Int[0, whole.Length - 1], Gen.Byte, Gen.Int[0, 2]).Sample(
            (at, value, kind) =>
            {
                byte[] damaged = kind switch
                {
                    0 => whole[..at],
                    1 => [.. whole[..at], .. whole[(at + 1)..]],
                    _ => [.. whole[..at], value, .. whole[(at + 1)..]],
                };
                using var result = LambdaEventReader.Read(damaged);
                _ = LambdaEventReader.LooksLikeEvent(damaged);
                Assert.Equal(result.Error is null, result.Batches.Count > 0);
            },
            iter: 3000);
    }

    [Fact]
    public void An_event_is_told_from_lines_by_its_beginning()
    {
        var whole = Encoding.UTF8.GetBytes("""{"a":{"b":1},"Records":[{"awsRegion":"x","kinesis":{}}]}""");
        Assert.True(LambdaEventReader.LooksLikeEvent(whole));
        Assert.True(LambdaEventReader.LooksLikeEvent(whole.AsSpan(0, whole.Length - 5)));
        Assert.True(LambdaEventReader.LooksLikeEvent("""{"Records":[]}"""u8));
        Assert.False(LambdaEventReader.LooksLikeEvent("""{"Records":[{"flight":1}]}"""u8));
        Assert.False(LambdaEventReader.LooksLikeEvent("""{"a":1}"""u8));
        Assert.False(LambdaEventReader.LooksLikeEvent("{\"a\":1}\n{\"Records\":[{\"kinesis\":{}}]}"u8));
        Assert.False(LambdaEventReader.LooksLikeEvent("\u0001\u0002"u8));
        Assert.False(LambdaEventReader.LooksLikeEvent(""u8));
    }

    private static string Data(int sequence) => Convert.ToBase64String([(byte)sequence, 7]);

    private static (string Shard, int[] Sequences) Sequences(MicroBatch batch)
    {
        Assert.All(batch.Records, record => Assert.Equal([byte.Parse(record.Sequence.ToString(), System.Globalization.CultureInfo.InvariantCulture), 7], record.Data.ToArray()));
        return (batch.Shard, [.. batch.Records.Select(record => int.Parse(record.Sequence.ToString(), System.Globalization.CultureInfo.InvariantCulture))]);
    }

    private static LambdaEvent Read(string json) => LambdaEventReader.Read(Encoding.UTF8.GetBytes(json));

    private static string Event(params JsonObject[] records) => new JsonObject { ["Records"] = new JsonArray([.. records]) }.ToJsonString();

    private static JsonObject Record(string shard, int sequence, string data) => new()
    {
        ["eventSource"] = "aws:kinesis",
        ["eventID"] = $"{shard}:{sequence}",
        ["kinesis"] = new JsonObject
        {
            ["sequenceNumber"] = sequence.ToString(System.Globalization.CultureInfo.InvariantCulture),
            ["data"] = data,
            ["approximateArrivalTimestamp"] = 978307260.5,
        },
    };
}
