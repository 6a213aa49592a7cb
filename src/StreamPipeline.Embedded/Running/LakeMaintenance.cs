using System.Globalization;
using System.Threading.Channels;
using StreamPipeline.Core;
using StreamPipeline.Core.Commit;
using StreamPipeline.Core.Lake;
using StreamPipeline.Core.Windows;
using StreamPipeline.Embedded.Telemetry;

namespace StreamPipeline.Embedded.Running;

/// <summary>
/// Makes committed batches visible while a run goes on: folds staged rows into tables and rolls closed windows into gold. One loop
/// does all of it, woken by commits and, when an input is followed, by a timer: windows of a stream that has fallen silent close too.
/// </summary>
internal sealed class LakeMaintenance
{
    /// <summary>Staged bytes that are worth a fold.</summary>
    private const long FoldBytes = 96 << 20;

    /// <summary>The same rows compressed (<see cref="StagedFile"/>).</summary>
    private const long FoldBytesRemote = 24 << 20;

    /// <summary>Commits that are worth a roll: without one, pane layers pile up.</summary>
    private const int RollCommits = 32;

    private const int RetryDoublingsMax = 8;

    /// <summary>
    /// How long rows of a followed stream may wait for their fold, and how seldom idle shards are looked for; shorter idle timeouts are
    /// looked at four times in each.
    /// </summary>
    private static readonly TimeSpan _lookMax = TimeSpan.FromSeconds(30);

    /// <summary>Wait after a round that failed; doubled for each further one, up to <see cref="LookEvery"/>.</summary>
    private static readonly TimeSpan _retryDelay = TimeSpan.FromSeconds(1);

    private readonly TimeProvider _time;
    private readonly Action<string>? _warn;
    private readonly long _foldBytes;
    private readonly string _stream;
    private readonly TimeSpan _idleTimeout;
    private readonly DateTimeOffset _started;
    private readonly StreamTables _tables;
    private readonly Roll _roll;
    private readonly StreamMetrics _metrics;

    // Lanes write, the loop reads: one waiting signal is as good as many.
    private readonly Channel<bool> _due = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private long _stagedBytes;
    private int _commits;
    private bool _seals;

    // The loop's own.
    private int _failures;

    /// <param name="pipeline">The stream's.</param>
    /// <param name="lake">The lake.</param>
    /// <param name="time">Ages and pauses.</param>
    /// <param name="warn">Told of a failure that <see cref="Run"/> goes on after; null: nobody is.</param>
    public LakeMaintenance(Pipeline pipeline, OpenLake lake, TimeProvider time, Action<string>? warn = null)
    {
        _time = time;
        _warn = warn;
        _foldBytes = lake.Objects.IsRemote ? FoldBytesRemote : FoldBytes;
        _stream = pipeline.Settings.Stream;
        _idleTimeout = pipeline.Settings.EventTime.IdleTimeout;
        _started = time.GetUtcNow();
        _tables = new StreamTables(pipeline, lake.State, lake.Objects, lake.Attempts);
        _metrics = new StreamMetrics(pipeline, lake.State, lake.Attempts);
        _roll = new Roll(pipeline, lake.State, _tables.Gold, _tables.Catalog, lake.Attempts);
    }

    /// <summary>Sums that were beyond their column's type, so far.</summary>
    public long OverflowedSums { get; private set; }

    /// <summary>Before the first commit: see <see cref="StreamTables.Open"/> and <see cref="StreamMetrics.Admit"/>.</summary>
    /// <exception cref="LakeException">The pipeline gives a column of a table another type.</exception>
    /// <exception cref="StateBehindException">A table holds batches that the state does not know.</exception>
    /// <exception cref="MetricChangedException">Open windows are of other metrics.</exception>
    public async Task Open(CancellationToken cancellation)
    {
        try
        {
            await _tables.Open(cancellation);
        }
        catch (TableConflictException conflict)
        {
            throw new LakeException(conflict.Message, conflict);
        }

        await _metrics.Admit(cancellation);
    }

    /// <summary>Takes note of a commit; called by the lanes.</summary>
    public void Committed(in BatchReport report)
    {
        if (report.Batch is not { } batch)
        {
            return;
        }

        var staged = Interlocked.Add(ref _stagedBytes, (batch.Silver?.Bytes ?? 0) + (batch.Quarantine?.Bytes ?? 0));
        if (staged >= _foldBytes || Interlocked.Increment(ref _commits) % RollCommits == 0)
        {
            _due.Writer.TryWrite(true);
        }
    }

    /// <summary>
    /// Runs until cancelled. A failure that may pass is told, and the round is made again a little later: meanwhile staged rows and pane layers pile up, and nothing
    /// is lost. Any other failure ends it. What still fails in the end shows in <see cref="Finish"/>.
    /// </summary>
    /// <param name="follow">Whether the input is followed: only then are idle shards sealed, since the lanes of a finite one just take turns.</param>
    /// <param name="cancellation">Ends it.</param>
    public async Task Run(bool follow, CancellationToken cancellation)
    {
        _seals = follow && _idleTimeout > TimeSpan.Zero;
        using var timer = follow ? _time.CreateTimer(_ => _due.Writer.TryWrite(true), null, LookEvery, LookEvery) : null;
        try
        {
            if (follow)
            {
                // It may be long before there are rows.
                await TryRound(() => _tables.Make(cancellation), cancellation);
            }

            await foreach (var _ in _due.Reader.ReadAllAsync(cancellation))
            {
                await TryRound(() => Round(follow, cancellation), cancellation);
            }
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            // The run has come to its end and finishes the rest itself.
        }
    }

    private async Task Round(bool follow, CancellationToken cancellation)
    {
        if (Interlocked.Read(ref _stagedBytes) >= (follow ? 1 : _foldBytes))
        {
            await Fold(cancellation);
        }

        await Roll(closeWindows: false, Clock(), cancellation);
        await _tables.Make(cancellation);
    }

    private async Task TryRound(Func<Task> work, CancellationToken cancellation)
    {
        try
        {
            await work();
            _failures = 0;
        }
        catch (Exception error) when (PassingFailure.Is(error))
        {
            cancellation.ThrowIfCancellationRequested();
            var delay = TimeSpan.FromTicks(Math.Min(_retryDelay.Ticks << Math.Min(_failures++, RetryDoublingsMax), LookEvery.Ticks));
            _warn?.Invoke(string.Create(
                CultureInfo.InvariantCulture,
                $"fold and roll of stream {_stream} failed ({_failures} in a row), and are tried again in {delay.TotalSeconds:0.#} s; batches are committed as before, and tables lag behind them: {error.Message}"));
            await Task.Delay(delay, _time, cancellation);
            _due.Writer.TryWrite(true);
        }
    }

    /// <summary>Folds and rolls all that is committed, and makes the tables that got no rows.</summary>
    public async Task Finish(bool closeWindows, CancellationToken cancellation)
    {
        await Fold(cancellation);
        await Roll(closeWindows, clock: null, cancellation);
        await _tables.Make(cancellation);
    }

    /// <summary>Folds all that is committed.</summary>
    public async Task Fold(CancellationToken cancellation)
    {
        var staged = Interlocked.Exchange(ref _stagedBytes, 0);
        try
        {
            await MaintenanceSpan.Of(
                "fold",
                _stream,
                () => _tables.FoldCommitted(cancellation),
                static counts => [("batches", counts.Batches), ("silver", counts.SilverRows), ("quarantined", counts.QuarantineRows), ("versions", counts.Versions)]);
        }
        catch
        {
            // They are still to be folded, whether or not more come.
            Interlocked.Add(ref _stagedBytes, staged);
            throw;
        }
    }

    private async Task Roll(bool closeWindows, SealClock? clock, CancellationToken cancellation)
    {
        var report = await MaintenanceSpan.Of(
            "roll",
            _stream,
            () => _roll.Run(closeWindows, clock, cancellation).AsTask(),
            static rolled => [("windows", rolled.Windows), ("rows", rolled.Rows), ("sealed", rolled.Sealed)]);
        OverflowedSums += report.OverflowedSums;
    }

    private TimeSpan LookEvery => _seals ? TimeSpan.FromTicks(Math.Clamp(_idleTimeout.Ticks / 4, TimeSpan.TicksPerMillisecond, _lookMax.Ticks)) : _lookMax;

    /// <summary>Null: seal nothing.</summary>
    private SealClock? Clock() => _seals ? new SealClock(Us(_time.GetUtcNow()), Us(_started)) : null;

    private static long Us(DateTimeOffset time) => (time - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond;
}
