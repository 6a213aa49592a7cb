using StreamPipeline.Benchmarks.Adversarial;
using StreamPipeline.Benchmarks.Guarding;
using StreamPipeline.Benchmarks.Input;
using StreamPipeline.Benchmarks.Stages;

// What a stage takes and allocates is measured over the whole process.
[assembly: Xunit.v3.Parallelization(Mode = Xunit.Sdk.ParallelMode.None)]

namespace StreamPipeline.Benchmarks.Tests;

public sealed class GuardTests
{
    private const string Slower = "slowed on purpose";
    private const string Greedier = "allocating on purpose";

    [Fact]
    public void A_stage_that_is_slowed_down_or_allocates_more_fails_and_the_stage_as_it_is_passes()
    {
        using var iot = new StageInputs(EventShape.Iot);
        using var flights = new StageInputs(EventShape.Flights);
        var all = StageList.Of(iot, flights);
        var decode = all.Single(stage => stage.Name == StageList.Decode);
        var baseline = all.Single(stage => stage.Name == StageList.Reader);
        byte[][] kept = new byte[iot.Records][];
        var figures = Measured.All(
            [
                baseline,
                decode,
                GuardRun.Slowed(decode) with { Name = Slower },
                decode with
                {
                    Name = Greedier,
                    Run = () =>
                    {
                        for (var i = 0; i < kept.Length; i++)
                        {
                            kept[i] = new byte[512];
                        }

                        return decode.Run();
                    },
                },
            ],
            rounds: 7,
            TimeSpan.FromMilliseconds(500));
        var asItIs = figures.Single(figure => figure.Name == StageList.Decode);
        var beside = figures.Single(figure => figure.Name == StageList.Reader);

        // Half of what it is now: far from the noise of a busy machine, and from four times as slow.
        var floor = asItIs.TimesFasterThan(beside) / 2;
        var ceiling = asItIs.BytesPerRecord + 256;
        var lines = Guard.Check(
            new Floors(
                [new(StageList.Decode, StageList.Reader, floor, 2.2), new(Slower, StageList.Reader, floor, 2.2)],
                [new(StageList.Decode, ceiling, 0), new(Greedier, ceiling, 0)]),
            figures);

        Assert.Equal([true, false, true, false], lines.Select(line => line.Holds));
        Assert.Contains("floor", lines[1].Text, StringComparison.Ordinal);
        Assert.Contains("ceiling", lines[3].Text, StringComparison.Ordinal);
    }

    [Fact]
    public void A_floor_of_a_stage_that_is_not_measured_fails()
    {
        var lines = Guard.Check(new Floors([new("gone", StageList.Reader, 1, null)], [new("gone too", 1, null)]), []);

        Assert.All(lines, line => Assert.False(line.Holds));
    }

    [Fact]
    public void The_committed_floors_name_stages_that_are_measured()
    {
        using var iot = new StageInputs(EventShape.Iot);
        using var flights = new StageInputs(EventShape.Flights);
        using var adversarial = new AdversarialInputs();
        string[] names = [.. StageList.Of(iot, flights).Concat(adversarial.Stages()).Select(stage => stage.Name)];
        var floors = Floors.Read(File.ReadAllBytes(CommittedFloors()));

        Assert.All(floors.Ratios, ratio => Assert.Contains(ratio.Stage, names));
        Assert.All(floors.Ratios, ratio => Assert.Contains(ratio.Baseline, names));
        Assert.All(floors.Allocated, ceiling => Assert.Contains(ceiling.Stage, names));
    }

    [Fact]
    public void Floors_without_anything_to_guard_are_refused()
    {
        Assert.Throws<InvalidDataException>(() => Floors.Read("""{"ratios":[],"allocated":[]}"""u8));
        Assert.Throws<InvalidDataException>(() => Floors.Read("""{"ratio":[]}"""u8));
    }

    private static string CommittedFloors()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "StreamPipeline.sln")))
        {
            folder = folder.Parent ?? throw new InvalidOperationException("not within the repository");
        }

        return Path.Combine(folder.FullName, "bench", "floors.json");
    }
}
