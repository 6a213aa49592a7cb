using System.Collections.Concurrent;
using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Logging;

namespace StreamPipeline.Cli.Tests.Telemetry;

/// <summary>What an OpenTelemetry collector does with OTLP over HTTP, on a free port of the loopback: it takes what comes.</summary>
internal sealed class Collector : IAsyncDisposable
{
    private readonly WebApplication _server;

    private Collector(WebApplication server) => _server = server;

    public string Endpoint => _server.Urls.First();

    /// <summary>Each request's path and body.</summary>
    public ConcurrentQueue<(string Path, byte[] Body)> Requests { get; } = [];

    /// <param name="status">What it answers.</param>
    public static async Task<Collector> Start(int status = 200)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        var collector = new Collector(builder.Build());
        collector._server.Run(async context =>
        {
            using var body = new MemoryStream();
            await context.Request.Body.CopyToAsync(body);
            collector.Requests.Enqueue((context.Request.Path, body.ToArray()));
            context.Response.StatusCode = status;
        });
        await collector._server.StartAsync(TestContext.Current.CancellationToken);
        return collector;
    }

    /// <summary>Names are length-delimited UTF-8 in protobuf: they stand in the body as they are.</summary>
    public bool Has(string path, string text) => Requests.Any(request => request.Path == path && request.Body.AsSpan().IndexOf(System.Text.Encoding.UTF8.GetBytes(text)) >= 0);

    public ValueTask DisposeAsync() => _server.DisposeAsync();
}
