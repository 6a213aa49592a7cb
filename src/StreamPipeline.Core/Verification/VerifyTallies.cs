namespace StreamPipeline.Core.Verification;

/// <summary>All checks of one verification.</summary>
internal sealed class VerifyTallies
{
    private readonly SortedDictionary<string, Tally> _late = new(StringComparer.Ordinal);
    private readonly SortedDictionary<string, Tally> _gold = new(StringComparer.Ordinal);

    public Tally Batches { get; } = new("batches");

    public Tally Records { get; } = new("records");

    public Tally Bronze { get; } = new("bronze events");

    public Tally Silver { get; } = new("silver rows");

    public Tally Duplicates { get; } = new("duplicates");

    public Tally Quarantine { get; } = new("quarantine rows");

    public Tally Once { get; } = new("each record once");

    public Tally Keys { get; } = new("keys in silver");

    public Tally Files { get; } = new("files");

    public Tally Strays { get; } = new("files not committed");

    public Tally Watermarks { get; } = new("watermarks");

    public List<string> Notes { get; } = [];

    public Tally Late(string metric) => For(_late, metric, "late in ");

    public Tally Gold(string metric) => For(_gold, metric, "gold rows of ");

    public VerifyReport ToReport()
    {
        Tally[] all = [Batches, Records, Bronze, Silver, Duplicates, Quarantine, Once, Keys, Watermarks, .. _late.Values, .. _gold.Values, Files, Strays];
        return new VerifyReport([.. all.Select(tally => tally.ToCheck())], Notes);
    }

    private static Tally For(SortedDictionary<string, Tally> tallies, string metric, string prefix)
    {
        if (!tallies.TryGetValue(metric, out var tally))
        {
            tallies[metric] = tally = new Tally(prefix + metric);
        }

        return tally;
    }
}
