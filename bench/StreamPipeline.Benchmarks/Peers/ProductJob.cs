using StreamPipeline.Benchmarks.Input;
using StreamPipeline.Embedded;
using StreamPipeline.Embedded.Mapping;
using StreamPipeline.Embedded.Running;

namespace StreamPipeline.Benchmarks.Peers;

/// <summary>
/// The whole job through the product as it is: <c>run --shards 1</c> into a folder, with bronze, commits in SQLite, the fold and the roll. What the peers
/// do not do is not taken out: raw records kept, one swap per batch, quarantine, rows that know their record.
/// </summary>
internal static class ProductJob
{
    /// <param name="input">A file of lines, or a folder of Lambda events.</param>
    /// <param name="lakeFolder">New or empty.</param>
    /// <param name="time">The clock of arrivals and commits.</param>
    /// <returns>Silver rows.</returns>
    public static async Task<long> Run(string input, string lakeFolder, TimeProvider time)
    {
        var pipeline = BenchPipelines.Compile(EventShape.Iot);
        var folder = LakeFolder.OpenOrCreate(lakeFolder);
        var attempts = new RandomAttemptIds();
        var state = new SqliteStateStore(folder.Root);
        using var lake = new OpenLake(new FolderObjectStore(folder.Root, attempts.Next()), state, attempts, folder, state);
        using var runner = new LakeRunner(pipeline, lake, time, new RunCounters());
        var options = new RunOptions(Shards: 1, Follow: false, KeepOpen: false, new MappingSettings { BatchesAtOnce = 1 });
        var report = await runner.Run(input, Stream.Null, options, CancellationToken.None);
        return report.Totals.Counts.Silver;
    }
}
