namespace StreamPipeline.Core.Commit;

/// <summary>Moves the head of any shard on by one generation without records: whatever was being committed as that generation is lost.</summary>
internal sealed class HeadFence(Pipeline pipeline, IStateStore state, IAttemptIds attempts)
{
    private readonly string _stream = pipeline.Settings.Stream;

    /// <summary>Sees to it that generation <paramref name="generation"/> of the shard exists, made by whomever. Its head must be at most one before it.</summary>
    public async ValueTask MoveTo(string shard, long generation, CancellationToken cancellation)
    {
        var pk = StateKeys.ShardPk(_stream, shard);
        var item = await state.Read(pk, StateKeys.Head, cancellation);
        var head = item is null ? null : ShardHead.FromJson(item.Body.Span);
        if ((head?.Generation ?? 0) != generation - 1)
        {
            return;
        }

        var attempt = attempts.Next();
        var next = head is null
            ? await First(shard, attempt, cancellation)
            : head with { Generation = generation, Attempt = attempt };
        try
        {
            // Lost: then the generation exists as well, which is all that is asked.
            await state.Swap(HeadStep.WithoutRecords(pk, next, BatchKind.Fence, head is null ? StartOf(next) : null), cancellation);
        }
        catch (StateUncertainException)
        {
            // The caller looks at the generation next, and comes back when there is none.
        }
    }

    /// <summary>The watermark that a first head starts with, for its item; null when there is none.</summary>
    public static long? StartOf(ShardHead first) => first.WatermarkUs == long.MinValue ? null : first.WatermarkUs;

    /// <summary>
    /// The first head of a shard that has none. Its own consumer finalised the parents before it processed anything, so what it inherits is settled.
    /// </summary>
    public async ValueTask<ShardHead> First(string shard, string attempt, CancellationToken cancellation)
    {
        var entry = await state.Read(StateKeys.StreamPk(_stream), StateKeys.Shard(shard), cancellation);
        var parents = entry is null ? new ShardEntry(shard, []) : System.Text.Json.JsonSerializer.Deserialize(entry.Body.Span, StateJson.Default.ShardEntry)!;
        var (ancestors, watermarkUs) = await new ShardLoader(pipeline, parents, seed: 0, state).Inherit(cancellation);
        return HeadStep.Empty(attempt, watermarkUs, ancestors);
    }
}
