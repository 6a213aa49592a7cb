using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Threading.Channels;

namespace StreamPipeline.Embedded.Lambda;

/// <summary>What a function answered.</summary>
/// <param name="Body">Its answer, or the error as JSON (<c>errorMessage</c>, <c>errorType</c>, <c>stackTrace</c>).</param>
/// <param name="IsError">The invocation failed: the function said so, it died, or its time was up.</param>
public readonly record struct FunctionAnswer(ReadOnlyMemory<byte> Body, bool IsError);

/// <summary>
/// Stands in for Lambda around one function: starts its process with <c>AWS_LAMBDA_RUNTIME_API</c>, hands it one event at a time, keeps to the deadline
/// by killing it, and starts it again when it has died, on the next event, as Lambda does. Loopback only.
/// Source: https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html. Owner: who started it, who disposes it; that ends the process.
/// </summary>
public sealed class RuntimeApiHost : IAsyncDisposable
{
    private const string Prefix = "/2018-06-01/runtime/";
    private const int PortTries = 20;

    // An answer may be 6 MB on Lambda; an error is smaller.
    private const int AnswerBytesMax = 6 << 20;

    private readonly HttpListener _listener;
    private readonly Func<ProcessStartInfo> _start;
    private readonly TimeProvider _time;
    private readonly Action<string> _output;
    private readonly SemaphoreSlim _turn = new(1);
    private readonly Task _serving;

    // From the invoker to the process' GET next, and back.
    private readonly Channel<PendingEvent> _events = Channel.CreateBounded<PendingEvent>(1);
    private readonly Lock _lock = new();
    private PendingEvent? _current;
    private Process? _process;
    private TaskCompletionSource<string> _initError = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private TaskCompletionSource _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);

    // Ends the waiting of a dead process, which would else take the next one's event.
    private CancellationTokenSource _alive = new();
    private int _requests;

    private RuntimeApiHost(HttpListener listener, string address, Func<ProcessStartInfo> start, TimeProvider time, Action<string> output)
    {
        (_listener, Address, _start, _time, _output) = (listener, address, start, time, output);
        _serving = Serve();
    }

    /// <summary>Host and port, as in <c>AWS_LAMBDA_RUNTIME_API</c>.</summary>
    public string Address { get; }

    /// <summary>How often the process was started.</summary>
    public int Starts { get; private set; }

    /// <summary>The process that serves now; null before the first event and after it died.</summary>
    public int? ProcessId => _process is { HasExited: false } process ? process.Id : null;

    /// <summary>Begins to listen; the process starts with the first event.</summary>
    /// <param name="start">The function's program with its environment; the address is added.</param>
    /// <param name="time">For deadlines.</param>
    /// <param name="output">Gets each line of the function's standard output and error.</param>
    /// <exception cref="IOException">No port is free.</exception>
    public static RuntimeApiHost Start(Func<ProcessStartInfo> start, TimeProvider time, Action<string> output)
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
                return new RuntimeApiHost(listener, address, start, time, output);
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

    /// <summary>Starts the process, if there is none, and waits until it asks for its first event.</summary>
    /// <exception cref="InvalidOperationException">The function cannot start: the message is its init error, or says that it ended.</exception>
    public async Task WarmUp(CancellationToken cancellation)
    {
        await _turn.WaitAsync(cancellation);
        try
        {
            var exit = EnsureStarted().WaitForExitAsync(cancellation);
            if (await Task.WhenAny(_ready.Task, _initError.Task, exit) != _ready.Task)
            {
                cancellation.ThrowIfCancellationRequested();
                throw new InvalidOperationException(_initError.Task.IsCompletedSuccessfully ? await _initError.Task : "the function's process ended before it asked for an event");
            }
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>Hands the event to the function and waits for its answer. One at a time; others wait their turn.</summary>
    /// <param name="payload">The event, JSON; lives until this returns.</param>
    /// <param name="timeout">After which the function is killed, as Lambda's timeout does.</param>
    /// <param name="traceId">X-Ray header value handed to the function; null: none.</param>
    /// <param name="cancellation">Kills the function.</param>
    /// <exception cref="InvalidOperationException">The function cannot start: the message is its init error.</exception>
    public async Task<FunctionAnswer> Invoke(ReadOnlyMemory<byte> payload, TimeSpan timeout, string? traceId, CancellationToken cancellation)
    {
        await _turn.WaitAsync(cancellation);
        try
        {
            var process = EnsureStarted();
            var number = Interlocked.Increment(ref _requests);
            var pending = new PendingEvent(
                string.Create(CultureInfo.InvariantCulture, $"00000000-0000-4000-8000-{number:D12}"), payload, _time.GetUtcNow() + timeout, traceId);
            await _events.Writer.WriteAsync(pending, cancellation);
            using var deadline = new CancellationTokenSource(timeout, _time);
            using var stop = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellation);
            var exit = process.WaitForExitAsync(stop.Token);
            var first = await Task.WhenAny(pending.Answer.Task, _initError.Task, exit);
            if (first == pending.Answer.Task)
            {
                return await pending.Answer.Task;
            }

            // What nobody took is not for the next process.
            _events.Reader.TryRead(out _);
            lock (_lock)
            {
                _current = null;
            }

            var hadTime = !stop.IsCancellationRequested;
            Kill();
            cancellation.ThrowIfCancellationRequested();
            if (_initError.Task.IsCompletedSuccessfully)
            {
                throw new InvalidOperationException(await _initError.Task);
            }

            return pending.Answer.Task.IsCompletedSuccessfully
                ? await pending.Answer.Task
                : Failure(hadTime ? "Runtime.ExitError" : "Sandbox.Timedout", hadTime ? "the function's process ended during the invocation" : $"Task timed out after {timeout.TotalSeconds:0.##} seconds");
        }
        finally
        {
            _turn.Release();
        }
    }

    public async ValueTask DisposeAsync()
    {
        Kill();
        _listener.Close();
        await _serving;
        _turn.Dispose();
    }

    private static FunctionAnswer Failure(string type, string message) =>
        new(System.Text.Encoding.UTF8.GetBytes($$"""{"errorMessage":"{{message}}","errorType":"{{type}}"}"""), IsError: true);

    private Process EnsureStarted()
    {
        if (_process is { HasExited: false } running)
        {
            return running;
        }

        Kill();
        _initError = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        _ready = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _alive = new CancellationTokenSource();
        var start = _start();
        start.Environment["AWS_LAMBDA_RUNTIME_API"] = Address;
        start.RedirectStandardOutput = start.RedirectStandardError = true;
        start.UseShellExecute = false;
        var process = Process.Start(start) ?? throw new IOException($"'{start.FileName}' could not be started");
        process.OutputDataReceived += (_, line) => Forward(line.Data);
        process.ErrorDataReceived += (_, line) => Forward(line.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        Starts++;
        return _process = process;
    }

    private void Forward(string? line)
    {
        if (line is not null)
        {
            _output(line);
        }
    }

    private void Kill()
    {
        if (_process is { } process)
        {
            _process = null;
            _alive.Cancel();
            try
            {
                process.Kill();
            }
            catch (InvalidOperationException)
            {
                // It has ended by itself.
            }

            process.Dispose();
        }
    }

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

            // GET next waits for an event while nothing else comes from a process; only a killed one's may still hang.
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
        _ready.TrySetResult();
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
            _initError.TrySetResult(System.Text.Encoding.UTF8.GetString(body));
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

    private sealed record PendingEvent(string RequestId, ReadOnlyMemory<byte> Payload, DateTimeOffset Deadline, string? TraceId)
    {
        public TaskCompletionSource<FunctionAnswer> Answer { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
