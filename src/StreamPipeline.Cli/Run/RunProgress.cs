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
    private static readonly TimeSpan _redrawEvery = TimeSpan.FromMilliseconds(100);

    // The rate is that of the last seconds, so that it follows a change but does not flicker.
    private static readonly TimeSpan _rateOver = TimeSpan.FromSeconds(3);

    private readonly IAnsiConsole _console;
    private readonly TimeProvider _time;
    private readonly bool _isQuiet;
    private readonly long _started;
    private readonly Queue<(long At, long Records)> _samples = new();
    private long _drawn;
    private bool _hasLine;

    public RunProgress(Terminal terminal, bool json)
        : this(terminal.ErrorConsole, terminal.Time, isQuiet: json || !terminal.ErrorIsTerminal)
    {
    }

    public RunProgress(IAnsiConsole console, TimeProvider time, bool isQuiet)
    {
        _console = console;
        _time = time;
        _isQuiet = isQuiet;
        _started = time.GetTimestamp();
        _samples.Enqueue((_started, 0));
    }

    public void Report(RunPosition position)
    {
        var now = _time.GetTimestamp();
        if (_isQuiet || (_hasLine && _time.GetElapsedTime(_drawn, now) < _redrawEvery))
        {
            return;
        }

        _samples.Enqueue((now, position.Records));
        while (_samples.Count > 2 && _time.GetElapsedTime(_samples.Peek().At, now) > _rateOver)
        {
            _samples.Dequeue();
        }

        _drawn = now;
        _hasLine = true;
        // To the start of the line, the text, and clear what is left of the line before.
        _console.Profile.Out.Writer.Write($"\r{Text(position, now)}\u001b[K");
        _console.Profile.Out.Writer.Flush();
    }

    /// <summary>Removes the line, so that the result stands alone.</summary>
    public void Finish()
    {
        if (_hasLine)
        {
            _console.Profile.Out.Writer.Write("\r\u001b[K");
            _console.Profile.Out.Writer.Flush();
            _hasLine = false;
        }
    }

    private string Text(RunPosition position, long now)
    {
        var (since, before) = _samples.Peek();
        var seconds = _time.GetElapsedTime(since, now).TotalSeconds;
        var rate = seconds > 0 ? (position.Records - before) / seconds : 0;
        var text = FormattableString.Invariant(
            $"{position.Records:N0} records, {rate:N0}/s, silver {position.Silver:N0}, duplicates {position.Duplicates:N0}, quarantined {position.Quarantined:N0}");
        if (position.InputBytesTotal is > 0 and var total)
        {
            var share = Math.Clamp((double)position.InputBytes / total, 0, 1);
            text = FormattableString.Invariant($"{100 * share:0}% · {text}{Left(share, now)}");
        }

        // A line that wraps could not be redrawn.
        var width = Math.Max(20, _console.Profile.Width - 1);
        return text.Length <= width ? text : text[..width];
    }

    private string Left(double share, long now)
    {
        var elapsed = _time.GetElapsedTime(_started, now);
        if (share <= 0 || elapsed < TimeSpan.FromSeconds(1))
        {
            return "";
        }

        var left = TimeSpan.FromSeconds(Math.Min(elapsed.TotalSeconds * (1 - share) / share, 359_999));
        return left.TotalHours >= 1
            ? FormattableString.Invariant($", {(int)left.TotalHours}:{left.Minutes:00}:{left.Seconds:00} left")
            : FormattableString.Invariant($", {left.Minutes}:{left.Seconds:00} left");
    }
}
