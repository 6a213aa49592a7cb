using StreamPipeline.Core.Commit;
using StreamPipeline.Simulation.Tests.Running;

namespace StreamPipeline.Simulation.Tests.Scheduling;

/// <summary>
/// The only thing that runs. Every port call of every actor waits here until the dice pick it; its faults are decided when it takes effect.
/// </summary>
internal sealed class Pump(FaultPlan faults, Dice order, Trace trace)
{
    private const long LateStepsMax = 300;

    private readonly List<Operation> _operations = [];
    private readonly List<Operation> _runnable = [];

    /// <summary>Called when an actor's port is called: the caller awaits what comes back.</summary>
    public Task<T> Call<T>(Actor actor, CallKind kind, string label, Func<T> effect, Func<T>? falseAnswer = null)
    {
        var operation = new Operation<T>(actor, kind, label, effect, falseAnswer);
        _operations.Add(operation);
        return operation.Answer;
    }

    /// <summary>Runs one runnable operation half a round trip further. False when there is none.</summary>
    public bool Step()
    {
        _runnable.Clear();
        foreach (var operation in _operations)
        {
            if (operation.NotBeforeStep <= trace.Step && (operation.Ghost || operation.Actor.PausedUntilStep <= trace.Step))
            {
                _runnable.Add(operation);
            }
        }

        if (_runnable.Count == 0)
        {
            return false;
        }

        Run(order.Pick(_runnable));
        return true;
    }

    /// <summary>The actor is gone: what it had sent may still arrive, or not.</summary>
    public void Abandon(Actor actor)
    {
        foreach (var operation in _operations.FindAll(operation => operation.Actor == actor && !operation.Ghost))
        {
            if (operation.Applied || !operation.IsWrite || order.Chance(0.5))
            {
                _operations.Remove(operation);
            }
            else
            {
                operation.Ghost = true;
                operation.NotBeforeStep = trace.Step + order.Between(0, LateStepsMax);
            }
        }
    }

    public bool Awaits(Actor actor) => _operations.Exists(operation => operation.Actor == actor && !operation.Ghost);

    public void Hurry()
    {
        foreach (var operation in _operations)
        {
            operation.NotBeforeStep = 0;
        }
    }

    private void Run(Operation operation)
    {
        if (operation.Applied)
        {
            Finish(operation, null);
            return;
        }

        if (operation.Ghost)
        {
            _operations.Remove(operation);
            trace.Note(operation.Actor.Name, operation.Label, "arrives late");
            operation.Apply();
            return;
        }

        var fault = faults.Judge(operation);
        switch (fault)
        {
            case CallFault.LostBefore:
                Finish(operation, fault);
                break;
            case CallFault.LostAfter:
                operation.Apply();
                Finish(operation, fault);
                break;
            case CallFault.AppliedLate:
                operation.Ghost = true;
                operation.NotBeforeStep = trace.Step + order.Between(1, LateStepsMax);
                trace.Note(operation.Actor.Name, operation.Label, "no answer, still on its way");
                operation.Fail(ErrorOf(operation));
                Check(operation.Actor);
                break;
            case CallFault.FalseAnswer:
                operation.Apply();
                var falsified = operation.Falsify();
                trace.Note(operation.Actor.Name, operation.Label, falsified ? "applied, and the answer says it was not" : "");
                break;
            default:
                operation.Apply();
                if (order.Chance(0.6))
                {
                    Finish(operation, null);
                }
                else
                {
                    trace.Note(operation.Actor.Name, operation.Label, "applied");
                }

                break;
        }
    }

    private void Finish(Operation operation, CallFault? fault)
    {
        _operations.Remove(operation);
        if (fault is { } failed)
        {
            trace.Note(operation.Actor.Name, operation.Label, failed == CallFault.LostBefore ? "no answer, not applied" : "no answer, applied");
            operation.Fail(ErrorOf(operation));
        }
        else
        {
            trace.Note(operation.Actor.Name, operation.Label, "answered");
            operation.Deliver();
        }

        Check(operation.Actor);
    }

    /// <summary>Between steps an actor waits for a call of this pump or has ended; anything else would be hidden concurrency.</summary>
    private void Check(Actor actor)
    {
        actor.Settle();
        if (actor.Busy && !Awaits(actor))
        {
            throw new InvalidOperationException($"{actor.Name} awaits something that is not simulated");
        }
    }

    private static Exception ErrorOf(Operation operation) => operation.Kind is CallKind.StateRead or CallKind.StateSwap or CallKind.StateWrite
        ? new StateUncertainException($"simulated: no answer to {operation.Label}")
        : new IOException($"simulated: no answer to {operation.Label}");
}
