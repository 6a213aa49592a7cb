using Spectre.Console;

namespace StreamPipeline.Cli.Output;

/// <summary>
/// One line that shows how work goes and the time left, redrawn at most ten times a second. One thread at a time reports.
/// </summary>
internal sealed class ProgressLine
{
    private static readonly TimeSpan _redrawEvery = TimeSpan.FromMilliseconds(100);

    // The rate is that of the last seconds, so that it follows a change but does not flicker.
    private static readonly TimeSpan _rateOver = TimeSpan.FromSeconds(3);

    private readonly IAnsiConsole _console;
    private readonly TimeProvider _time;
    private readonly bool _isQuiet;
    private readonly long _started;
    private readonly Queue<(long At, long Count)> _samples = new();
    private long _drawn;
    private bool _hasLine;

    public ProgressLine(IAnsiConsole console, TimeProvider time, bool isQuiet)
    {
        _console = console;
        _time = time;
        _isQuiet = isQuiet;
        _started = time.GetTimestamp();
        _samples.Enqueue((_started, 0));
    }

    /// <param name="count">What the rate is of.</param>
    /// <param name="share">Share of the work that is done, 0 to 1; null when unknown.</param>
    /// <param name="text">The line, from the rate per second.</param>
    public void Report(long count, double? share, Func<double, string> text)
    {
        var now = _time.GetTimestamp();
        if (_isQuiet || (_hasLine && _time.GetElapsedTime(_drawn, now) < _redrawEvery))
        {
            return;
        }

        _samples.Enqueue((now, count));
        while (_samples.Count > 2 && _time.GetElapsedTime(_samples.Peek().At, now) > _rateOver)
        {
            _samples.Dequeue();
        }

        _drawn = now;
        _hasLine = true;
        var (since, before) = _samples.Peek();
        var seconds = _time.GetElapsedTime(since, now).TotalSeconds;
        var line = text(seconds > 0 ? (count - before) / seconds : 0);
        if (share is { } done)
        {
            line = FormattableString.Invariant($"{100 * done:0}% · {line}{Left(done, now)}");
        }

        // A line that wraps could not be redrawn.
        var width = Math.Max(20, _console.Profile.Width - 1);

        // To the start of the line, the text, and clear what is left of the line before.
        _console.Profile.Out.Writer.Write($"\r{(line.Length <= width ? line : line[..width])}\u001b[K");
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
