using System.Runtime.CompilerServices;
using StreamPipeline.Embedded.Running;

namespace StreamPipeline.Cli.Demo;

/// <summary>Pictures of a run, about four a second, and one of its end. The lake is looked into about once a second, beside the run.</summary>
internal sealed class DemoFrames(RunCounters counters, DemoLook look, TimeProvider time)
{
    private static readonly TimeSpan _frameEvery = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan _lookEvery = TimeSpan.FromSeconds(1);

    // The rate is that of the last seconds, so that it follows a change but does not flicker.
    private static readonly TimeSpan _rateOver = TimeSpan.FromSeconds(2);

    private readonly Queue<(long At, long Records)> _samples = new();
    private LakeView _view = LakeView.Empty;

    /// <summary>Ends with the run, however that ends; the caller awaits it for its outcome.</summary>
    public async IAsyncEnumerable<DemoFrame> Of(Task run, [EnumeratorCancellation] CancellationToken cancellation)
    {
        var started = time.GetTimestamp();
        var looking = Task.CompletedTask;
        var looked = started;
        while (!run.IsCompleted)
        {
            yield return Frame(started, isEnd: false);
            if (looking.IsCompleted && time.GetElapsedTime(looked) >= _lookEvery)
            {
                looked = time.GetTimestamp();
                looking = Task.Run(() => Look(CancellationToken.None), CancellationToken.None);
            }

            await Task.WhenAny(run, Task.Delay(_frameEvery, time, CancellationToken.None));
        }

        await looking;
        if (run.IsCompletedSuccessfully && !cancellation.IsCancellationRequested)
        {
            var end = Frame(started, isEnd: true);
            _view = await look.Read(cancellation);
            yield return end with { TopGroups = _view.TopGroups, WatermarkUs = _view.WatermarkUs };
        }
    }

    private async Task Look(CancellationToken cancellation)
    {
        try
        {
            _view = await look.Read(cancellation);
        }
        catch (Exception error) when (error is Embedded.Query.LakeQueryException or IOException)
        {
            // A look at a lake in motion may miss; the next one shows it, and the last one must not fail.
        }
    }

    private DemoFrame Frame(long started, bool isEnd)
    {
        var now = time.GetTimestamp();
        var (_, counts, replayed, _, _, _, _) = counters.Read();
        var quality = counters.ReadQuality();
        var records = counts.Records + replayed;
        _samples.Enqueue((now, records));
        while (_samples.Count > 2 && time.GetElapsedTime(_samples.Peek().At, now) > _rateOver)
        {
            _samples.Dequeue();
        }

        var elapsed = time.GetElapsedTime(started, now);
        var (since, before) = _samples.Peek();
        var seconds = (isEnd ? elapsed : time.GetElapsedTime(since, now)).TotalSeconds;
        return new DemoFrame(
            elapsed,
            counts.Records,
            counts.Silver,
            counts.Duplicates,
            counts.Quarantined,
            counts.Late,
            replayed,
            seconds > 0 ? (records - (isEnd ? 0 : before)) / seconds : 0,
            quality.Score,
            _view.WatermarkUs,
            look.Title,
            _view.TopGroups,
            quality.QuarantinedBy);
    }
}
