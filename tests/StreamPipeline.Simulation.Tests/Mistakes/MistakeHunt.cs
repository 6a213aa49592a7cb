using System.Globalization;
using System.Text;
using StreamPipeline.Core;
using StreamPipeline.Simulation.Tests.Running;

namespace StreamPipeline.Simulation.Tests.Mistakes;

/// <param name="Name">The mistake.</param>
/// <param name="SeedsMax">Within which it must be found.</param>
/// <param name="Make">One per run: a mistake may remember things.</param>
/// <param name="Where">Worlds that give a rare one more chances; null: the seeds as they are.</param>
internal sealed record PlantedMistake(string Name, int SeedsMax, Func<Mistake> Make, Func<Scenario, Scenario>? Where = null);

/// <param name="Planted">What was looked for.</param>
/// <param name="Seeds">Seeds it took; null: not found.</param>
/// <param name="Found">The run that failed.</param>
internal sealed record Catch(PlantedMistake Planted, int? Seeds, SimulationResult? Found);

/// <summary>Every known mistake, and the search for them.</summary>
internal static class MistakeHunt
{
    public static IReadOnlyList<PlantedMistake> All { get; } =
    [
        new("the fence is ignored", 50, () => new FenceIgnored()),
        new("the head is trusted after a lost swap", 50, () => new LostSwapTrusted()),
        new("no answer is taken for a commit", 50, () => new NoAnswerTakenForCommit()),
        new("the commit is torn in two", 50, () => new CommitTornInTwo()),
        new("the source is answered before the commit", 50, () => new AnsweredBeforeCommit()),
        new("a commit does not wait for its rows", 50, () => new StagedBesideSwap()),
        new("seen segments are written after the swap", 50, () => new SegmentsAfterSwap()),
        new("seen segments of lost attempts are believed", 200, () => new OrphanSegmentsBelieved()),
        new("seen segments expire with their keys", 200, () => new SegmentsExpireWithTheirKeys()),
        new("the parents' segments are not inherited", 300, () => new ParentsSegmentsNotInherited()),
        new("the parents' watermark is not inherited", 200, () => new ParentsWatermarkNotInherited()),
        new("lineage ends at an idle parent", 500, () => new IdleParentEndsLineage()),
        new("a cancelled registration is believed", 500, () => new CancelledRegistrationBelieved(), WithManyShards),
        new("attempt names repeat, the first writer wins", 50, () => new AttemptNamesRepeat()),
        new("the watermark is taken per batch", 50, () => new WatermarkPerBatch()),
        new("panes are merged twice", 100, () => new PanesMergedTwice()),
        new("pane layers are deleted before the swap", 50, () => new LayersDeletedBeforeSwap()),
        new("windows close by the greatest watermark", 200, () => new ClosedByGreatestWatermark()),
        new("a shard is sealed without a swap", 500, () => new SealWithoutSwap()),
        new("an overtaken roll goes on", 1_000, () => new OvertakenRollGoesOn(), WithManyRolls),
        new("redrive through the fence", 50, () => new RedriveThroughFence()),
        new("vacuum without grace", 200, () => new VacuumWithoutGrace(), WithManyVacuums),
        new("a table version is overwritten", 200, () => new ManifestOverwritten()),
        new("a refused version is taken for lost", 200, () => new RefusedVersionTakenForLost()),
    ];

    private static Scenario WithManyShards(Scenario scenario) => scenario.With(Fault.SwapCancelled, 0.3).With(Fault.Split, 0.01).With(Fault.Merge, 0.01);

    private static Scenario WithManyRolls(Scenario scenario) =>
        scenario.With(Fault.OverlappingRoll, 0.08).With(Fault.Zombie, 0.02).Without(Fault.Seal).Without(Fault.OverlappingFold) with { Records = 120, Shards = 3 };

    private static Scenario WithManyVacuums(Scenario scenario) => scenario.With(Fault.Vacuum, 0.03).With(Fault.Zombie, 0.02);

    /// <summary>Seeds from 1 on until one fails.</summary>
    public static Catch Hunt(PlantedMistake planted, Pipeline pipeline)
    {
        for (var seed = 1; seed <= planted.SeedsMax; seed++)
        {
            var scenario = Scenario.FromSeed((ulong)seed);
            var result = SimulationRun.Run(planted.Where?.Invoke(scenario) ?? scenario, pipeline, planted.Make());
            if (result.Violation is not null)
            {
                return new Catch(planted, seed, result);
            }
        }

        return new Catch(planted, null, null);
    }

    public static string Table(IEnumerable<Catch> catches)
    {
        var table = new StringBuilder();
        table.AppendLine("| planted mistake | seeds it took | caught by |");
        table.AppendLine("|---|---|---|");
        foreach (var (planted, seeds, found) in catches)
        {
            var took = seeds is { } number ? number.ToString(CultureInfo.InvariantCulture) : $"not within {planted.SeedsMax}";
            table.AppendLine($"| {planted.Name} | {took} | {found?.Violation?.Invariant} |");
        }

        return table.ToString();
    }
}
