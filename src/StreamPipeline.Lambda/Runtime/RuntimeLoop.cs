using System.Buffers;
using StreamPipeline.Lambda.Functions;
using StreamPipeline.Lambda.Telemetry;

namespace StreamPipeline.Lambda.Runtime;

/// <summary>Takes one event after the other to the function, with what is left of its time, and brings back the answer.</summary>
internal sealed class RuntimeLoop(RuntimeApi api, IFunction function, JsonLog log, TimeProvider time, Action<string, string?> setVariable)
{
    /// <summary>Where the AWS SDK looks for the trace that its calls belong to, and sends it on as <c>X-Amzn-Trace-Id</c>.</summary>
    private const string TraceVariable = "_X_AMZN_TRACE_ID";

    // The margin is for what cannot be interrupted, such as decoding a batch, and for the answer itself.
    private static readonly TimeSpan _marginMin = TimeSpan.FromMilliseconds(300);
    private static readonly TimeSpan _marginMax = TimeSpan.FromSeconds(5);

    private readonly ArrayBufferWriter<byte> _response = new(1024);

    /// <summary>Runs until cancelled, or until the Runtime API is gone: then the process is to end.</summary>
    public async Task Run(CancellationToken cancellation)
    {
        while (true)
        {
            var invocation = await api.Next(cancellation);
            setVariable(TraceVariable, invocation.TraceId);
            log.RequestId = invocation.RequestId;
            await Handle(invocation, cancellation);
            log.RequestId = null;
        }
    }

    /// <summary>The time that a function gets: a tenth less than there is, and no less than 300 ms or more than 5 s.</summary>
    internal static TimeSpan WorkingTime(TimeSpan remaining)
    {
        var margin = remaining / 10;
        margin = margin < _marginMin ? _marginMin : margin > _marginMax ? _marginMax : margin;
        return remaining <= margin ? TimeSpan.Zero : remaining - margin;
    }

    private async Task Handle(Invocation invocation, CancellationToken cancellation)
    {
        using var deadline = new CancellationTokenSource(WorkingTime(invocation.Deadline - time.GetUtcNow()), time);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation, deadline.Token);
        _response.ResetWrittenCount();
        try
        {
            await function.Handle(invocation, _response, stop.Token);
        }
        catch (Exception error) when (!cancellation.IsCancellationRequested)
        {
            log.InvocationFailed(error);
            await api.Fail(invocation.RequestId, RuntimeError.Of(error), cancellation);
            return;
        }

        await api.Respond(invocation.RequestId, _response.WrittenMemory, cancellation);
    }
}
