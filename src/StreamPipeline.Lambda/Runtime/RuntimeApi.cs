using System.Globalization;
using System.Net;
using System.Net.Http.Headers;

namespace StreamPipeline.Lambda.Runtime;

/// <summary>
/// The interface between Lambda and a custom runtime. Source: https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html (2018-06-01).
/// Not thread-safe: one invocation at a time.
/// </summary>
internal sealed class RuntimeApi : IDisposable
{
    private const string RequestIdHeader = "Lambda-Runtime-Aws-Request-Id";
    private const string DeadlineHeader = "Lambda-Runtime-Deadline-Ms";
    private const string TraceHeader = "Lambda-Runtime-Trace-Id";
    private const string FunctionArnHeader = "Lambda-Runtime-Invoked-Function-Arn";
    private const string ErrorTypeHeader = "Lambda-Runtime-Function-Error-Type";

    // What Lambda sends at most is 6 MB; a stand-in that sends more must not take all memory.
    private const int PayloadBytesMax = 64 << 20;

    private readonly HttpClient _http;
    private readonly string _base;
    private byte[] _payload = new byte[64 << 10];

    /// <param name="address"><c>AWS_LAMBDA_RUNTIME_API</c>: host and port.</param>
    public RuntimeApi(string address)
    {
        _base = $"http://{address}/2018-06-01/runtime/";
        _http = new HttpClient(new SocketsHttpHandler
        {
            UseProxy = false,
            UseCookies = false,
            AllowAutoRedirect = false,
            ActivityHeadersPropagator = null,
            AutomaticDecompression = DecompressionMethods.None,
        })
        {
            // Lambda freezes the process while it waits for the next event, for hours at times.
            Timeout = Timeout.InfiniteTimeSpan,
        };
    }

    public void Dispose() => _http.Dispose();

    /// <summary>Waits for the next event.</summary>
    /// <exception cref="RuntimeApiException">The answer is no event.</exception>
    /// <exception cref="HttpRequestException">The Runtime API cannot be reached.</exception>
    public async ValueTask<Invocation> Next(CancellationToken cancellation)
    {
        using var answer = await _http.GetAsync(new Uri(_base + "invocation/next"), HttpCompletionOption.ResponseHeadersRead, cancellation);
        if (answer.StatusCode != HttpStatusCode.OK)
        {
            throw new RuntimeApiException($"GET invocation/next answered {(int)answer.StatusCode}; 200 is expected");
        }

        var requestId = Header(answer, RequestIdHeader) ?? throw new RuntimeApiException($"GET invocation/next answered without the header {RequestIdHeader}");
        var deadline = Header(answer, DeadlineHeader);
        if (!long.TryParse(deadline, NumberStyles.None, CultureInfo.InvariantCulture, out var deadlineMs))
        {
            throw new RuntimeApiException($"the header {DeadlineHeader} is '{deadline}'; milliseconds since the epoch are expected");
        }

        var length = await Read(answer.Content, cancellation);
        return new Invocation(
            requestId, DateTimeOffset.FromUnixTimeMilliseconds(deadlineMs), Header(answer, TraceHeader), Header(answer, FunctionArnHeader), _payload.AsMemory(0, length));
    }

    /// <summary>The invocation's answer, JSON.</summary>
    public Task Respond(string requestId, ReadOnlyMemory<byte> json, CancellationToken cancellation) =>
        Post($"invocation/{requestId}/response", json, errorType: null, cancellation);

    /// <summary>The invocation failed.</summary>
    /// <param name="requestId">Which.</param>
    /// <param name="error">What is shown and logged.</param>
    /// <param name="cancellation">Ends the wait.</param>
    public Task Fail(string requestId, RuntimeError error, CancellationToken cancellation) =>
        Post($"invocation/{requestId}/error", error.ToJson(), error.Type, cancellation);

    /// <summary>The function cannot start. The process is to end afterwards.</summary>
    public Task FailInit(RuntimeError error, CancellationToken cancellation) => Post("init/error", error.ToJson(), error.Type, cancellation);

    private async Task Post(string path, ReadOnlyMemory<byte> json, string? errorType, CancellationToken cancellation)
    {
        using var content = new ReadOnlyMemoryContent(json);
        content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(_base + path)) { Content = content };
        if (errorType is not null)
        {
            request.Headers.TryAddWithoutValidation(ErrorTypeHeader, errorType);
        }

        using var answer = await _http.SendAsync(request, cancellation);
        if (answer.StatusCode != HttpStatusCode.Accepted)
        {
            throw new RuntimeApiException($"POST {path} of {json.Length:N0} bytes answered {(int)answer.StatusCode}; 202 is expected");
        }
    }

    /// <summary>The body, into the buffer that the last one used.</summary>
    private async ValueTask<int> Read(HttpContent content, CancellationToken cancellation)
    {
        if (content.Headers.ContentLength is > PayloadBytesMax and var announced)
        {
            throw new RuntimeApiException($"the event has {announced:N0} bytes; at most {PayloadBytesMax:N0} are taken");
        }

        EnsureRoom((int)(content.Headers.ContentLength ?? 0) + 1);
        await using var body = await content.ReadAsStreamAsync(cancellation);
        var used = 0;
        for (int read; (read = await body.ReadAsync(_payload.AsMemory(used), cancellation)) > 0;)
        {
            used += read;
            if (used > PayloadBytesMax)
            {
                throw new RuntimeApiException($"the event has more than {PayloadBytesMax:N0} bytes");
            }

            if (used == _payload.Length)
            {
                EnsureRoom(2 * used);
            }
        }

        return used;
    }

    private void EnsureRoom(int bytes)
    {
        if (_payload.Length < bytes)
        {
            Array.Resize(ref _payload, bytes);
        }
    }

    private static string? Header(HttpResponseMessage answer, string name) =>
        answer.Headers.TryGetValues(name, out var values) ? values.FirstOrDefault() : null;
}

/// <summary>Lambda's Runtime API does not behave as documented: the process cannot go on.</summary>
internal sealed class RuntimeApiException(string message) : Exception(message);
