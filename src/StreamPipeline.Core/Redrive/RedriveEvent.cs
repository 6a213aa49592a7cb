using System.IO.Hashing;
using System.Text;
using StreamPipeline.Core.Decoding;
using StreamPipeline.Core.Dedup;

namespace StreamPipeline.Core.Redrive;

/// <summary>An event, or a whole record, to run again.</summary>
/// <param name="Shard">The shard it came from, a lane included.</param>
/// <param name="Source">What it is known by within the shard: its <c>_sequence</c>, or a hash of its content when it has none.</param>
/// <param name="Data">Its original bytes.</param>
/// <param name="ArrivalUs">Its original arrival time, microseconds since the epoch: what maxFuture and the horizon are counted from.</param>
/// <param name="Fault">Set when its source could not deliver it whole.</param>
public sealed record RedriveEvent(string Shard, string Source, ReadOnlyMemory<byte> Data, long ArrivalUs, RecordFault? Fault = null)
{
    /// <summary>For an event without a sequence number.</summary>
    public static string SourceOf(ReadOnlySpan<byte> content) => "content " + Convert.ToHexStringLower(XxHash128.Hash(content));

    /// <summary>The identity, as much of it as a segment keeps. Neither part holds a line feed.</summary>
    internal UInt128 Fingerprint(ulong seed) => SeenSegment.KeptOf(XxHash128.HashToUInt128(Encoding.UTF8.GetBytes($"{Shard}\n{Source}"), (long)seed));
}
