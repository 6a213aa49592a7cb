using System.Globalization;
using System.Net;
using System.Net.Sockets;
using StreamPipeline.Cli.Tests.EndToEnd;

namespace StreamPipeline.Cli.Tests.Telemetry;

public sealed class TelemetryExportTests : IDisposable
{
    private readonly Workspace _work = new();
    private readonly string _input = Path.Combine(Samples.Folder, "lambda", "malformed.json");

    public void Dispose() => _work.Dispose();

    [Fact]
    public async Task A_run_sends_its_metrics_and_spans_to_the_collector_before_it_ends()
    {
        await using var collector = await Collector.Start();
        var counts = (await Run(collector.Endpoint, "http/protobuf")).Done();
        Assert.Equal((11, 2, 9), (counts.Records, counts.Silver, counts.Quarantined));
        string[] metrics =
        [
            "streampipeline.records", "streampipeline.silver", "streampipeline.quarantined", "streampipeline.batches", "streampipeline.bytes", "streampipeline.batch.duration",
            "streampipeline.batch.stage.duration", "streampipeline.lag", "streampipeline.score", "streampipeline.watermark.age", "malformed_json", "flights",
        ];
        Assert.DoesNotContain(metrics, name => !collector.Has("/v1/metrics", name));
        Assert.DoesNotContain(["batch", "fold", "roll", "vacuum", "shardId-000000000000", "generation"], name => !collector.Has("/v1/traces", name));
        Assert.All(["/v1/metrics", "/v1/traces"], path => Assert.True(collector.Has(path, "the-service")));

        // Of the events themselves, nothing.
        Assert.All(["/v1/metrics", "/v1/traces"], path => Assert.False(collector.Has(path, "flight_id")));
    }

    [Theory]
    [InlineData("grpc")]
    [InlineData("http/protobuf")]
    public async Task A_collector_that_is_not_there_costs_a_warning_and_not_the_run(string protocol)
    {
        var outcome = await Run(Nobody(), protocol);
        Assert.Equal((ExitCode.Done, 2), (outcome.Code, outcome.Counts.Silver));
        Assert.StartsWith("warning: telemetry did not all get through to http://127.0.0.1:", Assert.Single(outcome.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries)), StringComparison.Ordinal);
        Assert.Contains("refused", outcome.Error, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("not-for-a-log", outcome.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_collector_that_refuses_costs_a_warning_and_not_the_run()
    {
        await using var collector = await Collector.Start(status: 403);
        var outcome = await Run(collector.Endpoint, "http/protobuf");
        Assert.Equal((ExitCode.Done, 2), (outcome.Code, outcome.Counts.Silver));
        Assert.Contains("403", Assert.Single(outcome.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries)), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("localhost:4318", "grpc", "OTEL_EXPORTER_OTLP_ENDPOINT is 'localhost:4318'; the URL of an OpenTelemetry collector is expected")]
    [InlineData("file:///tmp/x", "grpc", "OTEL_EXPORTER_OTLP_ENDPOINT is 'file:///tmp/x'")]
    [InlineData("http://localhost:4318", "http/json", "OTEL_EXPORTER_OTLP_PROTOCOL is 'http/json'; grpc (the default) or http/protobuf is expected")]
    public async Task A_variable_that_cannot_be_meant_is_refused_before_anything_is_done(string endpoint, string protocol, string message)
    {
        var outcome = await Run(endpoint, protocol);
        Assert.Equal((ExitCode.Usage, ""), (outcome.Code, outcome.Out));
        Assert.StartsWith("error: " + message, Assert.Single(outcome.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries)), StringComparison.Ordinal);
        Assert.False(Directory.Exists(_work.Lake));
    }

    private Task<RunOutcome> Run(string endpoint, string protocol) => CommandProcess.RunWith(
        new Dictionary<string, string>
        {
            ["OTEL_EXPORTER_OTLP_ENDPOINT"] = endpoint,
            ["OTEL_EXPORTER_OTLP_PROTOCOL"] = protocol,
            ["OTEL_EXPORTER_OTLP_HEADERS"] = "api-key=not-for-a-log",
            ["OTEL_SERVICE_NAME"] = "the-service",
        },
        _work.Folder,
        "run", "--pipeline", Workspace.FlightsPipeline, "--input", _input, "--lake", _work.Lake, "--output", "json");

    /// <summary>An address where nobody listens: a port that was free a moment ago.</summary>
    private static string Nobody()
    {
        using var probe = new TcpListener(IPAddress.Loopback, 0);
        probe.Start();
        return string.Create(CultureInfo.InvariantCulture, $"http://user:not-for-a-log@127.0.0.1:{((IPEndPoint)probe.LocalEndpoint).Port}");
    }
}
