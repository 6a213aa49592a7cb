using System.Globalization;

namespace StreamPipeline.Embedded.Lambda;

/// <summary>What a function answered.</summary>
/// <param name="Body">Its answer, or the error as JSON (<c>errorMessage</c>, <c>errorType</c>, <c>stackTrace</c>).</param>
/// <param name="IsError">The invocation failed: the function said so, it died, or its time was up.</param>
public readonly record struct FunctionAnswer(ReadOnlyMemory<byte> Body, bool IsError);

/// <summary>
/// Stands in for Lambda around one function: starts it with the address of this Runtime API, hands it one event at a time, keeps to the deadline
/// by killing it, and starts it again when it has died, on the next event, as Lambda does. Loopback only.
/// Source: https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html. Owner: who started it, who disposes it; that ends the function.
/// </summary>
public sealed class RuntimeApiHost : IAsyncDisposable
{
    private readonly RuntimeApiEndpoint _endpoint;
    private readonly Func<string, IFunctionInstance> _start;
    private readonly TimeProvider _time;
    private readonly SemaphoreSlim _turn = new(1);
    private IFunctionInstance? _instance;
    private int _requests;

    private RuntimeApiHost(RuntimeApiEndpoint endpoint, Func<string, IFunctionInstance> start, TimeProvider time) =>
        (_endpoint, _start, _time) = (endpoint, start, time);

    /// <summary>Host and port, as in <c>AWS_LAMBDA_RUNTIME_API</c>.</summary>
    public string Address => _endpoint.Address;

    /// <summary>How often the function was started.</summary>
    public int Starts { get; private set; }

    /// <summary>The function that serves now; null before the first event and after it died.</summary>
    public IFunctionInstance? Instance => _instance is { Exited.IsCompleted: false } running ? running : null;

    /// <summary>Begins to listen; the function starts with the first event.</summary>
    /// <param name="start">Starts the function, given <see cref="Address"/>; mostly a <see cref="FunctionProcess"/>.</param>
    /// <param name="time">For deadlines.</param>
    /// <exception cref="IOException">No port is free.</exception>
    public static RuntimeApiHost Start(Func<string, IFunctionInstance> start, TimeProvider time) => new(RuntimeApiEndpoint.Open(), start, time);

    /// <summary>Starts the function, if there is none, and waits until it asks for its first event.</summary>
    /// <exception cref="InvalidOperationException">The function cannot start: the message is its init error, or says that it ended.</exception>
    public async Task WarmUp(CancellationToken cancellation)
    {
        await _turn.WaitAsync(cancellation);
        try
        {
            var exit = EnsureStarted().Exited.WaitAsync(cancellation);
            if (await Task.WhenAny(_endpoint.Ready.Task, _endpoint.InitError.Task, exit) != _endpoint.Ready.Task)
            {
                cancellation.ThrowIfCancellationRequested();
                throw new InvalidOperationException(await InitError() ?? "the function ended before it asked for an event");
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
    /// <exception cref="InvalidOperationException">The function cannot start: the message is its init error, or why there is no process.</exception>
    public async Task<FunctionAnswer> Invoke(ReadOnlyMemory<byte> payload, TimeSpan timeout, string? traceId, CancellationToken cancellation)
    {
        await _turn.WaitAsync(cancellation);
        try
        {
            var instance = EnsureStarted();
            var requestId = string.Create(CultureInfo.InvariantCulture, $"00000000-0000-4000-8000-{++_requests:D12}");
            var pending = new PendingEvent(requestId, payload, _time.GetUtcNow() + timeout, traceId);
            await _endpoint.Offer(pending, cancellation);
            using var deadline = new CancellationTokenSource(timeout, _time);
            using var stop = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellation);
            if (await Task.WhenAny(pending.Answer.Task, _endpoint.InitError.Task, instance.Exited.WaitAsync(stop.Token)) != pending.Answer.Task)
            {
                var isLate = stop.IsCancellationRequested;
                Kill();
                cancellation.ThrowIfCancellationRequested();
                if (await InitError() is { } problem)
                {
                    throw new InvalidOperationException(problem);
                }

                pending.Answer.TrySetResult(isLate
                    ? Failure("Sandbox.Timedout", string.Create(CultureInfo.InvariantCulture, $"Task timed out after {timeout.TotalSeconds:0.##} seconds"))
                    : Failure("Runtime.ExitError", "the function ended during the invocation"));
            }

            return await pending.Answer.Task;
        }
        finally
        {
            _turn.Release();
        }
    }

    public async ValueTask DisposeAsync()
    {
        Kill();
        await _endpoint.DisposeAsync();
        _turn.Dispose();
    }

    private static FunctionAnswer Failure(string type, string message) =>
        new(System.Text.Encoding.UTF8.GetBytes($$"""{"errorMessage":"{{message}}","errorType":"{{type}}"}"""), IsError: true);

    private async Task<string?> InitError() => _endpoint.InitError.Task.IsCompletedSuccessfully ? await _endpoint.InitError.Task : null;

    private IFunctionInstance EnsureStarted()
    {
        if (Instance is { } running)
        {
            return running;
        }

        Kill();
        _endpoint.Begin();
        Starts++;
        return _instance = _start(Address);
    }

    private void Kill()
    {
        if (_instance is { } instance)
        {
            _instance = null;

            // First the process: one that lives to see its GET next answered without an event says so in its log.
            instance.Dispose();
            _endpoint.End();
        }
    }
}
