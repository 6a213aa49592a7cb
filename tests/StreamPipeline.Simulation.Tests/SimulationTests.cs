using System.Globalization;
using StreamPipeline.Simulation.Tests.Mistakes;
using StreamPipeline.Simulation.Tests.Running;

namespace StreamPipeline.Simulation.Tests;

public sealed class SimulationTests(ITestOutputHelper output)
{
    /// <summary>What CI runs; `--seeds N --from S` runs more.</summary>
    private const int Seeds = 2_000;

    [Fact]
    public void Every_invariant_holds_under_every_fault()
    {
        using var report = new StringWriter(CultureInfo.InvariantCulture);

        var exitCode = new LongRun(1, Seeds).Execute(report);

        output.WriteLine(report.ToString());
        Assert.True(exitCode == 0, report.ToString());
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void The_same_seed_gives_the_same_history(ulong seed)
    {
        var scenario = Scenario.FromSeed(seed);

        var first = SimulationRun.Run(scenario, TinyPipeline.Compile(), Mistake.None, recording: true);
        var second = SimulationRun.Run(scenario, TinyPipeline.Compile(), Mistake.None, recording: true);

        Assert.Equal(first.History, second.History);
        Assert.Equal(first.TraceHash, second.TraceHash);
        Assert.NotEqual(first.TraceHash, SimulationRun.Run(Scenario.FromSeed(seed + 1), TinyPipeline.Compile(), Mistake.None).TraceHash);
    }

    [Fact]
    public void Every_planted_mistake_is_found()
    {
        using var report = new StringWriter(CultureInfo.InvariantCulture);

        var exitCode = LongRun.HuntMistakes(report);

        output.WriteLine(report.ToString());
        Assert.True(exitCode == 0, report.ToString());
    }
}
