using System.Collections.Concurrent;
using StreamPipeline.Embedded.Lambda;

namespace StreamPipeline.Lambda.Tests.Runtime;

/// <summary>The program's composition root on a task of this process: everything but the process itself is the real thing.</summary>
internal sealed class InProcessFunction : IFunctionInstance
{
    private readonly CancellationTokenSource _stop = new();

    private InProcessFunction(Func<CancellationToken, Task<int>> run) => Exited = Run(run);

    public Task Exited { get; }

    /// <param name="address">Of the Runtime API.</param>
    /// <param name="variables">The environment; what the function sets is seen here.</param>
    /// <param name="deployment">Instead of AWS.</param>
    /// <param name="output">Standard output.</param>
    public static InProcessFunction Start(string address, ConcurrentDictionary<string, string?> variables, Func<Deployment> deployment, Stream output)
    {
        variables["AWS_LAMBDA_RUNTIME_API"] = address;
        return new InProcessFunction(stop => Compose.Run(
            variables.GetValueOrDefault,
            (name, value) => variables[name] = value,
            output,
            TimeProvider.System,
            (_, pipeline, log) => deployment() with { Pipeline = pipeline, Log = log, Time = TimeProvider.System },
            stop));
    }

    public void Dispose() => _stop.Cancel();

    private async Task Run(Func<CancellationToken, Task<int>> run)
    {
        await Task.Yield();
        await run(_stop.Token);
    }
}
