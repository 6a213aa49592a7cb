using System.Text.Json;

namespace StreamPipeline.Cli.Tests.EndToEnd;

/// <summary>The counts of <c>run --output json</c>.</summary>
internal sealed record RunCounts(long Records, long Silver, long Duplicates, long Quarantined, long Replayed, long Late, long Batches)
{
    public static RunCounts operator +(RunCounts left, RunCounts right) => new(
        left.Records + right.Records,
        left.Silver + right.Silver,
        left.Duplicates + right.Duplicates,
        left.Quarantined + right.Quarantined,
        left.Replayed + right.Replayed,
        left.Late + right.Late,
        left.Batches + right.Batches);
}

/// <summary>How a command ended and what it wrote.</summary>
internal sealed record RunOutcome(int Code, string Out, string Error)
{
    private static readonly JsonSerializerOptions _options = new() { PropertyNameCaseInsensitive = true };

    public RunCounts Counts => JsonSerializer.Deserialize<RunCounts>(Out, _options)!;

    /// <summary>The counts of a run that had nothing to complain about.</summary>
    public RunCounts Done()
    {
        Assert.Equal("", Error);
        Assert.Equal(ExitCode.Done, Code);
        return Counts;
    }

    /// <summary>Exit code and standard error, and that nothing looked like a result.</summary>
    public void Refused(int code, string message)
    {
        Assert.Equal(message, Error.TrimEnd('\n'));
        Assert.Equal(code, Code);
        Assert.Equal("", Out);
    }
}
