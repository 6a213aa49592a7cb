using StreamPipeline.Core.Commit;
using StreamPipeline.Embedded;

namespace StreamPipeline.Cli.Tests;

/// <summary>Waits for what a demo's endpoint took.</summary>
internal static class DemoStream
{
    public static async Task Committed(string lake, CancellationToken cancellation)
    {
        using var state = new SqliteStateStore(LakeFolder.Open(lake).Root);
        while (await new CommittedBatches(state, "flights").Head("shardId-000000000000", cancellation) is null)
        {
            await Task.Delay(50, cancellation);
        }
    }
}
