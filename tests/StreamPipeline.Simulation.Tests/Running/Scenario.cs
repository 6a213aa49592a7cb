using System.Globalization;
using StreamPipeline.Simulation.Tests.Scheduling;

namespace StreamPipeline.Simulation.Tests.Running;

/// <summary>All that a run depends on: the same scenario gives the same history.</summary>
/// <param name="Seed">Of every die.</param>
/// <param name="Records">Kinesis records that producers send.</param>
/// <param name="Shards">Shards at the start.</param>
/// <param name="ProcessesMax">Consumer processes alive at once.</param>
/// <param name="BatchRecordsMax">Largest batch.</param>
/// <param name="Rates">Per fault, in [0, 1]; missing: never.</param>
internal sealed record Scenario(
    ulong Seed, int Records, int Shards, int ProcessesMax, int BatchRecordsMax, IReadOnlyDictionary<Fault, double> Rates)
{
    /// <summary>Rates range over two decades below this.</summary>
    private static readonly Dictionary<Fault, double> _rateMax = new()
    {
        [Fault.StateLostBefore] = 0.1,
        [Fault.StateLostAfter] = 0.15,
        [Fault.StateAppliedLate] = 0.15,
        [Fault.SwapCancelled] = 0.3,
        [Fault.ObjectLostBefore] = 0.1,
        [Fault.ObjectLostAfter] = 0.1,
        [Fault.ObjectAppliedLate] = 0.1,
        [Fault.PutIfAbsentAnswersNo] = 0.5,
        [Fault.Crash] = 0.01,
        [Fault.Zombie] = 0.02,
        [Fault.DuplicateInvocation] = 0.3,
        [Fault.InvocationTimeout] = 0.02,
        [Fault.ResponseLost] = 0.3,
        [Fault.Bisect] = 0.5,
        [Fault.Rewind] = 0.05,
        [Fault.Split] = 0.01,
        [Fault.Merge] = 0.01,
        [Fault.Resend] = 0.5,
        [Fault.WrongShard] = 0.2,
        [Fault.Aggregate] = 0.5,
        [Fault.Malformed] = 0.2,
        [Fault.BadRow] = 0.2,
        [Fault.AncientEvent] = 0.2,
        [Fault.EarlyEvent] = 0.1,
        [Fault.FutureEvent] = 0.2,
        [Fault.Burst] = 0.1,
        [Fault.IdleHour] = 0.02,
        [Fault.IdleDays] = 0.02,
        [Fault.ExpiredItemsVanish] = 0.1,
        [Fault.ClockSkew] = 0.5,
        [Fault.OverlappingFold] = 0.01,
        [Fault.OverlappingRoll] = 0.02,
        [Fault.Seal] = 1,
        [Fault.Vacuum] = 0.005,
        [Fault.Redrive] = 0.02,
        [Fault.Correction] = 1,
    };

    public static Scenario FromSeed(ulong seed)
    {
        var dice = Dice.For(seed, "scenario");
        var rates = new Dictionary<Fault, double>();
        SwitchOn(Enum.GetValues<Fault>().Where(fault => fault < Fault.Redrive), dice, rates);
        var scenario = new Scenario(
            seed,
            Records: (int)dice.Between(30, 150),
            Shards: (int)dice.Between(1, 3),
            ProcessesMax: (int)dice.Between(2, 5),
            BatchRecordsMax: (int)dice.Between(1, 12),
            rates);

        // Last, so that a seed without redrives has the history it had before there were any.
        SwitchOn([Fault.Redrive, Fault.Correction], dice, rates);
        return scenario;
    }

    private static void SwitchOn(IEnumerable<Fault> faults, Dice dice, Dictionary<Fault, double> rates)
    {
        foreach (var fault in faults)
        {
            var share = Math.Pow(10, -2.0 * dice.Below(1_000) / 1_000);
            if (dice.Chance(0.5))
            {
                rates[fault] = _rateMax[fault] * share;
            }
        }
    }

    public double RateOf(Fault fault) => Rates.GetValueOrDefault(fault);

    public Scenario Without(Fault fault) => this with { Rates = Rates.Where(rate => rate.Key != fault).ToDictionary() };

    public Scenario With(Fault fault, double rate) => this with { Rates = new Dictionary<Fault, double>(Rates) { [fault] = rate } };

    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"seed {Seed}: {Records} records, {Shards} shards, {ProcessesMax} processes, batches of up to {BatchRecordsMax}; "
        + $"{(Rates.Count == 0 ? "no faults" : string.Join(", ", Rates.OrderBy(rate => rate.Key).Select(rate => $"{rate.Key} {rate.Value:0.####}")))}");
}
