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

    /// <summary>Each rejection as <c>event reason pointer</c>.</summary>
    public IEnumerable<string> Reasons =>
        Rejections.Select(rejection => $"{rejection.Origin.Event} {rejection.Reason} {rejection.RuleOrPath}".TrimEnd());

    public static Outcome Of(Contract contract, string payload) => Of(contract, Encoding.UTF8.GetBytes(payload));

    /// <summary>The complete path's outcome, once each compiled one was found to be the same.</summary>
    public static Outcome Of(Contract contract, params IReadOnlyList<byte[]> payloads) => Of(contract, new DecodeLimits(), payloads);

    public static Outcome Of(Contract contract, DecodeLimits limits, IReadOnlyList<byte[]> payloads)
    {
        using var complete = new JsonDecoder(contract, limits, null, VectorWidth.None);
        var expected = Of(complete, payloads);
        foreach (var width in Widths)
        {
            using var compiled = new JsonDecoder(contract, limits, null, width);
            AssertSame(expected, Of(compiled, payloads), width);

            // Once more with what it learned from the first time.
            AssertSame(expected, Of(compiled, payloads), width);
        }

        return expected;
    }

    public static Outcome Of(JsonDecoder decoder, IReadOnlyList<byte[]> payloads)
    {
        var rejections = new List<Rejection>();
        var counts = new int[payloads.Count];
        for (var i = 0; i < counts.Length; i++)
        {
            counts[i] = decoder.Append(payloads[i], i, 0, rejections);
        }

        using var batch = decoder.Build(counts);
        return new Outcome(ColumnText.Rows(batch), rejections, batch.Origins, counts.Sum());
    }

    private static void AssertSame(Outcome expected, Outcome actual, VectorWidth width)
    {
        Assert.Equal(expected.Rows, actual.Rows);
        Assert.Equal(expected.Rejections, actual.Rejections);
        Assert.Equal(expected.Origins, actual.Origins);
        Assert.True(expected.Events == actual.Events, $"{actual.Events} events at {width}, {expected.Events} on the complete path");
    }
}
