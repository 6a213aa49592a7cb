namespace StreamPipeline.Core.Enrichment;

/// <summary>What <see cref="Enricher"/> counts, by step of pipeline.yaml's <c>enrich</c>. Not thread-safe: one per batch or per lane.</summary>
/// <param name="steps"><see cref="Enricher.StepCount"/>.</param>
public sealed class EnrichCounts(int steps)
{
    private readonly long[] _unmatched = new long[steps];

    /// <summary>Rows for which a lookup found nothing (also because a match column was null), by step; 0 for masks.</summary>
    public IReadOnlyList<long> Unmatched => _unmatched;

    internal void AddUnmatched(int step, long rows) => _unmatched[step] += rows;
}
