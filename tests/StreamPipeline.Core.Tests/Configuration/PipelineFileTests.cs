using StreamPipeline.Core.Configuration;

namespace StreamPipeline.Core.Tests.Configuration;

public sealed class PipelineFileTests
{
    /// <summary>Every key once.</summary>
    private const string Reference = """
        name: flights
        stream: flights-eu
        contract: flights.schema.json      # JSON Schema (2020-12), relative to this file
        partitionKey: route.origin
        eventTime: { field: scheduled, allowedLateness: 90m, maxFuture: 500ms, unit: ms, idleTimeout: 20s }
        dedup: { key: [flight_id, leg.number], horizon: 7d, scope: stream, maxKeys: 1000 }
        quality: { ruleset: flights.dqdl, gate: 0.95, references: { airports: airports.csv } }
        enrich:
          - lookup: { file: airports.csv, match: { origin: iata }, add: { state: origin_state } }
          - mask: { field: email, with: hmac-sha256, key: "env:MY_KEY" }
        metrics:
          - name: delays_by_origin
            window: { tumbling: 1h }
            groupBy: [origin]
            measures: { flights: count(), delay_avg: avg(delay), delay_p95: quantile(delay, 0.95), delay_p50: quantile(delay, 0.5), destinations: distinct(destination) }
          - name: total
            window: { hopping: 1h, every: 5m }
            measures:
              n: count(delay)
              s: " stddev( leg.minutes ) "
              q: quantile(delay,0.95)
        limits: { recordBytes: 512KiB, inflatedBytes: 1MiB, depth: 16 }
        """;

    [Fact]
    public void Every_setting_of_a_full_file_is_read()
    {
        var s = Yaml.Valid(Reference);
        Assert.Equal(("flights", "flights-eu", "flights.schema.json", "route.origin"), (s.Name, s.Stream, s.ContractFile, s.PartitionKey));
        Assert.Equal(new EventTimeSettings("scheduled", TimeSpan.FromMinutes(90), TimeSpan.FromMilliseconds(500), EpochUnit.Milliseconds) { IdleTimeout = TimeSpan.FromSeconds(20) }, s.EventTime);
        Assert.Equal(["flight_id", "leg.number"], s.Dedup!.Key);
        Assert.Equal((TimeSpan.FromDays(7), DedupScope.Stream, 1000), (s.Dedup.Horizon, s.Dedup.Scope, s.Dedup.KeysMax));
        Assert.Equal(("flights.dqdl", 0.95), (s.Quality!.RulesetFile, s.Quality.Gate));
        Assert.Equal(new Dictionary<string, string> { ["airports"] = "airports.csv" }, s.Quality.References);
        Assert.Equal(new DecodeLimits(512 << 10, 1 << 20, 16), s.Limits);

        Assert.Equal(2, s.Enrich.Count);
        var lookup = Assert.IsType<LookupStep>(s.Enrich[0]);
        Assert.Equal("airports.csv", lookup.File);
        Assert.Equal(new Dictionary<string, string> { ["origin"] = "iata" }, lookup.Match);
        Assert.Equal(new Dictionary<string, string> { ["state"] = "origin_state" }, lookup.Add);
        Assert.Equal(new MaskStep("email", "MY_KEY"), s.Enrich[1]);

        Assert.Equal(2, s.Metrics.Count);
        var (tumbling, hopping) = (s.Metrics[0], s.Metrics[1]);
        Assert.Equal(("delays_by_origin", TimeSpan.FromHours(1), TimeSpan.FromHours(1)), (tumbling.Name, tumbling.Size, tumbling.Every));
        Assert.Equal(["origin"], tumbling.GroupBy);
        Assert.Equal(
            [
                new MeasureSettings("flights", "count", null, null),
                new MeasureSettings("delay_avg", "avg", "delay", null),
                new MeasureSettings("delay_p95", "quantile", "delay", 0.95),
                new MeasureSettings("delay_p50", "quantile", "delay", 0.5),
                new MeasureSettings("destinations", "distinct", "destination", null),
            ],
            tumbling.Measures);
        Assert.Equal(("total", TimeSpan.FromHours(1), TimeSpan.FromMinutes(5)), (hopping.Name, hopping.Size, hopping.Every));
        Assert.Empty(hopping.GroupBy);
        Assert.Equal(
            [
                new MeasureSettings("n", "count", "delay", null),
                new MeasureSettings("s", "stddev", "leg.minutes", null),
                new MeasureSettings("q", "quantile", "delay", 0.95),
            ],
            hopping.Measures);
    }

    [Fact]
    public void What_a_minimal_file_leaves_out_has_its_documented_default()
    {
        var s = Yaml.Valid(Yaml.Minimal);
        Assert.Equal(new EventTimeSettings("scheduled", TimeSpan.Zero, TimeSpan.FromHours(1), null) { IdleTimeout = TimeSpan.FromMinutes(15) }, s.EventTime);
        Assert.Null(s.PartitionKey);
        Assert.Null(s.Dedup);
        Assert.Null(s.Quality);
        Assert.Empty(s.Enrich);
        Assert.Empty(s.Metrics);
        Assert.Equal(new DecodeLimits(1 << 20, 16 << 20, 64), s.Limits);
    }

    [Fact]
    public void Optional_settings_within_a_section_have_their_documented_default()
    {
        var s = Yaml.Valid(Yaml.Minimal + """
            dedup: { key: id }
            quality: { ruleset: r.dqdl }
            enrich: [ { mask: { field: email, with: hmac-sha256 } } ]
            """);
        Assert.Equal(["id"], s.Dedup!.Key);
        Assert.Equal((TimeSpan.FromHours(24), DedupScope.Shard, 8_000_000), (s.Dedup.Horizon, s.Dedup.Scope, s.Dedup.KeysMax));
        Assert.Null(s.Quality!.Gate);
        Assert.Empty(s.Quality.References);
        Assert.Equal("STREAMPIPELINE_MASK_KEY", Assert.IsType<MaskStep>(s.Enrich[0]).KeyVariable);
    }

    [Theory]
    [InlineData("stream", 2, 9)]
    [InlineData("eventTime.unit", 5, 78)]
    [InlineData("dedup", 6, 1)]
    [InlineData("dedup.key[1]", 6, 27)]
    [InlineData("enrich[0].lookup.match.origin", 9, 52)]
    [InlineData("enrich[1].mask.field", 10, 20)]
    [InlineData("metrics[0].measures.delay_p95", 15, 69)]
    [InlineData("metrics[1].measures.q", 21, 10)]
    [InlineData("quality.references.airports", 7, 71)]
    [InlineData("metrics[1].measures.unknown", 18, 5)]
    public void The_source_map_knows_where_a_setting_stands(string path, int line, int column) =>
        Assert.Equal(new Location("p.yaml", line, column), Yaml.Valid(Reference).Source.At(path));

    [Fact]
    public void Five_mistakes_are_five_problems_each_at_its_place()
    {
        var (_, problems) = Yaml.Parse("""
            name: 1flights
            stream: flights
            contract: c.json
            eventTime: { field: scheduled, allowedLateness: 1 hour }
            dedup: { key: [id], horizn: 24h }
            quality: { ruleset: r.dqdl, gate: 95 }
            metrics:
              - name: m
                window: { tumbling: 1h }
                measures: { a: avrg(delay) }
            """);
        Assert.Equal(
            [
                "p.yaml:1:7: name: '1flights' is not a usable name (start with a letter; letters, digits, _ and - only, at most 64 characters)",
                "p.yaml:4:49: eventTime.allowedLateness: '1 hour' is not a duration (write a whole number and a unit: 500ms, 30s, 5m, 1h, 7d)",
                "p.yaml:5:21: unknown key 'horizn' in dedup (did you mean 'horizon'?)",
                "p.yaml:6:35: quality.gate: '95' is not a share (write a number from 0 to below 1, such as 0.95; a batch passes when its score is above it)",
                "p.yaml:10:20: metrics[0].measures.a: unknown function 'avrg' (did you mean 'avg'?)",
            ],
            problems.Select(p => p.ToString()));
    }

    [Fact]
    public void Each_missing_required_setting_is_a_problem_of_its_own()
    {
        var (_, problems) = Yaml.Parse("partitionKey: x");
        Assert.Equal(
            ["'name' is missing", "'stream' is missing", "'contract' is missing", "'eventTime' is missing"],
            problems.Select(p => p.Message));
        Assert.Equal("'eventTime.field' is missing", Yaml.OneProblem(Yaml.Minimal.Replace("field: scheduled", "maxFuture: 1h", StringComparison.Ordinal)).Message);
    }

    [Theory]
    [InlineData("dedup: { key: [] }", "dedup.key names no field")]
    [InlineData("dedup: { key: [a, a] }", "dedup.key[1]: 'a' is named twice")]
    [InlineData("dedup: { key: [a], maxKeys: 0 }", "dedup.maxKeys: 0 is out of range, 1 to 100,000,000 is allowed")]
    [InlineData("dedup: { key: [a], horizon: 367d }", "dedup.horizon: 367d is out of range, 1s to 366d is allowed")]
    [InlineData("dedup: { key: [a], scope: global }", "dedup.scope: 'global' is not supported, only shard, stream")]
    [InlineData("dedup: { key: [a..b] }", "dedup.key[0]: 'a..b' is not a field path")]
    [InlineData("dedup:", "dedup must be a mapping, but it is nothing")]
    [InlineData("dedup: [a]", "dedup must be a mapping, but it is a list")]
    [InlineData("enrich: { mask: x }", "enrich must be a list, but it is a mapping")]
    [InlineData("limits: { recordBytes: 11MiB }", "limits.recordBytes: 11,534,336 is out of range, 1KiB to 10MiB is allowed")]
    [InlineData("limits: { recordBytes: 1MB }", "limits.recordBytes: '1MB' is not a size")]
    [InlineData("limits: { depth: deep }", "limits.depth: 'deep' is not a whole number")]
    [InlineData("limits: { inflatedBytes: 1KiB }", "limits.inflatedBytes is 1KiB, less than limits.recordBytes, 1MiB")]
    [InlineData("quality: { ruleset: /etc/rules }", "quality.ruleset: '/etc/rules' is an absolute path")]
    [InlineData("quality: { ruleset: r, gate: 1 }", "quality.gate: '1' is not a share")]
    [InlineData("quality: { ruleset: r, gate: NaN }", "quality.gate: 'NaN' is not a share")]
    [InlineData("quality: { ruleset: '' }", "quality.ruleset must be a value, but it is empty")]
    [InlineData("partitionKey: { a: b }", "partitionKey must be a value, but it is a mapping")]
    public void A_value_of_the_wrong_shape_or_range_is_named_with_its_limit(string line, string message) =>
        Assert.Equal(message, Yaml.OneProblem(Yaml.Minimal + line).Message);

    [Theory]
    [InlineData("a", true)]
    [InlineData("A-b_9", true)]
    [InlineData("a.b", false)]
    [InlineData("../x", false)]
    [InlineData("_a", false)]
    [InlineData("ä", false)]
    [InlineData("a b", false)]
    public void Names_become_folders_and_sql_names(string name, bool valid) =>
        Assert.Equal(valid, Yaml.Parse(Yaml.Minimal.Replace("stream: flights", $"stream: {name}", StringComparison.Ordinal)).Problems.Count == 0);

    [Fact]
    public void A_name_has_at_most_64_characters()
    {
        string Of(int length) => Yaml.Minimal.Replace("name: flights", $"name: {new string('n', length)}", StringComparison.Ordinal);
        Yaml.Valid(Of(64));
        Assert.Contains("at most 64", Yaml.OneProblem(Of(65)).Fix, StringComparison.Ordinal);
    }

    [Fact]
    public void The_flights_sample_means_what_it_says()
    {
        var s = Yaml.Valid(File.ReadAllText(Path.Combine(Repository(), "events", "flights", "pipeline.yaml")));
        Assert.Equal(("flights", "flights", "flights.schema.json", "origin"), (s.Name, s.Stream, s.ContractFile, s.PartitionKey));
        Assert.Equal(new EventTimeSettings("scheduled", TimeSpan.FromHours(1), TimeSpan.FromHours(1), null), s.EventTime);
        Assert.Equal(["flight_id"], s.Dedup!.Key);
        Assert.Equal((TimeSpan.FromHours(24), DedupScope.Shard, 8_000_000), (s.Dedup.Horizon, s.Dedup.Scope, s.Dedup.KeysMax));
        Assert.Equal(("flights.dqdl", 0.80), (s.Quality!.RulesetFile, s.Quality.Gate));
        var lookup = Assert.IsType<LookupStep>(Assert.Single(s.Enrich));
        Assert.Equal(new Dictionary<string, string> { ["state"] = "origin_state", ["city"] = "origin_city" }, lookup.Add);
        Assert.Equal(["delays_by_origin", "delays_by_state"], s.Metrics.Select(metric => metric.Name));
        Assert.Equal(
            ["count()", "sum(delay)", "min(delay)", "max(delay)", "avg(delay)", "quantile(delay, 0.95)", "distinct(destination)"],
            s.Metrics[0].Measures.Select(m => FormattableString.Invariant($"{m.Function}({m.Argument}{(m.Quantile is { } q ? $", {q}" : "")})")));
    }

    private static string Repository()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder!.FullName, "StreamPipeline.sln")))
        {
            folder = folder.Parent;
        }

        return folder.FullName;
    }
}
