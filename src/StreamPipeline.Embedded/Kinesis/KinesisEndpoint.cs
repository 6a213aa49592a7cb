using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using StreamPipeline.Embedded.Kinesis.Protocol;

namespace StreamPipeline.Embedded.Kinesis;

/// <summary>
/// A Kinesis endpoint in this process, for any AWS SDK and the AWS CLI: streams, shards, sequence numbers, limits, throttles and errors behave
/// as in Amazon Kinesis Data Streams; changes to streams and shards are done at once. Records are on the disk before a put is answered.
/// Any signature is accepted, and none is needed.
/// </summary>
public sealed class KinesisEndpoint : IAsyncDisposable
{
    private const int ConnectionsMax = 1_024;

    private readonly StreamStore _store;
    private readonly HttpFrontDoor _door;
    private readonly WebApplication _web;

    private KinesisEndpoint(StreamStore store, HttpFrontDoor door, WebApplication web)
    {
        _store = store;
        _door = door;
        _web = web;
    }

    /// <summary>Where it listens, with the port that was taken.</summary>
    public Uri Uri { get; private set; } = new("http://localhost");

    /// <summary>The streams as they are now, by name.</summary>
    public IReadOnlyList<StreamOverview> Streams => [.. _store.Streams.Select(stream => new StreamOverview(stream.Name, stream.OpenShards, stream.RetentionHours))];

    /// <param name="settings">Where, and with which streams.</param>
    /// <param name="time">Arrival times, throttles and retention.</param>
    /// <exception cref="IOException">The port is taken, or the file cannot be used; the message names it and what to do.</exception>
    /// <exception cref="ArgumentException">A stream of the settings has a bad name or number of shards.</exception>
    public static async Task<KinesisEndpoint> Start(KinesisEndpointSettings settings, TimeProvider time)
    {
        var store = new StreamStore(settings.File, settings.IsThrottled, time, settings.Report);
        HttpFrontDoor? door = null;
        WebApplication? web = null;
        try
        {
            await CreateMissing(store, settings.Streams);
            door = new HttpFrontDoor(new OperationTable(store), time, settings.Report);
            web = BuildServer(settings, door);
            var endpoint = new KinesisEndpoint(store, door, web);
            await web.StartAsync();
            endpoint.Uri = new Uri(web.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First());
            return endpoint;
        }
        catch (Exception error)
        {
            if (web is not null)
            {
                await web.DisposeAsync();
            }

            door?.Dispose();
            await store.DisposeAsync();
            if (error is IOException && web is not null)
            {
                throw new IOException($"cannot listen on {new IPEndPoint(settings.Address, settings.Port)}: {error.Message.TrimEnd('.')}; choose another --port, or 0 for any", error);
            }

            throw;
        }
    }

    /// <summary>Ends calls that are under way, at most some seconds, and closes the file.</summary>
    public async ValueTask DisposeAsync()
    {
        await _web.StopAsync();
        await _web.DisposeAsync();
        await _store.DisposeAsync();
        _door.Dispose();
    }

    private static async Task CreateMissing(StreamStore store, IReadOnlyList<InitialStream> streams)
    {
        foreach (var (name, shards) in streams)
        {
            try
            {
                Check.Name("streamName", name);
                Check.Between("shardCount", shards, 1, 1, KinesisLimits.ShardsMax);
                if (store.Find(name) is null)
                {
                    await store.Create(name, shards);
                }
            }
            catch (KinesisFault fault) when (fault.Status == 400)
            {
                throw new ArgumentException($"stream '{KinesisFault.Shown(name)}' with {shards} shards: {fault.Message}", nameof(streams), fault);
            }
            catch (KinesisFault fault)
            {
                throw new IOException($"stream '{name}' could not be created: {fault.Message}", fault);
            }
        }
    }

    private static WebApplication BuildServer(KinesisEndpointSettings settings, HttpFrontDoor door)
    {
        // Without configuration files, environment variables and loggers: what it does is in the settings.
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = HttpFrontDoor.DrainedBytesMax;
            kestrel.Limits.MaxConcurrentConnections = ConnectionsMax;
            kestrel.Listen(settings.Address, settings.Port, listen => listen.Protocols = HttpProtocols.Http1);
        });
        var web = builder.Build();
        web.Run(door.Handle);
        return web;
    }
}
