using StreamPipeline.Core.Decoding;
using StreamPipeline.Core.Lake;

namespace StreamPipeline.Core.Commit;

/// <summary>What became of a micro-batch.</summary>
/// <param name="Counts">Events newly committed.</param>
/// <param name="Replayed">Events that an earlier commit holds already.</param>
/// <param name="Batch">The committed batch; null when everything was replayed.</param>
public readonly record struct BatchReport(Counts Counts, long Replayed, BatchItem? Batch);

/// <summary>
/// Commits the micro-batches of one shard, one compare-and-swap each (DESIGN section 3):
/// <list type="number">
/// <item>take the head that this process committed last, or read it; the swap will tell whether it was right;</item>
/// <item>ignore the records at or below the head's sequence number: they are replays;</item>
/// <item>process the rest; write what is bulky under names unique to the attempt;</item>
/// <item>swap: head generation g → g+1 together with the batch item that names what was written;</item>
/// <item>only then return, so that the event source is answered.</item>
/// </list>
/// A crash before 4 leaves orphans that nobody references; a crash after 4 makes the replay a no-op at 2. Of two processes on one shard
/// one loses the swap: it drops everything it remembers and starts over. Not thread-safe: one lane per shard.
/// </summary>
public sealed class ShardConsumer(
    Pipeline pipeline, ShardEntry shard, ulong seed, IStateStore state, IObjectStore objects, IAttemptIds attempts) : IDisposable
{
    /// <summary>Swaps in a row that may be lost to another process before the batch is given up as contended.</summary>
    private const int AttemptsMax = 100;

    private readonly string _stream = pipeline.Settings.Stream;
    private readonly string _pk = StateKeys.ShardPk(pipeline.Settings.Stream, shard.Shard);
    private readonly PaneLayers _panes = new(pipeline, StateKeys.ShardPk(pipeline.Settings.Stream, shard.Shard), state);
    private readonly ShardLoader _loader = new(pipeline, shard, seed, state, new ShardLineage(pipeline, state, attempts));
    private ShardMemory? _memory;
    private ShardHead? _head;
    private IReadOnlyList<string> _ancestors = [];

    /// <summary>The head as this consumer knows it; null before the first batch or for a new shard.</summary>
    public ShardHead? Head => _head;

    public void Dispose() => _memory?.Dispose();

    /// <summary>Processes and commits the batch, or finds that it is committed already. When this throws, nothing is lost: call again.</summary>
    /// <exception cref="StateUncertainException">The state store gave no answer, again and again.</exception>
    /// <exception cref="IOException">An object could not be written.</exception>
    /// <exception cref="ShardFinalException">A child of the shard was read before the shard had ended.</exception>
    public async ValueTask<BatchReport> Commit(MicroBatch batch, CancellationToken cancellation)
    {
        for (var attempt = 0; attempt < AttemptsMax; attempt++)
        {
            if (_memory is null)
            {
                (_memory, _head, _ancestors) = await _loader.Load(batch.Records[0].ArrivalTimeUs, cancellation);
            }

            var memory = _memory;
            var firstNew = FirstNew(batch, _head);
            RefuseIfFinal(batch, firstNew);
            var replayed = memory.Decoder.CountEvents(batch, firstNew);
            if (firstNew == batch.Records.Count)
            {
                return new BatchReport(default, replayed, null);
            }

            // From here on the memory is ahead of the head; whatever goes wrong, it must not survive.
            _memory = null;
            try
            {
                var committed = await TryCommit(batch, firstNew, memory, cancellation);
                if (committed is not null)
                {
                    (_memory, memory) = (memory, null!);
                    return new BatchReport(committed.Counts, replayed, committed);
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

    /// <summary>Index of the first record above the head's last sequence number.</summary>
    private static int FirstNew(MicroBatch batch, ShardHead? head)
    {
        if (head?.LastSequence is not { } lastSequence)
        {
            return 0;
        }

        var last = SequenceNumber.Parse(lastSequence);
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
    private async ValueTask<BatchItem?> TryCommit(MicroBatch batch, int firstNew, ShardMemory memory, CancellationToken cancellation)
    {
        using var proposed = pipeline.Process(batch, firstNew, memory);
        var attempt = attempts.Next();
        var generation = (_head?.Generation ?? 0) + 1;
        var startedUs = _head is null && memory.WatermarkUs > long.MinValue ? memory.WatermarkUs : (long?)null;
        var item = (await Stage(batch, firstNew, proposed, attempt, generation, cancellation)) with { SealedWatermarkUs = startedUs };
        var panes = await _panes.Stage(proposed.Windows.Layer, _head?.Panes ?? [], attempt, cancellation);
        var head = NextHead(proposed, attempt, generation, panes.Layers, memory);

        if (!await HeadSwap.Commit(state, _pk, head, item, cancellation))
        {
            return null;
        }

        _head = head;
        memory.WatermarkUs = head.WatermarkUs;
        await state.Delete(panes.Superseded, cancellation);
        return item;
    }

    /// <summary>Writes the bulky things. Their names carry the attempt, so nothing that is committed can be overwritten.</summary>
    private async ValueTask<BatchItem> Stage(
        MicroBatch batch, int firstNew, ProposedCommit proposed, string attempt, long generation, CancellationToken cancellation)
    {
        var prefix = $"_staged/{_stream}/{shard.Shard}/{attempt}";
        var bronzeKey = BronzeFile.Key(_stream, batch, firstNew);
        await objects.Put(bronzeKey, BronzeFile.Encode(batch, firstNew), cancellation);
        var silver = await StageRows(proposed.Silver, prefix + "-silver.arrows", cancellation);
        var quarantine = await StageRows(proposed.Quarantine, prefix + "-quarantine.arrows", cancellation);
        var segments = proposed.NewKeys.ToItems(_pk, attempt, generation);
        await state.Put(segments, cancellation);
        return new BatchItem
        {
            Generation = generation,
            Attempt = attempt,
            FirstSequence = proposed.FirstSequence.ToString(),
            LastSequence = proposed.LastSequence.ToString(),
            Counts = proposed.Counts,
            Score = proposed.Quality.Result?.Score,
            RowScore = proposed.Quality.Result is { RowCount: > 0 } judged ? (double)judged.RowsPassed / judged.RowCount : null,
            FailedRules = proposed.Quality.Result is { } quality ? [.. quality.Rules.Where(r => !r.Passed).Select(r => r.Rule)] : [],
            Gated = proposed.Quality.Gated,
            ArrivalUs = proposed.ArrivalUs,
            Silver = silver,
            Quarantine = quarantine,
            Bronze = bronzeKey,
            SeenSegments = [.. segments.Select(segment => segment.Sk)],
            Unmatched = proposed.Unmatched,
        };
    }

    private async ValueTask<StagedRef?> StageRows(Apache.Arrow.RecordBatch? rows, string key, CancellationToken cancellation)
    {
        if (rows is null)
        {
            return null;
        }

        var bytes = StagedFile.Encode(rows);
        await objects.Put(key, bytes, cancellation);
        return new StagedRef(key, rows.Length, bytes.Length);
    }

    private ShardHead NextHead(ProposedCommit proposed, string attempt, long generation, IReadOnlyList<PaneLayerRef> panes, ShardMemory memory)
    {
        var late = new Dictionary<string, long>(StringComparer.Ordinal);
        for (var i = 0; i < pipeline.Metrics.Metrics.Count; i++)
        {
            var name = pipeline.Metrics.Metrics[i].Name;
            late[name] = proposed.Windows.LatePerMetric[i] + (_head?.LatePerMetric.GetValueOrDefault(name) ?? 0);
        }

        return new ShardHead
        {
            Generation = generation,
            Attempt = attempt,
            LastSequence = proposed.LastSequence.ToString(),
            WatermarkUs = proposed.Windows.WatermarkUs,
            LastArrivalUs = Math.Max(proposed.ArrivalUs, _head?.LastArrivalUs ?? long.MinValue),
            Totals = (_head?.Totals ?? default) + proposed.Counts,
            LatePerMetric = late,
            Panes = panes,
            Ancestors = _ancestors,
            EvictedKeys = memory.Seen.EvictedKeys,
        };
    }
}

/// <summary>A shard that has ended, because its children were read, gets records. The message says which.</summary>
public sealed class ShardFinalException(string message) : Exception(message);
