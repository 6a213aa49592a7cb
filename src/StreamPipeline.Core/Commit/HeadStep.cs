namespace StreamPipeline.Core.Commit;

/// <summary>One generation of a head: the two writes that make it.</summary>
internal static class HeadStep
{
    /// <summary>Head generation g - 1 → g, and its item. Both or none.</summary>
    public static StateWrite[] Writes(string pk, ShardHead head, BatchItem item) =>
    [
        new(new StateItem(pk, StateKeys.Head, head.Generation, head.Attempt, head.ToJson()), ExpectedVersion: head.Generation - 1),
        new(new StateItem(pk, StateKeys.Batch(item.Generation), 1, item.Attempt, item.ToJson()), ExpectedVersion: 0),
    ];

    /// <summary>A generation without records.</summary>
    public static StateWrite[] WithoutRecords(string pk, ShardHead next, string kind, long? sealedWatermarkUs = null) =>
        Writes(pk, next, new BatchItem { Kind = kind, Generation = next.Generation, Attempt = next.Attempt, SealedWatermarkUs = sealedWatermarkUs });

    /// <summary>The first head of a shard that has no record yet.</summary>
    public static ShardHead Empty(string attempt, long watermarkUs, IReadOnlyList<string> ancestors) => new()
    {
        Generation = 1,
        Attempt = attempt,
        WatermarkUs = watermarkUs,
        Totals = default,
        LatePerMetric = new Dictionary<string, long>(),
        Panes = [],
        Ancestors = ancestors,
    };
}
