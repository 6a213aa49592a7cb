using System.Text;
using StreamPipeline.Core.Contracts;
using StreamPipeline.Core.Decoding;
using StreamPipeline.Core.Tests.Contracts;

namespace StreamPipeline.Core.Tests.Decoding;

/// <summary>Inputs that nobody promised would be well-formed.</summary>
public sealed class JsonDecoderHostileTests
{
    private static readonly Contract Contract = Schemas.Compile("""
        {"type":"object","required":["a"],"properties":{"a":{"type":"integer"},"l":{"type":"array","items":{"type":"string"}}}}
        """);

    [Theory]
    // What holds nothing.
    [InlineData("", 0, "0 empty_record")]
    [InlineData(" \t\r\n\n", 0, "0 empty_record")]
    [InlineData("\uFEFF", 0, "0 empty_record")]
    // Lines and documents.
    [InlineData("{\"a\":1}", 1)]
    [InlineData("\uFEFF{\"a\":1}", 1)]
    [InlineData("\n\r\n {\"a\":1}\r\n\r\n{\"a\":2}\n\n", 2)]
    [InlineData("{\"a\":1}{\"a\":2} \t{\"a\":3}", 3)]
    [InlineData("{\n  \"a\": 1\n}\n{\n  \"a\": 2\n}\n", 2)]
    [InlineData("{\n\"a\": 1\n}{\"a\":2}", 2)]
    // Broken lines cost themselves only.
    [InlineData("{\"a\":1}x", 0, "0 malformed_json")]
    [InlineData("x{\"a\":1}\n{\"a\":2}", 1, "0 malformed_json")]
    [InlineData("{\"a\":1}\n{\"a\":\n{\"a\":3}\n{\"a\":4}", 3, "1 malformed_json")]
    [InlineData("{\"a\":1,\n{\"a\":2}\n{\"a\":3}", 2, "0 malformed_json")]
    [InlineData("{\"a\":\"cut\n{\"a\":2}", 1, "0 malformed_json")]
    [InlineData("{\"a\":1}{\"a\":\"s\"}{\"a\":2}}\n{\"a\":3}", 1, "0 malformed_json")]
    [InlineData("{\n\"a\":1\n}x\n{\"a\":3}", 1, "0 malformed_json")]
    [InlineData("{\n  \"a\": 1,\n  \"b\": oops\n}\n{\"a\":3}", 1, "0 malformed_json")]
    [InlineData("{\n  \"a\": 1,\n  \"b\": 2\n", 0, "0 malformed_json")]
    [InlineData("{\"a\":1}\n{\"a\":", 1, "1 malformed_json")]
    [InlineData("{\"a\":1,\n[1]\n{\"a\":2}", 1, "0 malformed_json")]
    [InlineData("}\n]\n,\n{\"a\":1}", 1, "0 malformed_json", "1 malformed_json", "2 malformed_json")]
    // Not JSON, whatever other parsers say.
    [InlineData("{\"a\":NaN}", 0, "0 malformed_json")]
    [InlineData("{\"a\":-Infinity}", 0, "0 malformed_json")]
    [InlineData("{\"a\":01}", 0, "0 malformed_json")]
    [InlineData("{\"a\":+1}", 0, "0 malformed_json")]
    [InlineData("{\"a\":.5}", 0, "0 malformed_json")]
    [InlineData("{\"a\":1.}", 0, "0 malformed_json")]
    [InlineData("{\"a\":0x1}", 0, "0 malformed_json")]
    [InlineData("{\"a\":1,}", 0, "0 malformed_json")]
    [InlineData("{'a':1}", 0, "0 malformed_json")]
    [InlineData("{a:1}", 0, "0 malformed_json")]
    [InlineData("{\"a\":1} // note", 0, "0 malformed_json")]
    [InlineData("{\"a\":\"\u0001\"}", 0, "0 malformed_json")]
    [InlineData("{\"a\":\"\\x\"}", 0, "0 malformed_json")]
    [InlineData("{\"a\":1}\0", 0, "0 malformed_json")]
    [InlineData("{\"a\" 1}", 0, "0 malformed_json")]
    // JSON, but no event.
    [InlineData("[{\"a\":1}]", 0, "0 not_an_object /")]
    [InlineData("1 \"x\" null true", 0, "0 not_an_object /", "1 not_an_object /", "2 not_an_object /", "3 not_an_object /")]
    [InlineData("{\"a\":1}\n[]\n{\"a\":2}", 2, "1 not_an_object /")]
    // Names given twice.
    [InlineData("{\"a\":1,\"a\":1}", 0, "0 duplicate_key /a")]
    [InlineData("{\"a\":1,\"\\u0061\":1}", 0, "0 duplicate_key /a")]
    [InlineData("{\"a\":1,\"u\":{\"x\":[1,{\"y\":1,\"z\":2,\"y\":3}]}}", 0, "0 duplicate_key /u/x/1/y")]
    [InlineData("{\"a\":1,\"u\":{\"a\":1},\"w\":[{\"a\":1},{\"a\":1}]}", 1)]
    [InlineData("{\"a\":\"no integer\",\"b\":1,\"b\":2}", 0, "0 duplicate_key /b")]
    // Half a surrogate pair.
    [InlineData("{\"a\":1,\"l\":[\"x\",\"\\ud83d\"]}", 0, "0 invalid_utf8 /l/1")]
    [InlineData("{\"a\":1,\"u\":\"\\ude00\\ud83d\"}", 0, "0 invalid_utf8 /u")]
    [InlineData("{\"a\":1,\"\\ud83d\":2}", 0, "0 invalid_utf8 /\\ud83d")]
    [InlineData("{\"a\":1,\"u\":\"\\\\ud83d\"}", 1)]
    // A row that turns out invalid half-way.
    [InlineData("{\"l\":[\"x\",\"y\"],\"a\":\"1\"}\n{\"a\":2}", 1, "0 contract /a")]
    [InlineData("{\"a\":1,\"l\":[\"x\",1]}\n{\"a\":2,\"l\":[]}", 1, "0 contract /l/1")]
    public void Each_event_ends_as_a_row_or_with_its_reason(string payload, int rows, params string[] reasons)
    {
        var outcome = Outcome.Of(Contract, payload);

        Assert.Equal(reasons, outcome.Reasons);
        Assert.Equal(rows, outcome.Rows.Count);
        Assert.Equal(rows + reasons.Length, outcome.Events);
        AssertNothingIsLost(Encoding.UTF8.GetBytes(payload), outcome);
    }

    [Fact]
    public void Invalid_utf8_costs_its_document_only()
    {
        byte[] payload =
        [
            .. "{\"a\":1}{\"a\":2,\"u\":\""u8, 0xFF, .. "\"}{\"a\":3}\n"u8, 0xC0, 0xAF, .. "\n{\"a\":4,\""u8, 0xED, 0xA0, 0x80,
            .. "\":1}\n{\"a\":5}\n{\"a\":6,\"\\u0061"u8, 0x80, .. "\":1}"u8,
        ];

        var outcome = Outcome.Of(Contract, payload);

        Assert.Equal(["a=1", "a=3", "a=5"], outcome.Rows);
        Assert.Equal(["1 invalid_utf8", "3 invalid_utf8", "4 invalid_utf8", "6 invalid_utf8"], outcome.Reasons);
        Assert.Equal("byte 13 of 15 is not UTF-8: 0xFF", outcome.Rejections[0].Detail);
        AssertNothingIsLost(payload, outcome);
    }

    [Theory]
    [InlineData(64, true)]
    [InlineData(65, false)]
    [InlineData(10_000, false)]
    [InlineData(1_000_000, false)]
    public void Depth_is_bounded_without_recursion(int depth, bool isRow)
    {
        var nested = $$"""{"a":1,"u":{{new string('[', depth - 1)}}{{new string(']', depth - 1)}}}""";

        var outcome = Outcome.Of(Contract, nested + "{\"a\":2}\n{\"a\":3}");

        Assert.Equal(isRow ? [] : ["0 too_deep"], outcome.Reasons.Select(reason => reason.Split(" /")[0]));
        Assert.Equal(isRow ? 3 : 2, outcome.Rows.Count);
        Assert.All(outcome.Rejections, rejection =>
        {
            Assert.Equal("nested deeper than 64 levels of objects and arrays (setting 'limits.depth')", rejection.Detail);
            Assert.Equal(nested, Encoding.UTF8.GetString(rejection.Origin.Raw.Span));
            Assert.InRange(rejection.RuleOrPath.Length, 1, 600);
        });
    }

    [Theory]
    [InlineData("[")]
    [InlineData("{\"a\":")]
    [InlineData("[\n")]
    public void Brackets_that_never_close_are_too_deep(string open)
    {
        var payload = string.Concat(Enumerable.Repeat(open, 10_000));

        var outcome = Outcome.Of(Contract, payload + "\n{\"a\":1}");

        Assert.Equal(["0 too_deep"], outcome.Reasons);
        Assert.Equal(["a=1"], outcome.Rows);
    }

    [Fact]
    public void Lines_that_only_ever_open_take_linear_time()
    {
        // Each line would otherwise be scanned once for every line before it.
        const int lines = 20_000;
        var payload = string.Concat(Enumerable.Repeat("{\"a\":\n", lines));

        var outcome = Outcome.Of(Contract, payload);

        Assert.Equal(lines, outcome.Events);
        Assert.All(outcome.Rejections, rejection => Assert.Equal(QuarantineReason.MalformedJson, rejection.Reason));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void An_object_of_many_members_is_checked_in_linear_time(bool repeatsLast)
    {
        var names = Enumerable.Range(0, 200_000).Select(i => $"\"m{i}\":0");
        var payload = $"{{\"a\":1,{string.Join(",", names)}{(repeatsLast ? ",\"m0\":1" : "")}}}";

        var outcome = Outcome.Of(Contract, payload);

        Assert.Equal(repeatsLast ? ["0 duplicate_key /m0"] : [], outcome.Reasons);
    }

    [Fact]
    public void A_long_name_does_not_make_a_long_pointer()
    {
        var outcome = Outcome.Of(Contract, "{\"a\":1,\"u\":{\"" + new string('n', 100_000) + "\":{\"d\":1,\"d\":2}}}");

        Assert.InRange(Assert.Single(outcome.Rejections).RuleOrPath.Length, 10, 600);
    }

    [Fact]
    public void Long_numbers_are_read_whole()
    {
        var outcome = Outcome.Of(Contract, "{\"a\":" + new string('9', 100_000) + "}\n{\"a\":1." + new string('0', 100_000) + "}");

        Assert.Equal(["0 contract /a"], outcome.Reasons);
        Assert.Equal(["a=1"], outcome.Rows);
    }

    [Theory]
    [InlineData("{\"a\":1}x", "not JSON at byte 8 of 8: 'x' is an invalid start of a value")]
    [InlineData("  {\"a\":1", "not JSON: it ends after 6 bytes, before it is complete")]
    [InlineData("{\"a\":\n{\"a\":2}\n", "not JSON: it ends after 5 bytes, before it is complete")]
    [InlineData("{\"a\":", "not JSON: it ends after 5 bytes, before it is complete")]
    public void A_malformed_event_tells_where_it_breaks(string payload, string detail) =>
        Assert.Equal(detail, Outcome.Of(Contract, payload).Rejections[0].Detail);

    [Fact]
    public void Binary_noise_is_rejected_line_by_line()
    {
        var noise = new byte[200_000];
        new Random(7).NextBytes(noise);

        var outcome = Outcome.Of(Contract, noise);

        Assert.Empty(outcome.Rows);
        AssertNothingIsLost(noise, outcome);
    }

    [Fact]
    public void Origins_count_rejected_events_too_and_start_where_the_caller_says()
    {
        using var decoder = new JsonDecoder(Contract, new());
        var rejections = new List<Rejection>();

        var events = decoder.Append("{\"a\":1}\nx\n{\"a\":2}"u8.ToArray(), 7, 10, rejections);
        using var batch = decoder.Build([3]);

        Assert.Equal(3, events);
        Assert.Equal([(7, 10), (7, 12)], batch.Origins.ToArray().Select(origin => (origin.Record, origin.Event)));
        Assert.Equal((7, 11), (rejections[0].Origin.Record, rejections[0].Origin.Event));
        Assert.Equal("{\"a\":2}", Encoding.UTF8.GetString(batch.Origins.Span[1].Raw.Span));
    }

    /// <summary>Raw slices hold every byte that is not white space once, in order.</summary>
    internal static void AssertNothingIsLost(byte[] payload, Outcome outcome)
    {
        var raws = outcome.Origins.Concat(outcome.Rejections.Select(rejection => rejection.Origin)).OrderBy(origin => origin.Event);
        var kept = raws.SelectMany(origin => origin.Raw.ToArray()).Where(b => !IsBlank(b));
        var text = payload.AsSpan().StartsWith("\uFEFF"u8) && outcome.Rejections is not [{ Reason: QuarantineReason.Empty }] ? payload[3..] : payload;
        Assert.Equal(text.Where(b => !IsBlank(b)).ToArray(), kept.ToArray());
    }

    private static bool IsBlank(byte b) => b is 0x20 or 0x09 or 0x0A or 0x0D;
}
