namespace StreamPipeline.Core.Commit;

/// <summary>Moves the head of any shard on by one generation without records: whatever was being committed as that generation is lost.</summary>
internal sealed class HeadFence(Pipeline pipeline, IStateStore state, IAttemptIds attempts)
{
    private readonly string _stream = pipeline.Settings.Stream;
    private readonly ShardLineage _lineage = new(pipeline, state, attempts);

    /// <summary>
    /// Sees to it that generation <paramref name="generation"/> of the shard exists, made by whomever. Who asks has seen a claim of an attempt at
    /// it, so the shard's consumer has loaded: a shard without a head has final parents by now.
    /// </summary>
    public async ValueTask MoveTo(string shard, long generation, CancellationToken cancellation)
    {
        var head = await _lineage.ReadHead(shard, cancellation);
        if ((head?.Generation ?? 0) != generation - 1)
        {
            return;
        }

        var start = head is null ? await _lineage.Start(await _lineage.Entry(shard, cancellation), cancellation) : default;
        var next = HeadSwap.Next(head, attempts.Next(), start);

        // Lost: then the generation exists as well, which is all that is asked.
        await HeadSwap.Commit(state, StateKeys.ShardPk(_stream, shard), next, HeadSwap.WithoutRecords(next, BatchKind.Fence), cancellation);
    }
}
