using System.Reflection;
using OpenTelemetry;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;
using StreamPipeline.Cli.Output;
using StreamPipeline.Embedded.Telemetry;

namespace StreamPipeline.Cli.Telemetry;

/// <summary>
/// Sends the runner's metrics and spans to an OpenTelemetry collector, when <c>OTEL_EXPORTER_OTLP_ENDPOINT</c> names one. The SDK reads all other
/// <c>OTEL_…</c> variables by itself. What is on its way when the command ends is sent then; a collector that fails never fails the command.
/// Source: https://opentelemetry.io/docs/specs/otel/protocol/exporter/. Owner: the command.
/// </summary>
internal sealed class TelemetryExport : IAsyncDisposable
{
    public const string EndpointVariable = "OTEL_EXPORTER_OTLP_ENDPOINT";
    public const string ProtocolVariable = "OTEL_EXPORTER_OTLP_PROTOCOL";

    private const string ServiceName = "streampipeline";

    /// <summary>A collector that does not answer holds the command's end up for so long at most.</summary>
    private const int FlushMilliseconds = 4_000;

    private readonly Terminal _terminal;
    private readonly string _endpoint;
    private readonly ExportFailures _failures = new();
    private readonly MeterProvider _metrics;
    private readonly TracerProvider _traces;

    private TelemetryExport(Terminal terminal, Uri endpoint)
    {
        _terminal = terminal;

        // Without what a URL may carry beside the address: it goes into a message.
        _endpoint = endpoint.GetLeftPart(UriPartial.Authority).Replace(endpoint.UserInfo + "@", "", StringComparison.Ordinal);
        var resource = ResourceBuilder.CreateEmpty()
            .AddService(ServiceName, serviceVersion: typeof(TelemetryExport).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion)
            .AddTelemetrySdk()
            .AddEnvironmentVariableDetector();
        _metrics = Sdk.CreateMeterProviderBuilder().SetResourceBuilder(resource).AddMeter(StreamInstruments.Name).AddOtlpExporter().Build();
        _traces = Sdk.CreateTracerProviderBuilder().SetResourceBuilder(resource).AddSource(StreamInstruments.Name).AddOtlpExporter().Build();
    }

    /// <summary>Null when nobody wants telemetry.</summary>
    /// <exception cref="CommandException">A variable is not what it must be.</exception>
    public static TelemetryExport? Start(Terminal terminal, Func<string, string?> environment)
    {
        if (environment(EndpointVariable) is not { Length: > 0 } text)
        {
            return null;
        }

        // The SDK would take its own default, a collector on this machine, and say nothing.
        if (!Uri.TryCreate(text, UriKind.Absolute, out var endpoint) || endpoint.Scheme is not ("http" or "https"))
        {
            throw new CommandException(
                $"{EndpointVariable} is '{PlainText.Of(text)}'; the URL of an OpenTelemetry collector is expected, such as http://localhost:4317, or http://localhost:4318 with {ProtocolVariable}=http/protobuf",
                ExitCode.Usage);
        }

        if (environment(ProtocolVariable) is { Length: > 0 } protocol && protocol is not ("grpc" or "http/protobuf"))
        {
            throw new CommandException($"{ProtocolVariable} is '{PlainText.Of(protocol)}'; grpc (the default) or http/protobuf is expected", ExitCode.Usage);
        }

        try
        {
            return new TelemetryExport(terminal, endpoint);
        }
        catch (Exception error) when (error is ArgumentException or FormatException or NotSupportedException or InvalidOperationException)
        {
            throw new CommandException($"telemetry cannot be exported as the OTEL_… variables say: {PlainText.Of(error.Message)}", ExitCode.Usage);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await Task.WhenAll(Task.Run(() => _metrics.Shutdown(FlushMilliseconds)), Task.Run(() => _traces.Shutdown(FlushMilliseconds)));
        _metrics.Dispose();
        _traces.Dispose();
        _failures.Dispose();
        if (_failures.Last is { } failure)
        {
            await _terminal.Error.WriteLineAsync(
                $"warning: telemetry did not all get through to {PlainText.Of(_endpoint)} ({PlainText.Of(failure)}); the lake does not depend on it; {EndpointVariable} and {ProtocolVariable} say where it goes");
        }
    }
}
