using StreamPipeline.Cli.Output;

namespace StreamPipeline.Cli.Put;

/// <summary>Shows how far a put has come.</summary>
/// <param name="terminal">Its standard error, when that is a terminal.</param>
/// <param name="tally">Read after each call.</param>
/// <param name="bytesTotal">Size of the input; null when unknown (standard input, compressed).</param>
/// <param name="json">Silent: the result is for a program.</param>
internal sealed class PutProgress(Terminal terminal, PutTally tally, long? bytesTotal, bool json)
{
    private readonly ProgressLine _line = new(terminal.ErrorConsole, terminal.Time, isQuiet: json || !terminal.ErrorIsTerminal);

    /// <param name="bytesRead">Of the input.</param>
    public void Report(long bytesRead)
    {
        var share = bytesTotal is > 0 and var total ? Math.Clamp((double)bytesRead / total, 0, 1) : (double?)null;
        _line.Report(tally.Sent, share, rate => FormattableString.Invariant(
            $"{tally.Sent:N0} sent, {rate:N0}/s, {tally.Bytes / 1e6:N1} MB{(tally.Retried > 0 ? $", {tally.Retried:N0} sent again" : "")}{(tally.Unsendable > 0 ? $", {tally.Unsendable:N0} unsendable" : "")}"));
    }

    public void Finish() => _line.Finish();
}
