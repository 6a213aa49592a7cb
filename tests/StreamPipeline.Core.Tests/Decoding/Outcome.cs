using System.Text;
using StreamPipeline.Core.Configuration;
using StreamPipeline.Core.Contracts;
using StreamPipeline.Core.Decoding;
using StreamPipeline.Core.Decoding.Compiled;

namespace StreamPipeline.Core.Tests.Decoding;

/// <summary>What became of payloads: rows as text, and rejections.</summary>
internal sealed record Outcome(List<string> Rows, List<Rejection> Rejections, EventOrigin[] Origins, int Events)
{
    private static readonly VectorWidth[] Widths = [VectorWidth.Bytes8, VectorWidth.Bytes16, VectorWidth.Bytes32, VectorWidth.Bytes64];

    /// <summary>What may lie behind a payload in the same memory: what would go on with whatever it was cut in.</summary>
    private static readonly byte[][] Neighbours = [.. new[] { "\n{\"a\":1}", "}}}", "\"}", "1", " ", "a", "\\", "\"", ",1", "]}", ":1,\"x\":{", "\0", "é", "\n" }.Select(text => Encoding.UTF8.GetBytes(text))];

    /// <summary>Each rejection as <c>event reason pointer</c>.</summary>
    public IEnumerable<string> Reasons =>
        Rejections.Select(rejection => $"{rejection.Origin.Event} {rejection.Reason} {rejection.RuleOrPath}".TrimEnd());

    public static Outcome Of(Contract contract, string payload) => Of(contract, Encoding.UTF8.GetBytes(payload));

    /// <summary>The complete path's outcome, once each compiled one was found to be the same.</summary>
    public static Outcome Of(Contract contract, params IReadOnlyList<byte[]> payloads) => Of(contract, new DecodeLimits(), payloads);

    public static Outcome Of(Contract contract, DecodeLimits limits, IReadOnlyList<byte[]> payloads)
    {
        // Nothing behind a payload: it is copied. Something behind it: it is read in place.
        CompareWidths(contract, limits, [.. payloads.Select((payload, i) => Amid(payload, Neighbours[i % Neighbours.Length]))]);
        return CompareWidths(contract, limits, [.. payloads.Select(payload => (ReadOnlyMemory<byte>)payload)]);
    }

    public static Outcome Of(JsonDecoder decoder, IReadOnlyList<byte[]> payloads) => Of(decoder, [.. payloads.Select(payload => (ReadOnlyMemory<byte>)payload)]);

    private static Outcome CompareWidths(Contract contract, DecodeLimits limits, IReadOnlyList<ReadOnlyMemory<byte>> payloads)
    {
        using var complete = new JsonDecoder(contract, limits, null, VectorWidth.None);
        var expected = Of(complete, payloads);
        foreach (var width in Widths)
        {
            using var compiled = new JsonDecoder(contract, limits, null, width);
            AssertSame(expected, Of(compiled, payloads), width);

            // Once more with what it learned from the first time, as records: several at once where they are one document each.
            AssertSame(expected, OfRecords(compiled, payloads), width);
        }

        return expected;
    }

    private static ReadOnlyMemory<byte> Amid(byte[] payload, byte[] neighbour)
    {
        const int Behind = 2_000;
        var memory = new byte[1 + payload.Length + Behind];
        payload.CopyTo(memory, 1);
        for (var at = 1 + payload.Length; at < memory.Length; at += neighbour.Length)
        {
            neighbour.AsSpan(0, Math.Min(neighbour.Length, memory.Length - at)).CopyTo(memory.AsSpan(at));
        }

        return memory.AsMemory(1, payload.Length);
    }

    private static Outcome Of(JsonDecoder decoder, IReadOnlyList<ReadOnlyMemory<byte>> payloads)
    {
        var rejections = new List<Rejection>();
        var counts = new int[payloads.Count];
        for (var i = 0; i < counts.Length; i++)
        {
            counts[i] = decoder.Append(payloads[i], i, 0, rejections);
        }

        using var batch = decoder.Build(counts);
        return new Outcome(ColumnText.Rows(batch), rejections, batch.Origins.ToArray(), counts.Sum());
    }

    /// <summary>As the record decoder asks for it.</summary>
    private static Outcome OfRecords(JsonDecoder decoder, IReadOnlyList<ReadOnlyMemory<byte>> payloads)
    {
        var rejections = new List<Rejection>();
        var counts = new int[payloads.Count];
        var records = payloads.Select((payload, i) => new StreamRecord(SequenceNumber.From((UInt128)i), payload, 0)).ToArray();
        for (var i = 0; i < counts.Length; i++)
        {
            i = decoder.AppendSingles(records, i, counts, out var unread);
            if (i < counts.Length)
            {
                counts[i] = decoder.Append(payloads[i], i, 0, rejections, unread);
            }
        }

        using var batch = decoder.Build(counts);
        return new Outcome(ColumnText.Rows(batch), rejections, batch.Origins.ToArray(), counts.Sum());
    }

    private static void AssertSame(Outcome expected, Outcome actual, VectorWidth width)
    {
        Assert.Equal(expected.Rows, actual.Rows);
        Assert.Equal(expected.Rejections, actual.Rejections);
        Assert.Equal(expected.Origins, actual.Origins);
        Assert.True(expected.Events == actual.Events, $"{actual.Events} events at {width}, {expected.Events} on the complete path");
    }
}
