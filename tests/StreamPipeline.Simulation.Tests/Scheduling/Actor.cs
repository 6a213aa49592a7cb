namespace StreamPipeline.Simulation.Tests.Scheduling;

/// <summary>A simulated process: it has memory of its own, runs between awaits, and may be paused or killed at any of them.</summary>
internal sealed class Actor(string name)
{
    public string Name => name;

    public bool Alive { get; private set; } = true;

    /// <summary>The pump lets nothing of it happen before this step.</summary>
    public long PausedUntilStep { get; set; }

    /// <summary>What it is doing; null when idle.</summary>
    public Task? Work { get; private set; }

    /// <summary>Called once, when the work it was given ends while it is alive.</summary>
    private Action<Exception?>? _ended;

    public bool Busy => Alive && Work is not null;

    /// <summary>Gives it work. It runs at once until its first await.</summary>
    public void Start(Func<Task> work, Action<Exception?> ended)
    {
        if (Busy)
        {
            throw new InvalidOperationException($"{name} has work already");
        }

        _ended = ended;
        Work = work();
        Settle();
    }

    /// <summary>Notices that the work has ended.</summary>
    public void Settle()
    {
        if (!Alive || Work is not { IsCompleted: true } done)
        {
            return;
        }

        var ended = _ended!;
        Work = null;
        _ended = null;
        ended(done.Exception?.InnerException ?? (done.IsCanceled ? new OperationCanceledException() : null));
    }

    /// <summary>Its memory is lost: whatever it awaits never goes on.</summary>
    public void Kill()
    {
        Alive = false;
        Work = null;
        _ended = null;
    }
}
