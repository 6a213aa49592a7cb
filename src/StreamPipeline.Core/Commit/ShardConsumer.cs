using StreamPipeline.Core.Decoding;
using StreamPipeline.Core.Dedup;
using StreamPipeline.Core.Lake;

namespace StreamPipeline.Core.Commit;

/// <summary>What became of a micro-batch.</summary>
/// <param name="Counts">Events newly committed.</param>
/// <param name="Replayed">Events that an earlier commit holds already.</param>
/// <param name="Batch">The committed batch; null when everything was replayed.</param>
public readonly record struct BatchReport(Counts Counts, long Replayed, BatchItem? Batch)
{
    /// <summary>The batch was committed in parts: this is one more. The item then sums up those of its parts.</summary>
    internal BatchReport With(BatchItem part)
    {
        if (Batch is not { } before)
        {
            return this with { Counts = part.Counts, Batch = part };
        }

        var counts = Counts + part.Counts;
        return this with
        {
            Counts = counts,
            Batch = part with
            {
                FirstSequence = before.FirstSequence,
                Counts = counts,
                Score = before.Score is { } score ? Math.Min(score, part.Score ?? score) : part.Score,
                Gated = before.Gated || part.Gated,
                QuarantinedBy = before.QuarantinedBy.Concat(part.QuarantinedBy).GroupBy(reason => reason.Key).ToDictionary(reason => reason.Key, reason => reason.Sum(each => each.Value)),
                Silver = Sum(before.Silver, part.Silver),
                Quarantine = Sum(before.Quarantine, part.Quarantine),
                Unmatched = [.. before.Unmatched.Zip(part.Unmatched, (left, right) => left + right)],
            },
        };

        static StagedRef? Sum(StagedRef? before, StagedRef? part) => before is null || part is null ? part ?? before : part with { Bytes = before.Bytes + part.Bytes };
    }
}

/// <summary>
/// Commits the micro-batches of one shard, one compare-and-swap each (DESIGN section 3):
/// <list type="number">
/// <item>take the head that this process committed last, or read it; the swap will tell whether it was right;</item>
/// <item>ignore the records at or below the head's sequence number: they are replays;</item>
/// <item>process the rest; write what is bulky under names unique to the attempt, all at the same time;</item>
/// <item>swap: head generation g → g+1 together with the batch item that names what was written;</item>
/// <item>only then return, so that the event source is answered.</item>
/// </list>
/// A crash before 4 leaves orphans that nobody references; a crash after 4 makes the replay a no-op at 2. Of two processes on one shard
/// one loses the swap: it drops everything it remembers and starts over.
/// <para>
/// While a batch is being committed the next one may be prepared (<see cref="Prepare"/>): decoded and judged, which needs nothing of the shard's state. What
/// is prepared is a guess that a commit uses or throws away (<see cref="PreparedBatches"/>): it is in no store, so a crash loses nothing, and commits
/// stay in order, one after the other.
/// </para>
/// Not thread-safe beyond that: one lane per shard.
/// </summary>
/// <param name="pipeline">The compiled pipeline.</param>
/// <param name="shard">The shard with its parents.</param>
/// <param name="seed">Of the stream's fingerprints: <see cref="StreamHead.Seed"/>.</param>
/// <param name="state">The state table.</param>
/// <param name="objects">The lake.</param>
/// <param name="attempts">Names for what is written.</param>
/// <param name="bronze">Where raw records go; null: into the lake, one object a batch.</param>
/// <param name="times">Receives where the time goes; null: nobody asks.</param>
public sealed class ShardConsumer(
    Pipeline pipeline,
    ShardEntry shard,
    ulong seed,
    IStateStore state,
    IObjectStore objects,
    IAttemptIds attempts,
    IBronze? bronze = null,
    StageTimes? times = null) : IDisposable
{
    /// <summary>Swaps in a row that may be lost to another process before the batch is given up as contended.</summary>
    private const int AttemptsMax = 100;

    private readonly string _stream = pipeline.Settings.Stream;
    private readonly BatchCommit _commit = new(pipeline, shard.Shard, KeyClaims.For(pipeline, shard.Shard, state, attempts), state, objects, bronze ?? new ObjectBronze(objects), attempts, times);
    private readonly ShardLoader _loader = new(pipeline, shard, seed, state, new ShardLineage(pipeline, state, attempts));
    private readonly PreparedBatches _prepared = new(pipeline, seed, times);
    private ShardMemory? _memory;
    private ShardHead? _head;

    // What the thread that prepares may know of the head; null: it was not read yet.
    private volatile KnownHead? _known;
    private IReadOnlyList<string> _ancestors = [];

    /// <summary>The head as this consumer knows it; null before the first batch or for a new shard.</summary>
    public ShardHead? Head => _head;

    public void Dispose()
    {
        _memory?.Dispose();
        _prepared.Dispose();
    }

    /// <summary>
    /// Does ahead what can be done of a batch's commit while another thread is still committing the one before it. Changes no result, and may do
    /// nothing. The batch's bytes must stay as they are until it is committed, or another one prepared, or this disposed.
    /// </summary>
    /// <param name="batch">The next one; it is not handed to <see cref="Commit"/> before this returns.</param>
    public void Prepare(MicroBatch batch)
    {
        // Before the head was read once nobody knows what is a replay: a rerun must not decode everything twice.
        if (_known is { } known && FirstNew(batch, known.Last) is var firstNew && firstNew < batch.Records.Count)
        {
            _prepared.Prepare(batch, firstNew);
        }
    }

    /// <summary>Processes and commits the batch, or finds that it is committed already. When this throws, nothing is lost: call again.</summary>
    /// <exception cref="StateUncertainException">The state store gave no answer, again and again.</exception>
    /// <exception cref="IOException">An object could not be written.</exception>
    /// <exception cref="ShardFinalException">A child of the shard was read before the shard had ended.</exception>
    public async ValueTask<BatchReport> Commit(MicroBatch batch, CancellationToken cancellation)
    {
        var place = _prepared.TakeFor(batch);
        try
        {
            return await CommitOn(place.Desk, batch, cancellation);
        }
        finally
        {
            place.Desk.Clear();
            _prepared.Return(place);
        }
    }

    private async ValueTask<BatchReport> CommitOn(BatchDesk desk, MicroBatch batch, CancellationToken cancellation)
    {
        // More than one commit only when more is compressed in the batch than is processed at once. What is before settled is in the report.
        var (report, settled) = (default(BatchReport), 0);
        for (var attempt = 0; attempt < AttemptsMax; attempt++)
        {
            times?.Begin();
            if (_memory is null)
            {
                (_memory, _head, _ancestors) = await _loader.Load(batch.Records[0].ArrivalTimeUs, cancellation);
                times?.End(BatchStage.Load);
            }

            var memory = _memory;
            var last = LastOf(_head);
            _known = new KnownHead(last);
            var firstNew = FirstNew(batch, last);
            RefuseIfFinal(batch, firstNew);
            var replayed = report.Replayed + desk.CountReplayed(batch, settled, firstNew);
            if (firstNew == batch.Records.Count)
            {
                return report with { Replayed = replayed };
            }

            // From here on the memory is ahead of the head; whatever goes wrong, it must not survive.
            _memory = null;
            try
            {
                var committed = await TryCommit(batch, firstNew, memory, desk, cancellation);
                if (committed is not null)
                {
                    (_memory, memory) = (memory, null!);
                    report = report.With(committed) with { Replayed = replayed };
                    settled = FirstNew(batch, LastOf(_head));
                    if (settled == batch.Records.Count)
                    {
                        return report;
                    }

                    attempt = -1;
                }
            }
            finally
            {
                memory?.Dispose();
            }
        }

        throw new StateUncertainException(
            $"shard {shard.Shard}: {AttemptsMax} commits in a row were lost to another process on the same shard; run one process per shard");
    }

    private static SequenceNumber? LastOf(ShardHead? head) => head?.LastSequence is { } last ? SequenceNumber.Parse(last) : null;

    /// <summary>Index of the first record above the head's last sequence number.</summary>
    private static int FirstNew(MicroBatch batch, SequenceNumber? last)
    {
        var index = 0;
        while (index < batch.Records.Count && batch.Records[index].Sequence <= last)
        {
            index++;
        }

        return index;
    }

    /// <summary>
    /// A child of the shard has taken over: what it started with would not know of these records. They are neither dropped nor committed; who
    /// reads the shards in another order than parents first has to see it.
    /// </summary>
    private void RefuseIfFinal(MicroBatch batch, int firstNew)
    {
        if (_head is { Final: true } && firstNew < batch.Records.Count)
        {
            throw new ShardFinalException(
                $"shard {shard.Shard} of stream {_stream} is final at sequence number {_head.LastSequence ?? "none"}, since a child of it was read, and now gets records up to {batch.Records[^1].Sequence}: nothing of them was committed; read a shard to its end before its children");
        }
    }

    /// <summary>Null when the swap was lost.</summary>
    private async ValueTask<BatchItem?> TryCommit(MicroBatch batch, int firstNew, ShardMemory memory, BatchDesk desk, CancellationToken cancellation)
    {
        var committed = await _commit.Try(batch, firstNew, new LoadedShard(memory, _head, _ancestors), desk, CommitCompanion.None, cancellation);
        _head = committed?.Head ?? _head;
        return committed?.Item;
    }

    /// <param name="Last">The head's last sequence number; null: none.</param>
    private sealed record KnownHead(SequenceNumber? Last);
}

/// <summary>A shard that has ended, because its children were read, gets records. The message says which.</summary>
public sealed class ShardFinalException(string message) : Exception(message);
