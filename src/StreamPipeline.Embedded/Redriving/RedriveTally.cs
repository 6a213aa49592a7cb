using StreamPipeline.Core.Commit;
using StreamPipeline.Core.Redrive;

namespace StreamPipeline.Embedded.Redriving;

/// <summary>Counts of a redrive while it goes on. One thread.</summary>
internal sealed class RedriveTally
{
    private const int ProblemsMax = 20;

    private readonly SortedDictionary<string, long> _reasons = new(StringComparer.Ordinal);
    private readonly List<string> _problems = [];
    private Counts _counts;
    private long _batches;

    public long Selected { get; set; }

    public long Replayed { get; set; }

    public long Unavailable { get; private set; }

    public long FailedBefore { get; set; }

    public void Add(in BatchReport report)
    {
        _counts += report.Counts;
        Replayed += report.Replayed;
        _batches += report.Batch is null ? 0 : 1;
        Add(report.Batch?.QuarantinedBy);
    }

    public void Add(TrialReport report)
    {
        _counts += report.Counts;
        Replayed += report.Replayed;
        Add(report.Reasons);
    }

    public void AddUnavailable(string problem)
    {
        Unavailable++;
        AddProblem(problem);
    }

    public void AddProblem(string problem)
    {
        if (_problems.Count < ProblemsMax)
        {
            _problems.Add(problem);
        }
    }

    public RedriveReport Report() => new(Selected, _counts, Replayed, Unavailable, FailedBefore, _batches, _reasons, _problems);

    private void Add(IReadOnlyDictionary<string, long>? reasons)
    {
        foreach (var (reason, events) in reasons ?? new Dictionary<string, long>())
        {
            _reasons[reason] = _reasons.GetValueOrDefault(reason) + events;
        }
    }
}
