using System.Text.Json;

namespace StreamPipeline.Cli.Tests;

public sealed class ValidateTests : IDisposable
{
    private static readonly string _flights = Path.Combine(Samples.Folder, "flights", "pipeline.yaml");

    private readonly TestTerminal _terminal = new();

    public void Dispose() => _terminal.Dispose();

    [Fact]
    public async Task A_rate_that_does_not_fit_the_horizon_is_a_warning_with_numbers()
    {
        Assert.Equal(ExitCode.Done, await _terminal.RunAsync("validate", "--pipeline", _flights, "--rate", "1000"));
        Assert.Equal(
            "warning: 1,000 events/s × dedup.horizon 86,400 s = 86,400,000 keys, dedup.maxKeys is 8,000,000 per shard: on one shard copies are recognised for 8,000 s only. "
            + "Use at least 11 shards, a shorter dedup.horizon, or a dedup.maxKeys of up to 100,000,000\n",
            _terminal.Error);
        Assert.Contains("is valid", _terminal.Out, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("92.59", 0)]
    [InlineData("92.60/s", 1)]
    public async Task A_rate_warns_from_where_the_horizon_is_full(string rate, int warnings)
    {
        Assert.Equal(ExitCode.Done, await _terminal.RunAsync("validate", "--pipeline", _flights, "--rate", rate, "--output", "json"));
        using var json = JsonDocument.Parse(_terminal.Out);
        Assert.True(json.RootElement.GetProperty("valid").GetBoolean());
        Assert.Equal(warnings, json.RootElement.GetProperty("warnings").GetArrayLength());
    }

    [Fact]
    public async Task A_mask_without_its_key_is_a_problem_that_names_the_variable()
    {
        _terminal.Environment.Clear();
        Assert.Equal(ExitCode.Usage, await _terminal.RunAsync("validate", "--pipeline", Path.Combine(Samples.Folder, "iot", "pipeline.yaml")));
        Assert.Contains("STREAMPIPELINE_MASK_KEY", _terminal.Error, StringComparison.Ordinal);
    }
}
