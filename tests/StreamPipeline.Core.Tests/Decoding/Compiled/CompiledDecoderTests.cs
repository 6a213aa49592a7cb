using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using CsCheck;
using StreamPipeline.Core.Configuration;
using StreamPipeline.Core.Contracts;
using StreamPipeline.Core.Decoding;
using StreamPipeline.Core.Decoding.Compiled;
using StreamPipeline.Core.Patterns;
using StreamPipeline.Core.Tests.Contracts;

namespace StreamPipeline.Core.Tests.Decoding.Compiled;

/// <summary>What the compiled path is made of, and its edges.</summary>
public sealed class CompiledDecoderTests
{
    private static readonly Contract Contract = Schemas.Compile("""
        {"type":"object","required":["a"],"properties":{"a":{"type":"integer"},"s":{"type":"string"},"o":{"type":"object","properties":{"x":{"type":"number"}}}}}
        """);

    private static readonly string[] PatternParts =
        ["a", "b", "ab", "[a-c]", "[^a]", "\\d", "\\w", "\\W", "\\S", ".", "(a|b)", "(?:ab|)", "a*", "b+?", "[ab]{2}", "(ab){1,3}", "a{0,2}", "^", "$", "|", "\\.", "[-a]", "[\\d_]", "\\s", "c{2,}"];

    [Theory]
    // Names that JSON cannot hold as they are, and the bytes that would look like them.
    [InlineData("""{"type":"object","properties":{"q\"q":{"type":"integer"},"t\tt":{"type":"integer"},"b\\b":{"type":"integer"}}}""",
        "{\"q\\\"q\":1,\"t\\tt\":2,\"b\\\\b\":3}", "{\"q\"q\":1}", "{\"t\tt\":1}", "{\"b\\b\":1}")]
    // A name in two spellings, known and unknown, in either order and across events.
    [InlineData("""{"type":"object","properties":{"a":{"type":"integer"}}}""",
        "{\"x\":1}", "{\"\\u0078\":1,\"x\":2}", "{\"x\":1,\"\\u0078\":2}", "{\"\\u0061\":1,\"a\":2}", "{\"y\\u0078\":1,\"yx\":2}", "{\"yx\":1,\"y\\u0078\":2}", "{\"x\":1,\"y\":2,\"x\":3}")]
    // Unknown members in nested objects and lists.
    [InlineData("""{"type":"object","properties":{"o":{"type":"object","properties":{"l":{"type":"array","items":{"type":"object","properties":{"a":{"type":"integer"}}}}}}}}""",
        "{\"o\":{\"l\":[{\"a\":1,\"n\":2},{},{\"n\":[{\"k\":1}],\"a\":2}],\"m\":\"\\n\"},\"z\":null}", "{\"o\":{\"l\":[{\"n\":1,\"n\":2}]}}", "{\"o\":{\"l\":[{\"n\":{\"k\":1,\"k\":2}}]}}")]
    // A closed object.
    [InlineData("""{"type":"object","additionalProperties":false,"properties":{"a":{"type":"integer"}}}""", "{\"a\":1}", "{\"b\":1}", "{\"a\":1,\"b\":1}", "{\"\\u0061\":1}")]
    // The date of no day: eight NULs are what an untouched cache would hold.
    [InlineData("""{"type":"object","properties":{"t":{"type":"string","format":"date-time"}}}""",
        "{\"t\":\"\\u0000\\u0000\\u0000\\u0000\\u0000\\u0000\\u0000\\u0000\\u0000\\u0000\\u000000:00:00Z\"}", "{\"t\":\"2024-01-01T00:00:00Z\"}", "{\"t\":\"2024-01-01T00:00:00z\"}",
        "{\"t\":\"2024-01-01T23:59:60Z\"}", "{\"t\":\"2024-01-01T00:00:00.Z\"}", "{\"t\":\"2024-01-01T00:00:00.123456Z\"}", "{\"t\":\"2024-01-01T00:00:00.1234567Z\"}", "{\"t\":\"2024-01-01T0:000:00Z\"}",
        "{\"t\":\"2024-01-01T00:00:0\\u0030Z\"}", "{\"t\":\"2024-01-01T00:00:00-00:01\"}")]
    // Times in the minute of the one before, and what only looks like them.
    [InlineData("""{"type":"object","properties":{"t":{"type":"string","format":"date-time"}}}""",
        "{\"t\":\"2024-02-29T23:59:07.125Z\"}", "{\"t\":\"2024-02-29T23:59:59.999Z\"}", "{\"t\":\"2024-02-29T23:59:60.000Z\"}", "{\"t\":\"2024-02-29T23:59:61.000Z\"}", "{\"t\":\"2024-02-29T23:59:0:.000Z\"}",
        "{\"t\":\"2024-02-29T23:59:0/.000Z\"}", "{\"t\":\"2024-02-29T23:59:00,000Z\"}", "{\"t\":\"2024-02-29T23:59:00.00aZ\"}", "{\"t\":\"2024-02-29T23:59:00.000z\"}", "{\"t\":\"2024-02-29T23:59;00.000Z\"}",
        "{\"t\":\"2024-02-29T23:59:00.00°Z\"}", "{\"t\":\"2024-02-29T23:58:00.000Z\"}", "{\"t\":\"2024-02-29T23:59:00.0000Z\"}", "{\"t\":\"2024-02-29T23:59:00.000\"}", "{\"t\":\"2024-02-29T23:59:00.000+\"}")]
    // Numbers at the edges of what is read at one look, and of limits.
    [InlineData("""{"type":"object","properties":{"n":{"type":"number"},"p":{"type":"number","exclusiveMinimum":0,"exclusiveMaximum":0.5},"i":{"type":"integer","minimum":-9999999,"maximum":9999999}}}""",
        "{\"n\":-0.0}", "{\"n\":0.0}", "{\"n\":00.5}", "{\"n\":-01.5}", "{\"n\":-.5}", "{\"n\":.5}", "{\"n\":1.}", "{\"n\":+1.5}", "{\"n\":a1.5}", "{\"n\":--1.5}", "{\"n\":1.5e3}", "{\"n\":1.5E-3}", "{\"n\":1.5.1}",
        "{\"n\":12345678.12345678}", "{\"n\":-12345678.1234567}", "{\"n\":1234567.12345678}", "{\"n\":123456789.5}", "{\"n\":0.123456789}", "{\"n\":-1.1,\"p\":0.25}",
        "{\"p\":0.0}", "{\"p\":-0.0}", "{\"p\":0.5}", "{\"p\":0.49999999}", "{\"p\":0.00000001}", "{\"p\":5e-324}", "{\"p\":0}",
        "{\"i\":-0}", "{\"i\":-1}", "{\"i\":01}", "{\"i\":-}", "{\"i\":9999999}", "{\"i\":-9999999}", "{\"i\":10000000}", "{\"i\":1234567 }", "{\"i\":12.0}", "{\"i\":1e3}", "{\"i\":7\f}", "{\"i\":7]}", "{\"i\":1a}")]
    public void Odd_documents_are_read_the_same(string schema, params string[] documents)
    {
        var contract = Schemas.Compile(schema);
        var payloads = documents.Select(Encoding.UTF8.GetBytes).ToArray();
        Outcome.Of(contract, payloads);
        Outcome.Of(contract, [.. payloads.Reverse()]);
        Outcome.Of(contract, string.Join('\n', documents));
    }

    /// <summary>Objects and lists of the contract and beside it, each level of them the first one too deep once.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(6)]
    public void What_is_nested_too_deep_is_told_the_same(int depth)
    {
        var contract = Schemas.Compile("""
            {"type":"object","properties":{"o":{"type":"object","properties":{"p":{"type":"object","properties":{"q":{"type":"object","properties":{"a":{"type":"integer"}}}}}}},"l":{"type":"array","items":{"type":"array","items":{"type":"object","properties":{"a":{"type":"integer"}}}}}}}
            """);
        string[] documents =
        [
            "{}", "1", "{\"o\":{}}", "{\"o\":{\"p\":{}}}", "{\"o\":{\"p\":{\"q\":{}}}}", "{\"o\":{\"p\":{\"q\":{\"a\":1}}}}", "{\"o\":{\"p\":{\"q\":{\"x\":[]}}}}", "{\"o\":{\"x\":{\"x\":{\"x\":1}}}}",
            "{\"l\":[]}", "{\"l\":[[]]}", "{\"l\":[[{}]]}", "{\"l\":[[{\"a\":1}],[{\"a\":1}]]}", "{\"x\":[[[{}]]]}", "{\"x\":[[[[]]]]}", "{\"x\":[[[[1]]]],\"l\":[]}",
        ];
        var outcome = Outcome.Of(contract, new DecodeLimits(Depth: depth), [.. documents.Select(Encoding.UTF8.GetBytes)]);
        Assert.Equal(depth < 5, outcome.Rejections.Count > 1);
    }

    [Theory]
    [InlineData(100, 3_000)]
    [InlineData(7_000, 40)]
    [InlineData(70_000, 5)]
    [InlineData(600_000, 2)]
    [InlineData(5_000_000, 1)]
    public void Documents_may_lie_across_the_windows_end(int length, int count)
    {
        var documents = Enumerable.Range(0, count).Select(i => i % 7 == 3 ? "{\"a\":\"bad\"}" : $"{{\"a\":{i},\"s\":\"{new string('x', length + (i % 13))}\"}}").ToArray();
        foreach (var between in new[] { "\n", "", "\n\n  " })
        {
            Outcome.Of(Contract, string.Join(between, documents));
        }
    }

    [Fact]
    public void Long_payloads_take_the_compiled_path_too()
    {
        using var decoder = new JsonDecoder(Contract, new());
        var outcome = Outcome.Of(decoder, [Encoding.UTF8.GetBytes(string.Concat(Enumerable.Range(0, 20_000).Select(i => $"{{\"a\":{i},\"s\":\"some text\"}}\n")))]);

        Assert.Equal((20_000, 20_000), (outcome.Rows.Count, decoder.RowsCompiled));
    }

    [Fact]
    public void More_unknown_names_than_are_remembered_are_still_told_apart()
    {
        var names = Enumerable.Range(0, 600).Select(i => $"\"n{i}\":{i}").ToArray();
        Outcome.Of(
            Contract,
            [.. new[] { names, [.. names.Reverse()], [.. names, "\"n599\":1"], [.. names, "\"n1\":1"] }.Select(some => Encoding.UTF8.GetBytes($"{{\"a\":1,{string.Join(',', some)}}}"))]);
    }

    /// <summary>What a batch allocates does not depend on how many events it holds: their memory is rented.</summary>
    [Fact]
    public void Events_allocate_nothing()
    {
        var (contract, lines) = SampleEvents.All[0];
        using var decoder = new JsonDecoder(contract, new());
        var rejections = new List<Rejection>();
        var valid = lines.Where(line => decoder.Append(line, 0, 0, rejections) == 1 && rejections.Count == 0 | Cleared(rejections)).ToArray();
        Fill(20);
        Fill(20);

        // Another test's garbage collection may empty the process's pool in between: then a buffer is allocated again, once.
        var one = Enumerable.Range(0, 5).Min(_ => Allocated(1));
        var twenty = Enumerable.Range(0, 5).Min(_ => Allocated(20));

        Assert.Empty(rejections);
        Assert.InRange(twenty - one, -4_096, 4_096);

        long Allocated(int rounds)
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            Fill(rounds);
            return GC.GetAllocatedBytesForCurrentThread() - before;
        }

        void Fill(int rounds)
        {
            for (var i = 0; i < rounds; i++)
            {
                foreach (var line in valid)
                {
                    decoder.Append(line, 0, 0, rejections);
                }
            }

            decoder.Build([]).Dispose();
        }
    }

    [Fact]
    public void Patterns_match_as_the_regular_expression_engine_matches_them() =>
        Gen.Select(Pick.From(PatternParts).Array[1, 6], Gen.String[Pick.From("abcABC019._- \n\t\v\r~\0".ToCharArray()), 0, 9].Array[1, 20], Gen.Bool).Sample(
            (parts, texts, anchored) =>
            {
                var pattern = anchored ? $"^{string.Concat(parts)}$" : string.Concat(parts);
                var automaton = PatternAutomaton.Compile(pattern);
                if (automaton is null)
                {
                    return;
                }

                var regex = EcmaPattern.Compile(pattern, TimeSpan.FromSeconds(10));
                Assert.All(texts, text => Assert.True(regex.IsMatch(text) == Matches(automaton, text), $"{pattern} on '{Regex.Escape(text)}'"));
            },
            iter: 8_000);

    [Theory]
    [InlineData("^\\s$")]
    [InlineData("^\\S$")]
    [InlineData("^\\w$")]
    [InlineData("^\\W$")]
    [InlineData("^\\d$")]
    [InlineData("^\\D$")]
    [InlineData("^.$")]
    [InlineData("^[^\\w-]$")]
    [InlineData("^[!-~]$")]
    [InlineData("")]
    [InlineData("^")]
    [InlineData("$")]
    [InlineData("^$")]
    public void A_pattern_tells_all_ascii_characters_apart(string pattern)
    {
        var automaton = PatternAutomaton.Compile(pattern);
        var regex = EcmaPattern.Compile(pattern, TimeSpan.FromSeconds(10));

        Assert.NotNull(automaton);
        Assert.Equal(regex.IsMatch(""), Matches(automaton, ""));
        Assert.All(Enumerable.Range(0, 128), c => Assert.True(regex.IsMatch($"{(char)c}") == Matches(automaton, $"{(char)c}"), $"{pattern} on U+{c:X4}"));
    }

    [Theory]
    [InlineData("^dev-[0-9]{4}$")]
    [InlineData("^v[0-9]\\.[0-9]{1,2}(-rc[1-9])?$")]
    [InlineData("^[A-Z]{3}$")]
    public void Patterns_of_the_samples_are_compiled(string pattern) => Assert.NotNull(PatternAutomaton.Compile(pattern));

    [Theory]
    [InlineData("(?=a)a")]
    [InlineData("(a)\\1")]
    [InlineData("\\bword")]
    [InlineData("é")]
    [InlineData("a**")]
    [InlineData("[a-\\d]")]
    [InlineData("(?<n>a)")]
    [InlineData("\\p{L}")]
    [InlineData("((a{60}){60}){60}")]
    public void Patterns_beyond_the_compiled_ones_are_left_to_the_engine(string pattern) => Assert.Null(PatternAutomaton.Compile(pattern));

    [Fact]
    public void Numbers_are_the_nearest_double()
    {
        var contract = Schemas.OfValue("""{"type":"number"}""");
        Gen.OneOf(
            Gen.Double.Where(double.IsFinite).Select(value => value.ToString("R", CultureInfo.InvariantCulture)),
            Gen.Select(Gen.Long, Gen.Int[0, 25]).Select((digits, places) => Pointed(digits, places))).Array[20].Sample(
            texts =>
            {
                var rows = Outcome.Of(contract, [.. texts.Select(text => Encoding.UTF8.GetBytes($"{{\"v\":{text}}}"))]).Rows;
                Assert.Equal(texts.Select(text => $"v={double.Parse(text, CultureInfo.InvariantCulture).ToString("R", CultureInfo.InvariantCulture)}"), rows);
            },
            iter: 1_000);
    }

    /// <summary>Of each number of digits, beyond what 64 bits hold, with whatever may come behind them.</summary>
    [Theory]
    [InlineData("""{"type":"integer"}""")]
    [InlineData("""{"type":"integer","multipleOf":3}""")]
    [InlineData("""{"type":"integer","minimum":-1234567890123,"maximum":9999999999999999}""")]
    [InlineData("""{"type":"number","multipleOf":0.01}""")]
    [InlineData("""{"type":"number","multipleOf":3e-7}""")]
    [InlineData("""{"type":"number","multipleOf":5e25}""")]
    public void Numbers_of_any_length_are_read_the_same(string schema)
    {
        string[] ends = ["", ".0", ".5", ".75", ".123", ".1234567", "e1", "e-1", "e-3", ".5e-3", "E30", "e", ".", "x", " ", "-"];
        var numbers = from length in Enumerable.Range(1, 26)
                      from start in new[] { "9", "1", "0", "-1", "-9", "-0" }
                      from end in ends
                      select $"{start}{string.Concat(Enumerable.Range(1, length - 1).Select(i => i % 10))}{end}";
        Outcome.Of(Schemas.OfValue(schema), [.. numbers.Concat(["9223372036854775807", "9223372036854775808", "-9223372036854775808", "-9223372036854775809"]).Select(number => Encoding.UTF8.GetBytes($"{{\"v\":{number}}}"))]);
    }

    private static string Pointed(long digits, int places)
    {
        var text = Math.Abs((decimal)digits).ToString(CultureInfo.InvariantCulture).PadLeft(places + 1, '0');
        return (digits < 0 ? "-" : "") + (places == 0 ? text : $"{text[..^places]}.{text[^places..]}");
    }

    private static unsafe bool Matches(PatternAutomaton automaton, string text)
    {
        var bytes = new byte[text.Length + PlanRow.Slack];
        Encoding.ASCII.GetBytes(text, bytes);
        fixed (byte* at = bytes)
        {
            Assert.True(automaton.TryMatch(at, text.Length, out var matches));
            return matches;
        }
    }

    private static bool Cleared(List<Rejection> rejections)
    {
        rejections.Clear();
        return false;
    }
}
