namespace StreamPipeline.Core.Commit;

/// <summary>The commit of one shard: its next head and the item of that generation, in one transaction.</summary>
internal static class HeadSwap
{
    /// <summary>False when another process was first: nothing was applied.</summary>
    public static ValueTask<bool> Commit(IStateStore state, string pk, ShardHead head, BatchItem item, CancellationToken cancellation) =>
        Commit(state, pk, head, item, [], cancellation);

    /// <summary>As the other, with further writes that must hold too.</summary>
    public static async ValueTask<bool> Commit(
        IStateStore state, string pk, ShardHead head, BatchItem item, IReadOnlyList<StateWrite> others, CancellationToken cancellation) =>
        await Try(state, pk, head, item, staged: null, others, cancellation) == SwapOutcome.Committed;

    /// <summary>
    /// Null: there was no answer and nobody has made the generation, so the swap may still arrive. Nothing it names may be deleted. No answer to what is staged before is an
    /// error, since then nothing is swapped.
    /// </summary>
    public static async ValueTask<SwapOutcome?> Try(
        IStateStore state, string pk, ShardHead head, BatchItem item, StagedForSwap? staged, IReadOnlyList<StateWrite> others, CancellationToken cancellation)
    {
        StateWrite[] writes = [.. Writes(pk, head, item), .. others];
        var isSwapping = staged is null;
        try
        {
            return staged is { } named
                ? await state.SwapStaged(writes, named with { Done = BeginSwap }, cancellation)
                : await state.Swap(writes, cancellation);
        }
        catch (StateUncertainException) when (isSwapping)
        {
            return await FateOf(state, pk, item, cancellation);
        }

        void BeginSwap()
        {
            isSwapping = true;
            staged?.Done?.Invoke();
        }
    }

    /// <summary>Head generation g - 1 → g, and the item of g.</summary>
    public static StateWrite[] Writes(string pk, ShardHead head, BatchItem item) =>
    [
        new(new StateItem(pk, StateKeys.Head, head.Generation, head.Attempt, head.ToJson()), ExpectedVersion: head.Generation - 1),
        new(new StateItem(pk, StateKeys.Batch(item.Generation), 1, item.Attempt, item.ToJson()), ExpectedVersion: 0),
    ];

    /// <summary>The item of a generation without records.</summary>
    /// <param name="next">From <see cref="Next"/>.</param>
    /// <param name="kind">One of <see cref="BatchKind"/>.</param>
    public static BatchItem WithoutRecords(ShardHead next, string kind) => new()
    {
        Kind = kind,
        Generation = next.Generation,
        Attempt = next.Attempt,
        SealedWatermarkUs = next.Generation == 1 && next.WatermarkUs > long.MinValue ? next.WatermarkUs : null,
    };

    /// <summary>The head a commit without records makes: what the shard has, or nothing yet.</summary>
    public static ShardHead Next(ShardHead? head, string attempt, ShardStart start) => head is null
        ? new ShardHead
        {
            Generation = 1,
            Attempt = attempt,
            WatermarkUs = start.WatermarkUs,
            Totals = default,
            LatePerMetric = new Dictionary<string, long>(),
            Panes = [],
            Ancestors = start.Ancestors,
        }
        : head with { Generation = head.Generation + 1, Attempt = attempt };

    /// <summary>
    /// No answer: who wrote the item of this generation has won. The head may have moved on since (a seal, a child), the item stays.
    /// </summary>
    private static async ValueTask<SwapOutcome?> FateOf(IStateStore state, string pk, BatchItem item, CancellationToken cancellation)
    {
        var written = await state.Read(pk, StateKeys.Batch(item.Generation), cancellation);
        return written is null ? null : written.Attempt == item.Attempt ? SwapOutcome.Committed : SwapOutcome.Lost;
    }
}

/// <summary>What a shard without a head starts with.</summary>
/// <param name="Ancestors">Shards whose live seen segments count in it.</param>
/// <param name="WatermarkUs">Microseconds since the epoch; <see cref="long.MinValue"/> when nothing came before.</param>
internal readonly record struct ShardStart(IReadOnlyList<string> Ancestors, long WatermarkUs);
