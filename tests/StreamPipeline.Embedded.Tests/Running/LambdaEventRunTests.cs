using StreamPipeline.Core;
using StreamPipeline.Core.Commit;
using StreamPipeline.Embedded.Mapping;
using StreamPipeline.Embedded.Running;

namespace StreamPipeline.Embedded.Tests.Running;

/// <summary>Files with Lambda events that come in another order than their records did.</summary>
public sealed class LambdaEventRunTests : IDisposable
{
    private static readonly Pipeline _pipeline = SmallPipeline.Compile(SmallPipeline.Yaml());

    private readonly Sources.TemporaryFolder _folder = new();
    private readonly OpenLake _lake = new(new MemoryObjectStore(), new MemoryStateStore(), new CountedAttempts("r"), folder: null);

    public void Dispose()
    {
        _lake.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task Files_of_a_folder_are_run_in_the_order_of_their_records()
    {
        Write("1.json", "shard-a", 100, 120);
        Write("2.json", "shard-b", 7);
        Write("3.json", "shard-a", 50, 60);
        Write("4.json", "shard-b", 3);
        Write("5.json", "shard-a", 9);
        Assert.Equal((7, 0), await Run(_folder.Path));
        Assert.Equal((0, 7), await Run(_folder.Path));
    }

    [Fact]
    public async Task A_first_record_beyond_the_beginning_of_its_file_tells_the_order_too()
    {
        Write("1.json", "shard-a", 100);
        _folder.Write("2.json.gz", Sources.TemporaryFolder.Gzip(Event("shard-a", textBytes: 200_000, 50)));
        Assert.Equal((2, 0), await Run(_folder.Path));
    }

    [Fact]
    public async Task Records_below_the_head_that_no_batch_holds_are_refused_and_not_called_replayed()
    {
        var late = Write("late.json", "shard-a", 50, 60);
        var straddling = Write("straddling.json", "shard-a", 110, 150);
        Assert.Equal((2, 0), await Run(Write("1.json", "shard-a", 100, 105)));
        Assert.Equal((1, 0), await Run(Write("2.json", "shard-a", 120)));
        var refused = await Assert.ThrowsAsync<InputRefusedException>(() => Run(late));
        Assert.Equal(
            "late.json: 2 of its 2 records of shard shard-a, from sequence number 50 on, were never committed, and records behind them were, up to 120: a shard's records are committed in ascending order only, "
            + "so nothing of this file was run; put such events in with redrive --from FILE, or run all files in one folder into another lake",
            refused.Message);
        refused = await Assert.ThrowsAsync<InputRefusedException>(() => Run(straddling));
        Assert.StartsWith("straddling.json: 1 of its 2 records of shard shard-a, from sequence number 110 on", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Records_that_were_committed_are_replayed_however_they_are_cut_and_what_follows_them_is_new()
    {
        await Run(Write("1.json", "shard-a", 1, 2, 3));
        await Run(Write("2.json", "shard-a", 10, 20));
        Assert.Equal((0, 2), await Run(Write("middle.json", "shard-a", 2, 3)));
        Assert.Equal((0, 3), await Run(Write("across.json", "shard-a", 3, 10, 20)));
        Assert.Equal((2, 1), await Run(Write("beyond.json", "shard-a", 20, 21, 30)));
        Assert.Equal((0, 3), await Run(Write("again.json", "shard-a", 20, 21, 30)));
        Assert.Equal((1, 0), await Run(Write("other.json", "shard-b", 2)));
    }

    private async Task<(long Silver, long Replayed)> Run(string input)
    {
        using var runner = new LakeRunner(_pipeline, _lake, TimeProvider.System, new RunCounters());
        var report = await runner.Run(input, Stream.Null, new RunOptions(1, Follow: false, KeepOpen: true, new MappingSettings()), TestContext.Current.CancellationToken);
        return (report.Totals.Counts.Silver, report.Totals.Replayed);
    }

    private string Write(string name, string shard, params int[] sequences) => _folder.Write(name, Event(shard, textBytes: 1, sequences));

    private static byte[] Event(string shard, int textBytes, params int[] sequences)
    {
        var batch = SmallPipeline.Batch(
            shard, SmallPipeline.StartUs, sequences.Select(sequence => new StreamPipeline.Tests.Event(sequence, $"{shard}-{sequence}", new string('k', textBytes), SmallPipeline.StartUs)));
        return new LambdaEventWriter("arn:aws:kinesis:eu-west-1:000000000000:stream/s", "eu-west-1").Write(batch).ToArray();
    }
}
