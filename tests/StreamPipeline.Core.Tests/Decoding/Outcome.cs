using System.Text;
using StreamPipeline.Core.Configuration;
using StreamPipeline.Core.Contracts;
using StreamPipeline.Core.Decoding;

namespace StreamPipeline.Core.Tests.Decoding;

/// <summary>What became of payloads: rows as text, and rejections.</summary>
internal sealed record Outcome(List<string> Rows, List<Rejection> Rejections, EventOrigin[] Origins, int Events)
{
    /// <summary>Each rejection as <c>event reason pointer</c>.</summary>
    public IEnumerable<string> Reasons =>
        Rejections.Select(rejection => $"{rejection.Origin.Event} {rejection.Reason} {rejection.RuleOrPath}".TrimEnd());

    public static Outcome Of(Contract contract, string payload) => Of(contract, Encoding.UTF8.GetBytes(payload));

    public static Outcome Of(Contract contract, params IReadOnlyList<byte[]> payloads)
    {
        using var decoder = new JsonDecoder(contract, new DecodeLimits());
        return Of(decoder, payloads);
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
}
