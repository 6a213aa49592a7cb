namespace StreamPipeline.Cli.Tests.EndToEnd;

/// <summary>What is wrong with a pipeline is said at once, with its place and fix; nothing is started.</summary>
public sealed class BadConfigurationTests : IDisposable
{
    private readonly Workspace _work = new();
    private readonly string _pipeline;
    private readonly string _folder;

    public BadConfigurationTests()
    {
        _pipeline = _work.CopyOfSample("flights");
        _folder = Path.GetDirectoryName(_pipeline)!;
    }

    public void Dispose() => _work.Dispose();

    [Fact]
    public Task Five_mistakes_are_five_problems()
    {
        File.WriteAllText(
            _pipeline,
            """
            name: 9flights
            stream: flights
            contract: flights.schema.json
            partitonKey: origin
            eventTime: { field: scheduled, allowedLateness: 1 hour }
            dedup: { key: [flight_id], horizon: 24h, scope: everywhere }
            metrics:
              - { name: m, window: { tumbling: 1h }, measures: { n: sum() } }
            """);
        return IsRefused(
            $"error: {_pipeline}:1:7: name: '9flights' is not a usable name (start with a letter; letters, digits, _ and - only, at most 64 characters)",
            $"error: {_pipeline}:4:1: unknown key 'partitonKey' (did you mean 'partitionKey'?)",
            $"error: {_pipeline}:5:49: eventTime.allowedLateness: '1 hour' is not a duration (write a whole number and a unit: 500ms, 30s, 5m, 1h, 7d)",
            $"error: {_pipeline}:6:49: dedup.scope: 'everywhere' is not supported, only shard, stream (write `scope: shard`)",
            $"error: {_pipeline}:8:61: metrics[0].measures.n: sum needs a field (write `sum(delay)`)");
    }

    [Fact]
    public Task A_lookup_file_without_its_columns_is_refused()
    {
        Change("pipeline.yaml", "iata }", "code }");
        Change("pipeline.yaml", "state: origin_state", "region: origin_state");
        return IsRefused(
            $"error: {_pipeline}:21:24: airports.csv has no column 'code' (there are: iata, name, city, state, country, latitude, longitude)",
            $"error: {_pipeline}:22:22: airports.csv has no column 'region' (there are: iata, name, city, state, country, latitude, longitude)");
    }

    [Fact]
    public Task A_lookup_file_that_is_missing_is_refused()
    {
        File.Delete(Path.Combine(_folder, "airports.csv"));
        return IsRefused(
            $"error: {_pipeline}:20:13: the lookup file airports.csv cannot be read: {_folder}/airports.csv does not exist (give its path relative to pipeline.yaml)");
    }

    [Fact]
    public Task A_contract_with_a_keyword_that_is_not_supported_is_refused()
    {
        Change("flights.schema.json", "\"minLength\": 1", "\"uniqueItems\": true");
        return IsRefused(
            "error: flights.schema.json:7:38: keyword 'uniqueItems' is not supported (remove it; what it asserts may be checked with a quality rule)");
    }

    [Fact]
    public Task A_ruleset_with_a_syntax_error_is_refused()
    {
        Change("flights.dqdl", "ColumnLength \"origin\" = 3", "ColumnLength \"origin\" = = 3");
        return IsRefused("error: flights.dqdl:4:29: found '=', expected a value (write: ColumnLength \"column\" between 1 and 9)");
    }

    [Fact]
    public Task A_mask_without_its_key_is_refused()
    {
        Change("pipeline.yaml", "metrics:", "  - mask: { field: destination, with: hmac-sha256, key: env:STREAMPIPELINE_NEVER_SET }\n\nmetrics:");
        return IsRefused(
            $"error: {_pipeline}:24:5: the environment variable STREAMPIPELINE_NEVER_SET, which holds the key of the mask, is not set (set it to a secret of its own, for example: export STREAMPIPELINE_NEVER_SET=\"$(openssl rand -hex 32)\")");
    }

    [Theory]
    [InlineData("error: --shards is 1 to 64, not 0", "--shards", "0")]
    [InlineData("error: --shards is 1 to 64, not 65", "--shards", "65")]
    [InlineData("error: --shards is 1 to 64, not many", "--shards", "many")]
    [InlineData("error: Cannot parse argument 'long' for option '--batch-window' as expected type 'System.Double'.", "--batch-window", "long")]
    [InlineData("error: --batch-window is 0 to 300 seconds", "--batch-window", "301")]
    [InlineData("error: --batch-size is 1 to 10,000, not 10001", "--batch-size", "10001")]
    [InlineData("error: Unrecognized command or argument '--shrads'.\nerror: Unrecognized command or argument '2'.", "--shrads", "2")]
    public async Task A_wrong_option_is_refused(string message, params string[] option)
    {
        (await _work.Run(Workspace.FlightsFile, option)).Refused(ExitCode.Usage, message + "\n'streampipeline run --help' shows what is possible");
        Assert.False(Directory.Exists(_work.Lake));
    }

    /// <summary>By <c>run</c>, which makes no lake, and by <c>validate</c> in the same words.</summary>
    private async Task IsRefused(params string[] problems)
    {
        (await Workspace.RunInto(_work.Lake, _pipeline, Workspace.FlightsFile)).Refused(ExitCode.Usage, string.Join('\n', problems));
        Assert.False(Directory.Exists(_work.Lake));
        (await Workspace.Command("validate", "--pipeline", _pipeline)).Refused(ExitCode.Usage, string.Join('\n', problems));
    }

    private void Change(string file, string from, string to)
    {
        var path = Path.Combine(_folder, file);
        var text = File.ReadAllText(path);
        Assert.Contains(from, text, StringComparison.Ordinal);
        File.WriteAllText(path, text.Replace(from, to, StringComparison.Ordinal));
    }
}
