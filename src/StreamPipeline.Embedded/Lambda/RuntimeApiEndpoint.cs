using System.Globalization;
using System.Net;
using System.Threading.Channels;

namespace StreamPipeline.Embedded.Lambda;

/// <summary>An event on its way to the function and the answer on its way back.</summary>
internal sealed record PendingEvent(string RequestId, ReadOnlyMemory<byte> Payload, DateTimeOffset Deadline, string? TraceId)
{
    public TaskCompletionSource<FunctionAnswer> Answer { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
}

/// <summary>The HTTP side of <see cref="RuntimeApiHost"/>: next, response, error and init/error, on the loopback.</summary>
internal sealed class RuntimeApiEndpoint : IAsyncDisposable
{
    private const string Prefix = "/2018-06-01/runtime/";
    private const int PortTries = 20;

    // An answer may be 6 MB on Lambda; an error is smaller.
    private const int AnswerBytesMax = 6 << 20;

    private readonly HttpListener _listener;
    private readonly Task _serving;

    // From the invoker to the function's GET next.
    private readonly Channel<PendingEvent> _events = Channel.CreateBounded<PendingEvent>(1);
    private readonly Lock _lock = new();
    private PendingEvent? _current;

    // Ends the waiting of a dead function, which would else take the next one's event.
    private CancellationTokenSource _alive = new();

    private RuntimeApiEndpoint(HttpListener listener, string address)
    {
        (_listener, Address) = (listener, address);
        _serving = Serve();
    }

    /// <summary>Host and port.</summary>
    public string Address { get; }

    /// <summary>Completes with what the function that was started last says when it cannot start.</summary>
    public TaskCompletionSource<string> InitError { get; private set; } = NewSource<string>();

    /// <summary>Completes when it asks for its first event.</summary>
    public TaskCompletionSource Ready { get; private set; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <exception cref="IOException">No port is free.</exception>
    public static RuntimeApiEndpoint Open()
    {
        for (var attempt = 1; ; attempt++)
        {
            // Ports come from the system; between its answer and our use another process may take one.
            using var probe = new System.Net.Sockets.TcpListener(IPAddress.Loopback, 0);
            probe.Start();
            var address = string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{((IPEndPoint)probe.LocalEndpoint).Port}");
            probe.Stop();
            var listener = new HttpListener { Prefixes = { $"http://{address}/" }, IgnoreWriteExceptions = true };
            try
            {
                listener.Start();
                return new RuntimeApiEndpoint(listener, address);
            }
            catch (HttpListenerException) when (attempt < PortTries)
            {
                listener.Close();
            }
            catch (HttpListenerException error)
            {
                throw new IOException($"no port could be opened on 127.0.0.1 in {PortTries} tries: {error.Message}", error);
            }
        }
    }

    /// <summary>A function is started.</summary>
    public void Begin()
    {
        InitError = NewSource<string>();
        Ready = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _alive = new CancellationTokenSource();
    }

    /// <summary>The function is gone, and the event with it.</summary>
    public void End()
    {
        _alive.Cancel();
        _events.Reader.TryRead(out _);
        lock (_lock)
        {
            _current = null;
        }
    }

    public ValueTask Offer(PendingEvent pending, CancellationToken cancellation) => _events.Writer.WriteAsync(pending, cancellation);

    public async ValueTask DisposeAsync()
    {
        _listener.Close();
        await _serving;
    }

    private static TaskCompletionSource<T> NewSource<T>() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private async Task Serve()
    {
        while (true)
        {
            HttpListenerContext context;
            try
            {
                context = await _listener.GetContextAsync();
            }
            catch (Exception error) when (error is HttpListenerException or ObjectDisposedException)
            {
                return;
            }

            // GET next waits for an event while nothing else comes from a function; only a killed one's may still hang.
            _ = Answer(context);
        }
    }

    private async Task Answer(HttpListenerContext context)
    {
        try
        {
            var path = context.Request.Url!.AbsolutePath;
            if (path == Prefix + "invocation/next" && context.Request.HttpMethod == "GET")
            {
                await SendNext(context);
            }
            else if (path.StartsWith(Prefix, StringComparison.Ordinal) && context.Request.HttpMethod == "POST")
            {
                context.Response.StatusCode = (int)await Take(path[Prefix.Length..], await Body(context.Request));
            }
            else
            {
                context.Response.StatusCode = (int)HttpStatusCode.NotFound;
            }

            context.Response.Close();
        }
        catch (Exception error) when (error is HttpListenerException or IOException or ObjectDisposedException or OperationCanceledException)
        {
            // The process died while it was answered; the invoker sees that.
            context.Response.Abort();
        }
    }

    private async Task SendNext(HttpListenerContext context)
    {
        Ready.TrySetResult();
        var pending = await _events.Reader.ReadAsync(_alive.Token);
        lock (_lock)
        {
            _current = pending;
        }

        var headers = context.Response.Headers;
        headers["Lambda-Runtime-Aws-Request-Id"] = pending.RequestId;
        headers["Lambda-Runtime-Deadline-Ms"] = pending.Deadline.ToUnixTimeMilliseconds().ToString(CultureInfo.InvariantCulture);
        headers["Lambda-Runtime-Invoked-Function-Arn"] = "arn:aws:lambda:us-east-1:000000000000:function:local";
        if (pending.TraceId is { } traceId)
        {
            headers["Lambda-Runtime-Trace-Id"] = traceId;
        }

        context.Response.ContentType = "application/json";
        context.Response.ContentLength64 = pending.Payload.Length;
        await context.Response.OutputStream.WriteAsync(pending.Payload);
    }

    private Task<HttpStatusCode> Take(string path, byte[]? body)
    {
        if (body is null)
        {
            return Task.FromResult(HttpStatusCode.RequestEntityTooLarge);
        }

        if (path == "init/error")
        {
            InitError.TrySetResult(System.Text.Encoding.UTF8.GetString(body));
            return Task.FromResult(HttpStatusCode.Accepted);
        }

        PendingEvent? current;
        lock (_lock)
        {
            current = _current;
        }

        var isError = path.EndsWith("/error", StringComparison.Ordinal);
        if (current is null || path != $"invocation/{current.RequestId}/{(isError ? "error" : "response")}")
        {
            return Task.FromResult(HttpStatusCode.BadRequest);
        }

        current.Answer.TrySetResult(new FunctionAnswer(body, isError));
        return Task.FromResult(HttpStatusCode.Accepted);
    }

    /// <summary>Null when it is too large.</summary>
    private static async Task<byte[]?> Body(HttpListenerRequest request)
    {
        using var body = new MemoryStream();
        var buffer = new byte[1 << 16];
        for (int read; (read = await request.InputStream.ReadAsync(buffer)) > 0;)
        {
            body.Write(buffer, 0, read);
            if (body.Length > AnswerBytesMax)
            {
                return null;
            }
        }

        return body.ToArray();
    }
}
