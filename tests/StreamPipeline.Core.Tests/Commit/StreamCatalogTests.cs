using StreamPipeline.Core.Commit;

namespace StreamPipeline.Core.Tests.Commit;

public sealed class StreamCatalogTests
{
    private static readonly CancellationToken _never = CancellationToken.None;

    private readonly MemoryStateStore _state = new();

    /// <summary>Two runs of one input that start at the same time: with an entry of its own each, it would be read twice.</summary>
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public async Task An_input_that_two_runs_enter_at_once_has_one_entry(int atCall)
    {
        var first = new StreamCatalog(_state, "s", new CountedAttempts("a"));
        await first.Open(7, _never);
        var entered = false;
        var interruption = new Interruption(atCall, async () =>
        {
            entered = true;
            await first.Enter(Content(), laneCount: 1, nowUs: 1, _never);
        });
        var second = new StreamCatalog(new InterruptedStateStore(_state, interruption), "s", new CountedAttempts("b"));

        var entry = await second.Enter(Content(), laneCount: 1, nowUs: 2, _never);
        Assert.True(entered);
        Assert.Equal(1, entry.Ordinal);
        Assert.Single(await first.Inputs(_never));
    }

    private static InputContent Content() => new("in.ndjson", "beginning", _ => ValueTask.FromResult("content"));
}
