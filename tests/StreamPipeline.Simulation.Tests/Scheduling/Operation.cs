namespace StreamPipeline.Simulation.Tests.Scheduling;

/// <summary>What kind of call it is: decides which faults may meet it.</summary>
internal enum CallKind
{
    StateRead,
    StateWrite,
    StateSwap,
    ObjectRead,
    ObjectWrite,
    ObjectPutIfAbsent,
    ObjectMove,
}

/// <summary>
/// A call on its way: the request travels, takes effect at one moment, and the answer travels back. The two are steps of the pump; in between
/// anything may happen to either side.
/// </summary>
internal abstract class Operation(Actor actor, CallKind kind, string label)
{
    public Actor Actor => actor;

    public CallKind Kind => kind;

    public string Label => label;

    /// <summary>The effect has happened; only the answer is outstanding.</summary>
    public bool Applied { get; protected set; }

    /// <summary>Nobody waits for the answer any more: the caller died, or was told that there is none.</summary>
    public bool Ghost { get; set; }

    public long NotBeforeStep { get; set; }

    public bool IsWrite => kind is not (CallKind.StateRead or CallKind.ObjectRead);

    public abstract void Apply();

    /// <summary>Resumes the caller, inline.</summary>
    public abstract void Deliver();

    /// <summary>Resumes the caller with an error, inline.</summary>
    public abstract void Fail(Exception error);

    /// <summary>A lie: the effect has happened, and the answer says otherwise. False when the call has no such answer.</summary>
    public abstract bool Falsify();
}

internal sealed class Operation<T>(Actor actor, CallKind kind, string label, Func<T> effect, Func<T>? falseAnswer = null)
    : Operation(actor, kind, label)
{
    // Continuations run inline on the pump's thread: no RunContinuationsAsynchronously.
    private readonly TaskCompletionSource<T> _answer = new();
    private T? _result;

    public Task<T> Answer => _answer.Task;

    public override void Apply()
    {
        _result = effect();
        Applied = true;
    }

    public override void Deliver() => _answer.SetResult(_result!);

    public override void Fail(Exception error) => _answer.SetException(error);

    public override bool Falsify()
    {
        if (falseAnswer is null)
        {
            return false;
        }

        _result = falseAnswer();
        return true;
    }
}
