using Spectre.Console;
using StreamPipeline.Cli.Output;

namespace StreamPipeline.Cli.Run;

/// <summary>Where a run stands.</summary>
/// <param name="Records">Records read so far, replayed ones included.</param>
/// <param name="Silver">Rows of silver so far.</param>
/// <param name="Duplicates">Copies dropped so far.</param>
/// <param name="Quarantined">Rows quarantined so far.</param>
/// <param name="InputBytes">Bytes of the input read so far, as stored.</param>
/// <param name="InputBytesTotal">Size of the input as stored; null when unknown (standard input, a stream).</param>
internal readonly record struct RunPosition(
    long Records, long Silver, long Duplicates, long Quarantined, long InputBytes, long? InputBytesTotal);

/// <summary>
/// One line on standard error that shows rate, counts and the time left, redrawn at most ten times a second. Silent unless standard error is a
/// terminal and the result is for people. One thread at a time reports.
/// </summary>
internal sealed class RunProgress
{
    private readonly ProgressLine _line;

    public RunProgress(Terminal terminal, bool json)
        : this(terminal.ErrorConsole, terminal.Time, isQuiet: json || !terminal.ErrorIsTerminal)
    {
    }

    public RunProgress(IAnsiConsole console, TimeProvider time, bool isQuiet) => _line = new ProgressLine(console, time, isQuiet);

    public void Report(RunPosition position)
    {
        var share = position.InputBytesTotal is > 0 and var total ? Math.Clamp((double)position.InputBytes / total, 0, 1) : (double?)null;
        _line.Report(position.Records, share, rate => FormattableString.Invariant(
            $"{position.Records:N0} records, {rate:N0}/s, silver {position.Silver:N0}, duplicates {position.Duplicates:N0}, quarantined {position.Quarantined:N0}"));
    }

    /// <summary>Removes the line, so that the result stands alone.</summary>
    public void Finish() => _line.Finish();
}
