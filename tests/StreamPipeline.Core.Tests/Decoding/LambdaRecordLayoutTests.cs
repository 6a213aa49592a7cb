using System.Text;
using CsCheck;
using StreamPipeline.Core.Decoding;

namespace StreamPipeline.Core.Tests.Decoding;

/// <summary>Records that are hopped over, held against the reader that looks at every token: the same records, the same faults, the same words.</summary>
public sealed class LambdaRecordLayoutTests
{
    private static readonly string[] _members = ["kinesis", "eventSource", "eventVersion", "eventID", "invokeIdentityArn", "eventSourceARN"];
    private static readonly string[] _kinesisMembers = ["kinesisSchemaVersion", "partitionKey", "sequenceNumber", "data", "approximateArrivalTimestamp"];

    private static readonly Gen<string> _data = Gen.Frequency(
        (12, Gen.Byte.Array[0, 90].Select(Convert.ToBase64String)),
        (1, Gen.OneOf("eA=*", "eA", "eHh4eHh\\/", "eA\\u003d\\u003d", "eHh4 eHh4", "eHh4    ", "    ", "eHh4\n\n\n\n", "eB==", "e===", "=", "eHh4=", "é", "\u0001", "eHh4\\")));

    private static readonly Gen<string> _arrival = Gen.Frequency(
        (4, Gen.Const("1767225600.001")),
        (4, Gen.Select(Gen.Int[0, int.MaxValue], Gen.Int[0, 999]).Select(time => $"{time.Item1}.{time.Item2:D3}")),
        (1, Gen.OneOf(
            "0", "1767225600", "1.5e3", "1E2", "0.0000005", "0.0000015", "12.1234565", "99999999999", "100000000000", "253402300799", "253402300799.5", "01", "-1", "-0", "1.", ".5", "1e400", "\"1\"", "1767225600.0012", "1767225600.00", "null")));

    private static readonly Gen<string> _key = Gen.Frequency(
        (6, Gen.Int[0, 99_999].Select(key => "\"" + key + "\"")),
        (1, Gen.OneOf("\"\"", "\"a\\\"b\"", "\"é\"", "\"\\u00e9\"", "\"a\tb\"", "7", "null", "{\"a\":[]}", "\"\\x\"", "\"\u007f\"", "\"a")));

    private static readonly Gen<string> _sequence = Gen.Frequency(
        (8, Gen.Int[0, 99].Select(last => "49573850342584200000000000000000000000000000000000000" + last.ToString("D3"))),
        (2, Gen.Int[0, 99].Select(last => last.ToString())),
        (1, Gen.OneOf("", "12x", "0012", "9999999999999999999999999999999999999999999999999999999999", "\\u0031", "-1")));

    private static readonly Gen<string> _id = Gen.Frequency(
        (12, Gen.Const("shardId-000000000000:#")),
        (4, Gen.OneOf("shardId-000000000001:#", "shardId-000000000000:x", "s:#", "shardId-000000000000:", "shardId-00000000000:#", "shardId-000000000000:#9")),
        (1, Gen.OneOf("shardId-000000000000:é", "shardId-0\\u0030:1", "shardId-000000000000", "a/b:1", ":1", "shardId-000000000000:" + new string('1', 300), "shardId-000000000000:\n")));

    internal static readonly Gen<string> AnyRecord = Gen.Select(_data, _arrival, _key, _sequence, _id, Gen.Int[0, 59]).Select(Record);

    internal static readonly Gen<(string Start, string End)> AnyFrame = Gen.Frequency(
        (9, Gen.Const(("{\"Records\":[", "]}"))),
        (1, Gen.OneOf(("{\"a\":[1],\"Records\" : [ ", "\n],\"b\":2}"), ("{\"Records\":[", "]}x"), ("{\"Records\":[", "],}"), ("{\"Records\":[", "]"), ("{\"Records\":[", "],\"Records\":[]}"), ("[{\"Records\":[", "]}]"))));

    [Fact]
    public void An_event_is_read_as_by_the_reader_that_looks_at_every_token() =>
        Gen.Select(AnyFrame, AnyRecord.Array[0, 12], Gen.OneOf(",", " ,\n", ",", ",", ",,")).Sample(
            (frame, records, separator) => Compare(Encoding.UTF8.GetBytes(frame.Start + string.Join(separator, records) + frame.End)),
            iter: 40_000);

    [Fact]
    public void An_event_of_records_that_differ_in_one_place_is_too() =>
        Gen.Select(AnyRecord, AnyRecord, Gen.Int[1, 6], Gen.Int[0, 5]).Sample(
            (usual, odd, before, after) =>
                Compare(Encoding.UTF8.GetBytes("{\"Records\":[" + string.Join(',', [.. Enumerable.Repeat(usual, before), odd, .. Enumerable.Repeat(usual, after)]) + "]}")),
            iter: 40_000);

    [Fact]
    public void A_damaged_event_is_too()
    {
        var whole = Encoding.UTF8.GetBytes("{\"Records\":[" + string.Join(',', Enumerable.Range(10, 6).Select(Usual)) + "]}");
        Gen.Select(Gen.Int[0, whole.Length - 1], Gen.OneOf(Gen.Byte, Gen.OneOf("\"\\{}[]:,0=. \n"u8.ToArray())), Gen.Int[0, 3]).Sample(
            (at, value, kind) => Compare(kind switch
            {
                0 => whole[..at],
                1 => [.. whole[..at], .. whole[(at + 1)..]],
                2 => [.. whole[..at], value, .. whole[at..]],
                _ => [.. whole[..at], value, .. whole[(at + 1)..]],
            }),
            iter: 40_000);
    }

    [Fact]
    public void A_partition_key_of_any_length_with_any_byte_at_any_place_is_too()
    {
        for (var length = 0; length <= 70; length++)
        {
            var key = new string('k', length);
            Compare(Encoding.Latin1.GetBytes($"{{\"Records\":[{Keyed("first")},{Keyed(key)}]}}"));
            for (var at = 0; at < length; at++)
            {
                foreach (var odd in "\"\\\u001f\0 !~\u007f\u00ff")
                {
                    Compare(Encoding.Latin1.GetBytes($"{{\"Records\":[{Keyed("first")},{Keyed(key[..at] + odd + key[(at + 1)..])}]}}"));
                }
            }
        }
    }

    /// <summary>The last member of the last one, so that little follows it.</summary>
    private static string Keyed(string key) =>
        $"{{\"eventID\":\"s:1\",\"kinesis\":{{\"sequenceNumber\":\"1\",\"data\":\"eA==\",\"approximateArrivalTimestamp\":1,\"partitionKey\":\"{key}\"}}}}";

    [Fact]
    public void Every_prefix_of_an_event_is_too()
    {
        var whole = Encoding.UTF8.GetBytes("{\"Records\":[" + string.Join(',', Enumerable.Range(10, 4).Select(Usual)) + "]}");
        for (var length = 0; length <= whole.Length; length++)
        {
            Compare(whole[..length]);
        }
    }

    [Fact]
    public void What_one_event_taught_does_not_show_in_the_next() =>
        AnyRecord.Array[1, 6].Array[2, 4].Sample(
            events =>
            {
                using var reused = new LambdaEvent();
                foreach (var records in events)
                {
                    Compare(Encoding.UTF8.GetBytes("{\"Records\":[" + string.Join(',', records) + "]}"), reused);
                }
            },
            iter: 10_000);

    [Fact]
    public void All_records_but_the_first_are_hopped_over_when_they_look_alike()
    {
        using var read = LambdaEventReader.Read(Encoding.UTF8.GetBytes("{\"Records\":[" + string.Join(",\n ", Enumerable.Range(10, 50).Select(Usual)) + "]}"));
        Assert.Null(read.Error);
        Assert.Equal(50, Assert.Single(read.Batches).Records.Count);
        Assert.Equal(49, read.Layout.Hops);
    }

    [Fact]
    public void An_event_that_is_read_into_a_used_one_allocates_nothing_per_record()
    {
        var small = Encoding.UTF8.GetBytes("{\"Records\":[" + string.Join(',', Enumerable.Range(10, 50).Select(Usual)) + "]}");
        var large = Encoding.UTF8.GetBytes("{\"Records\":[" + string.Join(',', Enumerable.Range(10, 5_000).Select(Usual)) + "]}");
        using var read = new LambdaEvent();
        LambdaEventReader.Read(large, read);
        LambdaEventReader.Read(small, read);
        Assert.Equal(Allocated(() => LambdaEventReader.Read(small, read)), Allocated(() => LambdaEventReader.Read(large, read)));
        Assert.Equal(5_000, Assert.Single(read.Batches).Records.Count);
    }

    private static long Allocated(Action action)
    {
        var before = GC.GetAllocatedBytesForCurrentThread();
        action();
        return GC.GetAllocatedBytesForCurrentThread() - before;
    }

    private static void Compare(byte[] json)
    {
        using var read = new LambdaEvent();
        Compare(json, read);
    }

    private static void Compare(byte[] json, LambdaEvent read)
    {
        using var expected = new LambdaEvent();
        LambdaEventReader.Read(json, expected, layout: null);
        LambdaEventReader.Read(json, read);
        Assert.Equal(expected.Error, read.Error);
        Assert.Equal(expected.Batches.SelectMany(Describe), read.Batches.SelectMany(Describe));
    }

    internal static IEnumerable<string> Describe(MicroBatch batch) => batch.Records.Select(record =>
        $"{batch.Shard} {record.Sequence} {record.ArrivalTimeUs} {Convert.ToHexString(record.Data.Span)} {record.Fault}");

    internal static string Usual(int number) => Record((Convert.ToBase64String(Encoding.UTF8.GetBytes($"{{\"n\":{number}}}")), "1767225600.000", $"\"{number}\"", $"{number}", "shardId-000000000000:#", 0));

    /// <summary>As Lambda writes it, unless the style says otherwise.</summary>
    private static string Record((string Data, string Arrival, string Key, string Sequence, string Id, int Style) record)
    {
        var (data, arrival, key, sequence, id, style) = record;
        string Member(string name) => $"\"{name}\"" + (style == 1 ? " : " : ":") + name switch
        {
            "kinesis" => "{" + string.Join(style == 2 ? ",\n  " : ",", Ordered(_kinesisMembers, style).Select(Member)) + (style == 3 ? ",\"encryptionType\":\"NONE\"}" : "}"),
            "eventID" => $"\"{id.Replace("#", sequence)}\"",
            "sequenceNumber" => $"\"{sequence}\"",
            "partitionKey" => key,
            "data" => $"\"{data}\"",
            "approximateArrivalTimestamp" => arrival,
            "eventSource" => style == 4 ? "\"aws:sqs\"" : style == 5 ? "\"aws\\u003akinesis\"" : "\"aws:kinesis\"",
            _ => "\"1.0\"",
        };
        var members = Ordered(_members, style).Where((_, i) => style != 6 || i > 0).Select(Member);
        return "{" + string.Join(",", style == 7 ? members.Append(Member("eventID")) : style == 8 ? members.Append("\"more\":[{\"data\":1}]") : members) + "}";
    }

    private static IEnumerable<string> Ordered(string[] members, int style) => style switch
    {
        9 => members.Reverse(),
        10 => members.Skip(2).Concat(members.Take(2)),
        11 => members.Where(member => member != "partitionKey"),
        _ => members,
    };
}
