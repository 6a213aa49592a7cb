using System.Globalization;
using System.Text.Json.Nodes;

namespace StreamPipeline.Cli.Tests.EndToEnd;

/// <summary>
/// A real stream, correct to the record: counts, sums and windows as computed by a program of its own. The slice in events/flights, and all of
/// it when STREAMPIPELINE_FLIGHTS names a folder with flights.ndjson.gz, expected.json and pipeline.yaml.
/// </summary>
public sealed class FlightsTests : IDisposable
{
    private readonly Workspace _work = new();

    public static TheoryData<string, int> Streams
    {
        get
        {
            var streams = new TheoryData<string, int>();
            string?[] folders = [Path.Combine(Samples.Folder, "flights"), Environment.GetEnvironmentVariable("STREAMPIPELINE_FLIGHTS")];
            foreach (var folder in folders.Where(folder => !string.IsNullOrEmpty(folder)))
            {
                streams.Add(folder!, 1);
                streams.Add(folder!, 4);
            }

            return streams;
        }
    }

    public void Dispose() => _work.Dispose();

    [Theory]
    [MemberData(nameof(Streams))]
    public async Task Counts_silver_and_gold_are_those_computed_independently(string folder, int shards)
    {
        var expected = JsonNode.Parse(await File.ReadAllTextAsync(Path.Combine(folder, "expected.json"), TestContext.Current.CancellationToken))!;
        var lines = Number(expected, "lines");

        var counts = (await Run(folder, shards)).Done();

        Assert.Equal(lines, counts.Records);
        Assert.Equal(Number(expected, "silver"), counts.Silver);
        Assert.Equal(Number(expected, "duplicates"), counts.Duplicates);
        Assert.Equal(Number(expected, "quarantined"), counts.Quarantined);
        Assert.Equal(0, counts.Replayed);
        Assert.Equal(
            [FormattableString.Invariant($"{expected["silver"]}|{expected["sum_delay"]}|{expected["sum_distance"]}|{expected["silver"]}")],
            LakeFiles.Rows($"SELECT count(*), sum(delay)::BIGINT, sum(distance)::BIGINT, count(DISTINCT flight_id) FROM {LakeFiles.Table(_work.Lake, "silver/flights")}"));
        Assert.Equal(Number(expected, "quarantined"), LakeFiles.Count(_work.Lake, "quarantine/flights"));
        CheckColumns();

        // Lateness is by a shard's own watermark, so only one shard has the reference's.
        if (shards == 1)
        {
            Assert.Equal(Number(expected, "late"), counts.Late);
            Assert.Equal(Number(expected, "groups_on_time"), LakeFiles.Count(_work.Lake, "gold/delays_by_origin"));
            foreach (var (window, values) in expected["sample"]!.AsObject())
            {
                CheckWindow(window, values!);
            }
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    public async Task Running_again_replays_everything_and_changes_no_byte_of_any_table(int shards)
    {
        var folder = Path.Combine(Samples.Folder, "flights");
        var first = (await Run(folder, shards)).Done();
        var files = LakeFiles.Hashes(_work.Lake);
        Assert.True(files.Count >= 4);

        var again = (await Run(folder, shards)).Done();

        Assert.Equal(new RunCounts(0, 0, 0, 0, Replayed: first.Records, 0, 0), again);
        Assert.Equal(files, LakeFiles.Hashes(_work.Lake));
    }

    [Fact]
    public async Task Four_shards_have_the_same_silver_and_quarantine_as_one()
    {
        var four = _work.PathOf("four");
        var one = (await _work.Run(Workspace.FlightsFile)).Done();
        var other = (await Workspace.RunInto(four, Workspace.FlightsPipeline, Workspace.FlightsFile, "--shards", "4")).Done();

        Assert.Equal(one with { Late = 0, Batches = 0 }, other with { Late = 0, Batches = 0 });
        foreach (var table in (string[])["silver/flights", "quarantine/flights"])
        {
            Assert.Equal(
                LakeFiles.Content(_work.Lake, table, LakeFiles.ArrivalAndShard),
                LakeFiles.Content(four, table, LakeFiles.ArrivalAndShard));
        }
    }

    private static long Number(JsonNode expected, string name) => expected[name]!.GetValue<long>();

    private Task<RunOutcome> Run(string folder, int shards) => Workspace.RunInto(
        _work.Lake, Path.Combine(folder, "pipeline.yaml"), Path.Combine(folder, "flights.ndjson.gz"),
        "--shards", shards.ToString(CultureInfo.InvariantCulture));

    private void CheckColumns()
    {
        string[] system = ["_arrival_time|TIMESTAMP WITH TIME ZONE", "_shard|VARCHAR", "_sequence|VARCHAR"];
        Assert.Equal(
            [
                "flight_id|VARCHAR", "scheduled|TIMESTAMP WITH TIME ZONE", "delay|BIGINT", "distance|BIGINT", "origin|VARCHAR", "destination|VARCHAR",
                "origin_state|VARCHAR", "origin_city|VARCHAR", "_event_time|TIMESTAMP WITH TIME ZONE", .. system, "_extra|VARCHAR",
            ],
            LakeFiles.Columns(_work.Lake, "silver/flights"));
        Assert.Equal(
            ["reason|VARCHAR", "rule_or_path|VARCHAR", "detail|VARCHAR", "raw|BLOB", .. system],
            LakeFiles.Columns(_work.Lake, "quarantine/flights"));
        Assert.Equal(
            [
                "window_start|TIMESTAMP WITH TIME ZONE", "window_end|TIMESTAMP WITH TIME ZONE", "origin|VARCHAR", "flights|BIGINT", "delay_sum|BIGINT",
                "delay_min|BIGINT", "delay_max|BIGINT", "delay_avg|DOUBLE", "delay_p95|DOUBLE", "destinations|BIGINT",
            ],
            LakeFiles.Columns(_work.Lake, "gold/delays_by_origin"));
    }

    /// <param name="window">Such as <c>2001-01-01T08|ATL</c>.</param>
    /// <param name="expected">Exact values.</param>
    private void CheckWindow(string window, JsonNode expected)
    {
        var at = window.Split('|');
        var row = Assert.Single(LakeFiles.Rows(
            $"""
            SELECT flights, delay_sum, delay_min, delay_max, destinations, delay_avg, epoch(window_end - window_start)::BIGINT
            FROM {LakeFiles.Table(_work.Lake, "gold/delays_by_origin")} WHERE window_start = '{at[0]}:00:00Z' AND origin = '{at[1]}'
            """)).Split('|');
        Assert.Equal(
            [expected["flights"]!.ToJsonString(), expected["sum_delay"]!.ToJsonString(), expected["min_delay"]!.ToJsonString(), expected["max_delay"]!.ToJsonString()],
            row[..4]);
        var destinations = expected["destinations"]!.GetValue<double>();
        Assert.InRange(double.Parse(row[4], CultureInfo.InvariantCulture), destinations * (1 - 0.016), destinations * (1 + 0.016));
        Assert.Equal(
            expected["sum_delay"]!.GetValue<double>() / expected["flights"]!.GetValue<double>(), double.Parse(row[5], CultureInfo.InvariantCulture), 1e-9);
        Assert.Equal("3600", row[6]);
    }
}
