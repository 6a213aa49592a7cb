using System.Collections.Concurrent;
using Microsoft.Extensions.Time.Testing;
using StreamPipeline.Core.Commit;
using StreamPipeline.Embedded.Running;
using StreamPipeline.Embedded.Tests.Redriving;

namespace StreamPipeline.Embedded.Tests.Running;

public sealed class LakeVacuumTests
{
    [Theory(Timeout = 120_000)]
    [InlineData(true)]
    [InlineData(false)]
    public async Task After_a_failure_that_may_pass_it_runs_again_an_hour_later_and_damage_ends_it(bool passes)
    {
        var (failures, calls) = (1, 0);
        var state = new HookedStateStore(new MemoryStateStore())
        {
            Before = _ =>
            {
                if (failures-- > 0)
                {
                    throw passes ? new StateUncertainException("no answer") : new InvalidDataException("damaged");
                }

                calls++;
                return default;
            },
        };
        using var lake = new OpenLake(new MemoryObjectStore(), state, new CountedAttempts("v"), folder: null);
        var time = new FakeTimeProvider();
        var warnings = new ConcurrentQueue<string>();
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        var running = new LakeVacuum(SmallPipeline.Compile(SmallPipeline.Yaml()), lake, time, warnings.Enqueue).Repeat(stop.Token);
        for (; calls == 0 && !running.IsCompleted; time.Advance(TimeSpan.FromMinutes(1)))
        {
            await Task.Yield();
        }

        await stop.CancelAsync();
        if (passes)
        {
            await running;
            Assert.Equal("vacuum of stream s failed, and is tried again in 60 minutes; all else goes on: no answer", Assert.Single(warnings));
        }
        else
        {
            await Assert.ThrowsAsync<InvalidDataException>(() => running);
            Assert.Empty(warnings);
        }
    }
}
