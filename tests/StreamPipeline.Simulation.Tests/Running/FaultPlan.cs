using StreamPipeline.Simulation.Tests.Scheduling;

namespace StreamPipeline.Simulation.Tests.Running;

/// <summary>Rolls the dice for faults. Each fault has its own, so that switching one off leaves the others as they were.</summary>
internal sealed class FaultPlan
{
    private readonly Dice[] _dice;
    private readonly double[] _rates;
    private readonly long[] _happened;

    public FaultPlan(Scenario scenario)
    {
        var faults = Enum.GetValues<Fault>();
        _rates = [.. faults.Select(scenario.RateOf)];
        _dice = [.. faults.Select(fault => Dice.For(scenario.Seed, fault.ToString()))];
        _happened = new long[faults.Length];
    }

    /// <summary>Off: the world behaves. Producers stay as they are.</summary>
    public bool Active { get; set; } = true;

    public long HowOften(Fault fault) => _happened[(int)fault];

    public bool Happens(Fault fault)
    {
        if (!Active || !_dice[(int)fault].Chance(_rates[(int)fault]))
        {
            return false;
        }

        _happened[(int)fault]++;
        return true;
    }

    public Dice DiceOf(Fault fault) => _dice[(int)fault];

    public CallFault Judge(Operation operation)
    {
        switch (operation.Kind)
        {
            case CallKind.StateRead:
                return Happens(Fault.StateLostBefore) ? CallFault.LostBefore : CallFault.None;
            case CallKind.StateWrite:
            case CallKind.StateSwap:
                return Judge(Fault.StateLostBefore, Fault.StateLostAfter, Fault.StateAppliedLate);
            case CallKind.ObjectRead:
                return Happens(Fault.ObjectLostBefore) ? CallFault.LostBefore : CallFault.None;
            case CallKind.ObjectPutIfAbsent when Happens(Fault.PutIfAbsentAnswersNo):
                return CallFault.FalseAnswer;
            default:
                return Judge(Fault.ObjectLostBefore, Fault.ObjectLostAfter, Fault.ObjectAppliedLate);
        }
    }

    private CallFault Judge(Fault before, Fault after, Fault late) =>
        Happens(before) ? CallFault.LostBefore
        : Happens(after) ? CallFault.LostAfter
        : Happens(late) ? CallFault.AppliedLate
        : CallFault.None;
}
