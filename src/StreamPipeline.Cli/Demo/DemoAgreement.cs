using StreamPipeline.Cli.Generation;
using StreamPipeline.Cli.Output;
using StreamPipeline.Core.Decoding;
using StreamPipeline.Embedded.Running;

namespace StreamPipeline.Cli.Demo;

/// <summary>Compares what a run counted with what the generator says it wrote.</summary>
internal static class DemoAgreement
{
    /// <summary>Writes the verdict, with both sides where they differ.</summary>
    /// <returns>False when the counts differ.</returns>
    public static bool Write(Terminal terminal, GeneratorCounts generated, RunCounters.Snapshot run, RunCounters.QualitySnapshot quality)
    {
        if (run.Replayed > 0)
        {
            terminal.Out.WriteLine(FormattableString.Invariant($"{run.Replayed:N0} events were in the lake already: an earlier run committed them, and nothing is counted twice"));
            return run.Replayed + run.Counts.Records == generated.Lines;
        }

        // The generator knows the contract, not the rules: what rules refuse is good to it, each copy too.
        var refused = quality.QuarantinedBy.Where(reason => reason.Reason is QuarantineReason.Quality or QuarantineReason.Gate).Sum(reason => reason.Events);
        var counts = run.Counts;
        var agrees = counts.Records == generated.Lines
            && counts.Quarantined - refused == generated.Malformed
            && (refused > 0
                ? counts.Silver + counts.Duplicates + refused == generated.Events + generated.Duplicates
                : (counts.Silver, counts.Duplicates, counts.Late) == (generated.Events, generated.Duplicates, generated.Late));
        var rules = refused > 0 ? FormattableString.Invariant($"; rules refused {refused:N0} of the events") : "";
        terminal.Out.WriteLine(agrees
            ? FormattableString.Invariant(
                $"every event is accounted for: {generated.Lines:N0} lines = {generated.Events:N0} events + {generated.Duplicates:N0} copies + {generated.Malformed:N0} malformed, as generated{rules}")
            : FormattableString.Invariant(
                $"""
                the counts differ{rules}:
                  generated: {generated.Lines:N0} lines, {generated.Events:N0} events, {generated.Duplicates:N0} copies, {generated.Malformed:N0} malformed, {generated.Late:N0} late
                  counted:   {counts.Records:N0} records, {counts.Silver:N0} silver, {counts.Duplicates:N0} duplicates, {counts.Quarantined:N0} quarantined, {counts.Late:N0} late
                  a lake that had other events before, or a changed pipeline, is a reason; in a new folder this is a bug
                """));
        return agrees;
    }
}
