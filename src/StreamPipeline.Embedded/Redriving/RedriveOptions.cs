using StreamPipeline.Core.Commit;

namespace StreamPipeline.Embedded.Redriving;

/// <param name="From"><c>quarantine</c>, or a file or folder.</param>
/// <param name="Where">SQL over the columns of the quarantine table; null: all rows.</param>
/// <param name="Again">Also events that failed in an earlier redrive.</param>
/// <param name="DryRun">Tell what would become of the events, and write nothing.</param>
public sealed record RedriveOptions(string From, string? Where, bool Again, bool DryRun)
{
    public const string Quarantine = "quarantine";
}

/// <summary>The end of a redrive.</summary>
/// <param name="Selected">Events that were asked for.</param>
/// <param name="Counts">What became, or would become, of those that were not redriven before.</param>
/// <param name="Replayed">Events that an earlier redrive, or the stream's own consumer, has committed: left out.</param>
/// <param name="Unavailable">Events whose original bytes are not to be had: left out.</param>
/// <param name="FailedBefore">Rows of earlier redrives that match, and were left out for want of <see cref="RedriveOptions.Again"/>.</param>
/// <param name="Batches">Commits.</param>
/// <param name="Reasons">Quarantine reason → events that failed again, or would.</param>
/// <param name="Problems">The first few of what was left out, and inputs that ended early.</param>
public sealed record RedriveReport(
    long Selected,
    Counts Counts,
    long Replayed,
    long Unavailable,
    long FailedBefore,
    long Batches,
    IReadOnlyDictionary<string, long> Reasons,
    IReadOnlyList<string> Problems);
