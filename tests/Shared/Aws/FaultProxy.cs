using System.Collections.Concurrent;
using System.IO.Hashing;
using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Logging;

namespace StreamPipeline.Tests.Aws;

/// <summary>
/// An HTTP proxy on the loopback between the AWS clients and the servers that stand for AWS, which makes calls fail as they do in the world.
/// </summary>
public sealed class FaultProxy : IAsyncDisposable
{
    // What belongs to a connection and not to a message, and a checksum of a body that may be another by then.
    private static readonly HashSet<string> NotForwarded = new(StringComparer.OrdinalIgnoreCase)
    {
        "Connection", "Content-Length", "Expect", "Host", "Keep-Alive", "Transfer-Encoding", "x-amz-crc32",
    };

    private readonly WebApplication _server;
    private readonly HttpClient _client;
    private readonly Uri _upstream;
    private readonly Func<ProxiedCall, ProxyFault> _choose;
    private readonly Random _dice;
    private readonly Lock _lock = new();

    private FaultProxy(WebApplication server, Uri upstream, Func<ProxiedCall, ProxyFault> choose, int seed)
    {
        _server = server;
        _upstream = upstream;
        _choose = choose;
        _dice = new Random(seed);
        _client = new HttpClient(new SocketsHttpHandler { UseProxy = false, AllowAutoRedirect = false });
    }

    public Uri Address { get; private set; } = null!;

    /// <summary>How often each fault happened.</summary>
    public ConcurrentDictionary<ProxyFault, int> Counts { get; } = new();

    /// <summary>Every call, in the order in which they came, repetitions included.</summary>
    public ConcurrentQueue<(ProxiedCall Call, ProxyFault Fault)> Calls { get; } = new();

    /// <param name="upstream">The server.</param>
    /// <param name="choose">The fault of each call; called by several threads.</param>
    /// <param name="seed">Tells which entries of a batch are taken.</param>
    public static async Task<FaultProxy> Start(Uri upstream, Func<ProxiedCall, ProxyFault> choose, int seed = 1)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.Listen(IPAddress.Loopback, 0);
            kestrel.Limits.MaxRequestBodySize = null;
        });
        var server = builder.Build();
        var proxy = new FaultProxy(server, upstream, choose, seed);
        server.Run(proxy.Handle);
        await server.StartAsync();
        proxy.Address = new Uri(server.Urls.First());
        return proxy;
    }

    public async ValueTask DisposeAsync()
    {
        await _server.DisposeAsync();
        _client.Dispose();
    }

    private async Task Handle(HttpContext context)
    {
        using var buffer = new MemoryStream();
        await context.Request.Body.CopyToAsync(buffer);
        var body = buffer.ToArray();
        var call = CallOf(context, body);
        var fault = _choose(call);
        var partial = fault == ProxyFault.Partial ? PartialBatch.Of(call, body, Roll) : null;
        fault = fault switch
        {
            ProxyFault.Conflict when call.Operation != "TransactWriteItems" => ProxyFault.Throttled,
            ProxyFault.Partial when partial is null => ProxyFault.None,
            _ => fault,
        };
        Counts.AddOrUpdate(fault, 1, static (_, count) => count + 1);
        Calls.Enqueue((call, fault));
        await Answer(context, call, fault, partial, body);
    }

    private async Task Answer(HttpContext context, ProxiedCall call, ProxyFault fault, PartialBatch? partial, byte[] body)
    {
        switch (fault)
        {
            case ProxyFault.Throttled:
                await Write(context, ProxyAnswers.Throttle(call));
                break;
            case ProxyFault.Conflict:
                await Write(context, ProxyAnswers.Conflict(body));
                break;
            case ProxyFault.ServerError:
                await Write(context, ProxyAnswers.ServerError(call));
                break;
            case ProxyFault.Reset:
                context.Abort();
                break;
            case ProxyFault.LostAnswer:
                using (await Forward(context, body))
                {
                    context.Abort();
                }

                break;
            case ProxyFault.Partial when !partial!.IsAnyTaken:
                await Write(context, new ProxyAnswer(200, "application/x-amz-json-1.1", partial.Answer(null)));
                break;
            default:
                using (var response = await Forward(context, partial?.Request() ?? body))
                {
                    await PassOn(context, response, partial);
                }

                break;
        }
    }

    private static ProxiedCall CallOf(HttpContext context, byte[] body)
    {
        var request = context.Request;
        var target = request.Headers["X-Amz-Target"].ToString();
        var raw = context.Features.Get<IHttpRequestFeature>()!.RawTarget;
        var identity = $"{request.Method} {raw} {target} {Convert.ToHexString(XxHash128.Hash(body))}";
        var service = target.Split('_')[0] switch { "DynamoDB" => "dynamodb", "Kinesis" => "kinesis", "Firehose" => "firehose", _ => "s3" };
        return new ProxiedCall(service, service == "s3" ? request.Method : target[(target.IndexOf('.', StringComparison.Ordinal) + 1)..], raw, identity) { Trace = request.Headers["X-Amzn-Trace-Id"] };
    }

    private async Task<HttpResponseMessage> Forward(HttpContext context, byte[] body)
    {
        var raw = context.Features.Get<IHttpRequestFeature>()!.RawTarget;
        var address = new Uri(_upstream.GetLeftPart(UriPartial.Authority) + raw, new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true });
        using var request = new HttpRequestMessage(new HttpMethod(context.Request.Method), address) { Content = new ByteArrayContent(body) };
        foreach (var (name, values) in context.Request.Headers)
        {
            if (!NotForwarded.Contains(name) && !request.Headers.TryAddWithoutValidation(name, (IEnumerable<string?>)values))
            {
                request.Content.Headers.TryAddWithoutValidation(name, (IEnumerable<string?>)values);
            }
        }

        // Forwarded whole whatever becomes of the client: what is under way is applied.
        return await _client.SendAsync(request, HttpCompletionOption.ResponseContentRead, CancellationToken.None);
    }

    private static async Task PassOn(HttpContext context, HttpResponseMessage response, PartialBatch? partial)
    {
        context.Response.StatusCode = (int)response.StatusCode;
        foreach (var (name, values) in response.Headers.Concat(response.Content.Headers))
        {
            if (!NotForwarded.Contains(name))
            {
                context.Response.Headers[name] = values.ToArray();
            }
        }

        var content = await response.Content.ReadAsByteArrayAsync();
        if (partial is not null && response.IsSuccessStatusCode)
        {
            content = partial.Answer(content);
        }

        if (HttpMethods.IsHead(context.Request.Method))
        {
            context.Response.ContentLength = response.Content.Headers.ContentLength;
        }
        else if (content.Length > 0)
        {
            context.Response.ContentLength = content.Length;
            await context.Response.Body.WriteAsync(content);
        }
    }

    private static async Task Write(HttpContext context, ProxyAnswer answer)
    {
        context.Response.StatusCode = answer.Status;
        context.Response.ContentType = answer.ContentType;
        context.Response.ContentLength = answer.Body.Length;
        await context.Response.Body.WriteAsync(answer.Body);
    }

    private int Roll(int below)
    {
        lock (_lock)
        {
            return _dice.Next(below);
        }
    }
}
