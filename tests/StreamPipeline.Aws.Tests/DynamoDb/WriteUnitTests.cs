using System.IO.Compression;
using StreamPipeline.Aws.DynamoDb;
using StreamPipeline.Core;
using StreamPipeline.Core.Commit;
using StreamPipeline.Core.Configuration;
using StreamPipeline.Core.Decoding;
using StreamPipeline.Tests.Aws;

namespace StreamPipeline.Aws.Tests.DynamoDb;

/// <summary>What it costs to commit the flights, in batches of 5,000 events, with the real consumer and DynamoDB's wire protocol.</summary>
public sealed class WriteUnitTests(MotoFixture moto, ITestOutputHelper output)
{
    private const int BatchEvents = 5_000;
    private const int Days = 3;
    private const double UnitsPerEventMax = 0.05;

    // https://aws.amazon.com/dynamodb/pricing/on-demand/, us-east-1
    private const double DollarsPerMillionUnits = 0.625;

    // 2001-01-10, after the flights of the sample: none is from the future.
    private const long ArrivalUs = 979_084_800_000_000;

    private static CancellationToken Never => CancellationToken.None;

    [Fact]
    public async Task A_batch_of_5000_events_costs_at_most_a_twentieth_of_a_write_unit_per_event_the_merge_of_layers_included()
    {
        using var dynamo = AwsClients.DynamoDb((await moto.Server).Clients);
        var store = new DynamoDbStateStore(dynamo, await moto.NewTable(), moto.NewName("instance"), Patience.Short());
        var state = new MeteredStateStore(store);
        var shard = new ShardEntry("shardId-000000000000", []);
        await new StreamCatalog(state, "flights", new CountedAttempts("c")).Register(shard, Never);
        state.Units.Clear();
        using var consumer = new ShardConsumer(Compile(), shard, seed: 7, state, new MemoryObjectStore(), new CountedAttempts("a"));

        Print("batch", "events", "units", "per event", "seen", "panes", "swap", "$/day at 1,000/s");
        var perEvent = new List<double>();
        var seen = 0L;
        foreach (var batch in Batches())
        {
            state.Units.Clear();
            var report = await consumer.Commit(batch, Never);
            Assert.Equal(batch.Records.Count, report.Counts.Records);
            Assert.True(report.Counts.Silver > 0.8 * batch.Records.Count, $"{report.Counts.Silver} of {batch.Records.Count} events are in silver: the batch is not a usual one");
            seen += Of(state, "SEEN");
            perEvent.Add(state.Total / (double)batch.Records.Count);
            Print(
                $"{report.Batch!.Generation}", $"{batch.Records.Count:N0}", $"{state.Total}", $"{perEvent[^1]:0.0000}", $"{Of(state, "SEEN")}", $"{Of(state, "PANES")}",
                $"{Of(state, "HEAD") + Of(state, "BATCH")}", $"{Dollars(perEvent[^1]):0.00}");
        }

        var average = perEvent[..8].Average();
        Print("average of eight", "", "", $"{average:0.0000}", "", "", "", $"{Dollars(average):0.00}");
        Print("one put per record", "", "", "1.0000", "", "", "", $"{Dollars(1):0.00}");
        Print("idempotency library", "", "", "2.0000", "", "", "", $"{Dollars(2):0.00}");
        Assert.Equal(3 * Days, perEvent.Count);
        Assert.InRange(average, 0, UnitsPerEventMax);

        // One in eight merges the pane layers of the others, and costs more by itself.
        Assert.Equal(8, perEvent.Count(units => units <= UnitsPerEventMax));
        Assert.All(perEvent, units => Assert.InRange(units, 0, 2 * UnitsPerEventMax));
        Assert.True(seen > 3L * Days * BatchEvents * 8 / 1_024, "the fingerprints of the events are not in what was metered");
        Assert.True(store.WriteUnits > 0, "the store counts no write units");
    }

    private static long Of(MeteredStateStore state, string kind) => state.Units.GetValueOrDefault(kind);

    private static double Dollars(double unitsPerEvent) => unitsPerEvent * 1_000 * 86_400 / 1e6 * DollarsPerMillionUnits;

    /// <summary>The sample's day, and two more like it, so that the eight pane layers of a level get merged on the way.</summary>
    private static IEnumerable<MicroBatch> Batches()
    {
        using var reader = new StreamReader(new GZipStream(File.OpenRead(Path.Combine(Flights(), "flights.ndjson.gz")), CompressionMode.Decompress));
        var day = Lines(reader).Take(3 * BatchEvents).ToList();
        var sequence = 0;
        return Enumerable.Range(1, Days)
            .SelectMany(d => day.Select(line => line.Replace("2001-01-01", $"2001-01-0{d}", StringComparison.Ordinal).Replace("20010101", $"2001010{d}", StringComparison.Ordinal)))
            .Select(line => new StreamRecord(SequenceNumber.From((UInt128)(ulong)++sequence), System.Text.Encoding.UTF8.GetBytes(line), ArrivalUs + sequence))
            .Chunk(BatchEvents)
            .Select(records => new MicroBatch("shardId-000000000000", records));
    }

    private static IEnumerable<string> Lines(StreamReader reader)
    {
        while (reader.ReadLine() is { } line)
        {
            yield return line;
        }
    }

    private static Pipeline Compile()
    {
        var problems = new ProblemList();
        var settings = PipelineFile.Parse(File.ReadAllBytes(Path.Combine(Flights(), "pipeline.yaml")), "pipeline.yaml", problems);
        var pipeline = Pipeline.Compile(settings!, new Files(), _ => null, problems);
        Assert.Empty(problems.Items.Select(problem => problem.ToString()));
        return pipeline!;
    }

    private static string Flights()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "StreamPipeline.sln")))
        {
            folder = folder.Parent ?? throw new InvalidOperationException("the tests run outside the repository");
        }

        return Path.Combine(folder.FullName, "events", "flights");
    }

    private void Print(params string[] cells) => output.WriteLine(string.Join("  ", cells.Select((cell, i) => i == 0 ? cell.PadRight(20) : cell.PadLeft(i == 7 ? 17 : 9))));

    private sealed class Files : IConfigurationFiles
    {
        public byte[]? Read(string relativePath, out string error)
        {
            error = "";
            return File.ReadAllBytes(Path.Combine(Flights(), relativePath));
        }
    }
}
