using StreamPipeline.Core.Commit;
using StreamPipeline.Core.Decoding;

namespace StreamPipeline.Core.Verification;

/// <summary>Follows the batches of one shard up to its head and checks that they are a chain. Owner: the verification, which disposes it.</summary>
internal sealed class ShardReplay(
    int index, string shard, ShardHead head, IAsyncEnumerable<BatchItem> batches, VerifyTallies tallies, CancellationToken cancellation)
    : IAsyncDisposable
{
    private readonly IAsyncEnumerator<BatchItem> _batches = batches.GetAsyncEnumerator(cancellation);
    private Counts _counts;
    private string? _lastAttempt;
    private bool _isDone;

    /// <summary>Number of the shard in this verification.</summary>
    public int Index => index;

    public string Shard => shard;

    public ShardHead Head => head;

    /// <summary>Generation of the last batch.</summary>
    public long Generation { get; private set; }

    /// <summary>Last sequence number of the last batch with records.</summary>
    public SequenceNumber? LastSequence { get; private set; }

    /// <summary>Events of the batches so far.</summary>
    public long Records => _counts.Records;

    /// <summary>All batches were given.</summary>
    public bool IsDone => _isDone;

    /// <summary>Greatest event time in the silver that was replayed so far, or what the shard inherited or was sealed to.</summary>
    public long WatermarkUs { get; set; } = long.MinValue;

    /// <summary>Late records by metric so far.</summary>
    public Dictionary<string, long> Late { get; } = new(StringComparer.Ordinal);

    /// <summary>The next batch; null after the last.</summary>
    public async ValueTask<BatchItem?> Next()
    {
        if (_isDone)
        {
            return null;
        }

        BatchItem? item = null;
        try
        {
            // Batches above the head that was read first belong to a run that goes on.
            item = await _batches.MoveNextAsync() && _batches.Current.Generation <= head.Generation ? _batches.Current : null;
        }
        catch (Exception error) when (TableFiles.IsDamage(error))
        {
            tallies.Batches.Differ($"the batch after {Generation} of shard {shard} cannot be read: {error.Message}");
        }

        if (item is null)
        {
            _isDone = true;
            CompareWithHead();
            return null;
        }

        Check(item);
        return item;
    }

    public ValueTask DisposeAsync() => _batches.DisposeAsync();

    private void Check(BatchItem item)
    {
        var name = $"batch {item.Generation} of shard {shard}";
        tallies.Batches.Found++;
        tallies.Batches.Compare(Generation + 1, item.Generation, $"generation after {Generation} of shard {shard}");
        var counts = item.Counts;
        tallies.Records.Compare(counts.Records, counts.Silver + counts.Duplicates + counts.Quarantined, $"{name}: records = silver + duplicates + quarantined");
        if (RangeOf(item) is var (first, last))
        {
            if (first > last || (LastSequence is { } before && first <= before))
            {
                tallies.Batches.Differ($"{name} holds the sequence numbers {first} to {last}, which do not follow {LastSequence}");
            }

            LastSequence = last;
        }

        Generation = item.Generation;
        _counts += counts;
        _lastAttempt = item.Attempt;
    }

    /// <summary>Null for an item without records.</summary>
    private static (SequenceNumber First, SequenceNumber Last)? RangeOf(BatchItem item) =>
        item is { FirstSequence: { } first, LastSequence: { } last } ? (SequenceNumber.Parse(first), SequenceNumber.Parse(last)) : null;

    private void CompareWithHead()
    {
        var name = $"shard {shard}";
        var totals = head.Totals;
        tallies.Batches.Compare(head.Generation, Generation, $"{name}: last batch");
        tallies.Records.Found += _counts.Records;
        tallies.Records.Compare(totals.Records, _counts.Records, $"{name}: records of the head and of its batches");
        tallies.Records.Compare(totals.Silver, _counts.Silver, $"{name}: silver of the head and of its batches");
        tallies.Records.Compare(totals.Duplicates, _counts.Duplicates, $"{name}: duplicates of the head and of its batches");
        tallies.Records.Compare(totals.Quarantined, _counts.Quarantined, $"{name}: quarantined of the head and of its batches");
        tallies.Records.Compare(totals.Late, _counts.Late, $"{name}: late records of the head and of its batches");
        if (_lastAttempt != head.Attempt && Generation == head.Generation)
        {
            tallies.Batches.Differ($"{name}: the head was written by attempt {head.Attempt}, its batch by {_lastAttempt}");
        }

        if (LastSequence?.ToString() != head.LastSequence)
        {
            tallies.Batches.Differ($"{name}: the head ends at sequence number {head.LastSequence}, its batches at {LastSequence}");
        }
    }
}
