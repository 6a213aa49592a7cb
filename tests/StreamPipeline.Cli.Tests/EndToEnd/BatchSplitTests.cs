namespace StreamPipeline.Cli.Tests.EndToEnd;

/// <summary>Where a stream is cut into batches does not show in the lake.</summary>
public sealed class BatchSplitTests : IDisposable
{
    private readonly Workspace _work = new(manyCommits: true);

    public void Dispose() => _work.Dispose();

    [Fact]
    public async Task Batches_of_any_size_give_the_same_tables()
    {
        var input = _work.Write("lines.ndjson", Workspace.FlightLines().Take(3_000));
        var whole = (await _work.Run(input, "--batch-size", "10000")).Done();
        Assert.Equal(1, whole.Batches);
        (string Size, long Batches)[] cuts = [("1", 3_000), ("7", 429), ("1000", 3)];
        foreach (var (size, batches) in cuts)
        {
            var lake = _work.PathOf("lake-" + size);
            var counts = (await Workspace.RunInto(lake, Workspace.FlightsPipeline, input, "--batch-size", size)).Done();

            Assert.Equal(whole with { Batches = batches }, counts);
            foreach (var table in (string[])["silver/flights", "quarantine/flights"])
            {
                Assert.Equal(LakeFiles.Content(_work.Lake, table, LakeFiles.ArrivalOnly), LakeFiles.Content(lake, table, LakeFiles.ArrivalOnly));
            }

            foreach (var table in (string[])["gold/delays_by_origin", "gold/delays_by_state"])
            {
                Assert.Equal(LakeFiles.Content(_work.Lake, table), LakeFiles.Content(lake, table));
            }
        }
    }
}
