using Apache.Arrow;
using StreamPipeline.Core.Commit;
using StreamPipeline.Core.Decoding;
using StreamPipeline.Core.Lake;

namespace StreamPipeline.Core.Verification;

/// <summary>A file with rows of silver or quarantine, and which sequence numbers it has of each shard.</summary>
/// <param name="Table">Set for a file of a table, with <paramref name="Staged"/> null.</param>
/// <param name="Staged">Staged rows.</param>
/// <param name="IsQuarantine">Quarantine, not silver.</param>
/// <param name="Spans">Shard number → least and greatest sequence number.</param>
internal sealed record RowSource(
    TableFile? Table, StagedRef? Staged, bool IsQuarantine, IReadOnlyDictionary<int, (SequenceNumber First, SequenceNumber Last)> Spans)
{
    public static Dictionary<int, (SequenceNumber First, SequenceNumber Last)> SpansOf(RowPlace[] places)
    {
        var spans = new Dictionary<int, (SequenceNumber First, SequenceNumber Last)>();
        foreach (var place in places)
        {
            spans[place.Shard] = spans.TryGetValue(place.Shard, out var span)
                ? (place.Sequence < span.First ? place.Sequence : span.First, place.Sequence > span.Last ? place.Sequence : span.Last)
                : (place.Sequence, place.Sequence);
        }

        return spans;
    }
}

/// <summary>Rows of a slice of each shard, in order.</summary>
/// <param name="Places">Of silver and quarantine, ascending.</param>
/// <param name="Silver">The silver rows; null when there is none.</param>
/// <param name="Rows">Per place, the row of <paramref name="Silver"/>; -1 for a quarantine row.</param>
internal sealed record RowSlice(RowPlace[] Places, RecordBatch? Silver, int[] Rows) : IDisposable
{
    public const int Quarantined = -1;

    public void Dispose() => Silver?.Dispose();
}
