using StreamPipeline.Benchmarks.Input;
using StreamPipeline.Core.Lake;
using StreamPipeline.Embedded;
using StreamPipeline.Embedded.Mapping;
using StreamPipeline.Embedded.Running;

namespace StreamPipeline.Benchmarks.Peers;

/// <summary>
/// The whole job through the product as it is: <c>run --shards 1</c> into a folder, with bronze, commits in SQLite, the fold and the roll. What the peers
/// do not do is not taken out: one swap per batch, quarantine, rows that know their record, and, unless it is left to others, raw records kept.
/// </summary>
internal static class ProductJob
{
    /// <param name="input">A file of lines, or a folder of Lambda events.</param>
    /// <param name="lakeFolder">New or empty.</param>
    /// <param name="time">The clock of arrivals and commits.</param>
    /// <param name="bronze">Whether raw records are kept, too.</param>
    /// <returns>Silver rows.</returns>
    public static async Task<long> Run(string input, string lakeFolder, TimeProvider time, bool bronze)
    {
        var pipeline = BenchPipelines.Compile(EventShape.Iot);
        var folder = LakeFolder.OpenOrCreate(lakeFolder);
        var attempts = new RandomAttemptIds();
        var state = new SqliteStateStore(folder.Root);
        var objects = new FolderObjectStore(folder.Root, attempts.Next());
        using var lake = new OpenLake(objects, state, attempts, folder, state) { Bronze = bronze ? new ObjectBronze(objects) : new NoBronze() };
        using var runner = new LakeRunner(pipeline, lake, time, new RunCounters());
        var options = new RunOptions(Shards: 1, Follow: false, KeepOpen: false, new MappingSettings { BatchesAtOnce = 1 });
        var report = await runner.Run(input, Stream.Null, options, CancellationToken.None);
        return report.Totals.Counts.Silver;
    }
}
