using System.Text;
using CsCheck;
using StreamPipeline.Core.Decoding;
using StreamPipeline.Core.Tests.Contracts;

namespace StreamPipeline.Core.Tests.Decoding.Compiled;

/// <summary>
/// The compiled path against the complete one on sample events and on what becomes of them when bytes are changed. <see cref="Outcome"/> compares
/// columns, origins, rejections and counts for each vector width. CsCheck prints the seed of a failure.
/// </summary>
public sealed class MutationTests
{
    /// <summary>Bytes that mean something to a JSON reader, and some that never should.</summary>
    private static readonly byte[] Telling = [.. "\"\\{}[],:. \t\n\r-+eE0123456789truefalsn/bu"u8, 0, 1, 0x1F, 0x7F, 0x80, 0xBF, 0xC2, 0xE2, 0xED, 0xF0, 0xFF];

    private static readonly string[] Inserts =
    [
        "null", "true", "-0", "01", "1.", ".5", "1e400", "1E5", "-1e-7", "123456789012345678901234567890", "9223372036854775807", "-9223372036854775808",
        "0.1000000000000000055511151231257827021181583404541015625", "17.123456789012345", "1.0", "2e0", "\"\\u0000\"", "\"\\ud83d\"", "\"\\ud83d\\ude00\"",
        "\"é\"", "\"\"", "{}", "[]", "[1,[2,{\"a\":1,\"a\":2}]]", "{\"x\":{\"y\":[null]}}", ",\"extra\":1", ",\"extra\":{\"k\":\"\\n\"}", "\"\\u0064elay\":", "\uFEFF",
        ",\"device\":null", ",\"sequence\":1", "}{", "}\n{", "//", "NaN", "\"2024-02-30T00:00:00Z\"", "\"2016-12-31T23:59:60Z\"", "\"2024-02-29t10:00:00.1234567+01:30\"",
    ];

    private static readonly Gen<Func<byte[], byte[]>> Mutation = Gen.OneOf<Func<byte[], byte[]>>(
        Gen.Select(Gen.Double[0, 1], Pick.From(Telling)).Select((at, b) => (Func<byte[], byte[]>)(text => Spliced(text, at, 1, [b]))),
        Gen.Select(Gen.Double[0, 1], Pick.From(Telling)).Select((at, b) => (Func<byte[], byte[]>)(text => Spliced(text, at, 0, [b]))),
        Gen.Select(Gen.Double[0, 1], Gen.Int[1, 20]).Select((at, count) => (Func<byte[], byte[]>)(text => Spliced(text, at, count, []))),
        Gen.Select(Gen.Double[0, 1], Gen.Int[0, 6], Pick.From(Inserts)).Select((at, count, insert) =>
            (Func<byte[], byte[]>)(text => Spliced(text, at, count, Encoding.UTF8.GetBytes(insert)))),
        Pick.From(Inserts).Select(insert => (Func<byte[], byte[]>)(text => ValueReplaced(text, insert.Length, Encoding.UTF8.GetBytes(insert)))),
        Gen.Const((Func<byte[], byte[]>)Spaced));

    [Fact]
    public void Sample_events_are_read_the_same()
    {
        foreach (var (contract, lines) in SampleEvents.All)
        {
            Outcome.Of(contract, lines);
            Outcome.Of(contract, Joined(lines, "\n"));
        }
    }

    [Fact]
    public void Sample_events_that_are_valid_take_the_compiled_path()
    {
        foreach (var (contract, lines) in SampleEvents.All)
        {
            using var decoder = new JsonDecoder(contract, new());
            var outcome = Outcome.Of(decoder, lines);

            Assert.InRange(outcome.Rows.Count, 100, lines.Length);
            Assert.Equal(outcome.Rows.Count, decoder.RowsCompiled);
        }
    }

    [Fact]
    public void Changed_events_are_read_the_same() =>
        Gen.Select(Gen.Int[0, 2], Gen.Int[0, 10_000].Array[1, 4], Mutation.Array[1, 3], Pick.From("\n", "\r\n", " ", ""), Gen.Int[0, 3])
            .Sample(
                (stream, picks, mutations, between, which) =>
                {
                    var (contract, all) = SampleEvents.All[stream];
                    var lines = picks.Select(pick => all[pick % all.Length]).ToArray();
                    var changed = which % lines.Length;
                    lines[changed] = mutations.Aggregate(lines[changed], (text, mutation) => mutation(text));
                    Outcome.Of(contract, lines);
                    Outcome.Of(contract, Joined(lines, between));
                },
                iter: 2_000);

    [Fact]
    public void Events_cut_anywhere_are_read_the_same()
    {
        foreach (var (contract, lines) in SampleEvents.All)
        {
            var line = lines.First(line => Outcome.Of(contract, [line]).Rows.Count == 1);
            Outcome.Of(contract, [.. Enumerable.Range(0, line.Length).SelectMany(length => Enumerable.Repeat(line, 6).Append(line[..length]))]);
            Outcome.Of(contract, [.. Enumerable.Range(0, line.Length).Select(length => line[length..])]);
        }
    }

    [Fact]
    public void Each_byte_of_an_event_replaced_by_each_other_is_read_the_same()
    {
        var contract = Schemas.Compile("""
            {"type":"object","required":["a"],"properties":{"a":{"type":"integer"},"s":{"type":"string"},"x":{"type":"number"},
             "t":{"type":"string","format":"date-time"},"o":{"type":"object","properties":{"b":{"type":["boolean","null"]}}},"l":{"type":"array","items":{"type":"number"}}}}
            """);
        var line = "{\"a\":10,\"s\":\"k\\n\",\"x\":-1.5,\"t\":\"2024-01-01T00:00:00Z\",\"o\":{\"b\":null},\"l\":[0,1e1],\"u\":\"é\"}"u8.ToArray();
        Outcome.Of(contract, [.. from at in Enumerable.Range(0, line.Length) from b in Telling select (byte[])[.. line[..at], b, .. line[(at + 1)..]]]);

        // Each behind two that are right, so that all is expected that it is not; and not behind others, which would make that less expected.
        var known = "{\"a\":10,\"s\":\"k\",\"x\":-1.5,\"t\":\"2024-01-01T00:00:00Z\",\"o\":{\"b\":null},\"l\":[0,1]}"u8.ToArray();
        for (var at = 0; at < known.Length; at++)
        {
            foreach (var b in Telling)
            {
                Outcome.Of(contract, known, known, [.. known[..at], b, .. known[(at + 1)..]]);
            }
        }
    }

    private static byte[] Joined(IEnumerable<byte[]> lines, string between)
    {
        using var text = new MemoryStream();
        foreach (var line in lines)
        {
            text.Write(line);
            text.Write(Encoding.UTF8.GetBytes(between));
        }

        return text.ToArray();
    }

    private static byte[] Spliced(byte[] text, double where, int remove, byte[] insert)
    {
        var at = Math.Min((int)(where * text.Length), text.Length);
        return [.. text[..at], .. insert, .. text[Math.Min(at + remove, text.Length)..]];
    }

    /// <summary>Puts something else where a value stands.</summary>
    private static byte[] ValueReplaced(byte[] text, int which, byte[] insert)
    {
        var colons = Enumerable.Range(0, text.Length).Where(i => text[i] == ':').ToArray();
        if (colons.Length == 0)
        {
            return text;
        }

        var start = colons[which % colons.Length] + 1;
        var length = text.AsSpan(start).IndexOfAny(",}]"u8);
        return length < 0 ? text : [.. text[..start], .. insert, .. text[(start + length)..]];
    }

    /// <summary>White space wherever a comma or a colon stands.</summary>
    private static byte[] Spaced(byte[] text) =>
        [.. text.SelectMany(b => b is (byte)',' or (byte)':' or (byte)'}' or (byte)'{' ? (byte[])[(byte)' ', b, (byte)'\t', (byte)'\r'] : [b])];
}
