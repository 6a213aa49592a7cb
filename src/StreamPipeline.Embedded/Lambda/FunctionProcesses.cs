using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text;
using StreamPipeline.Embedded.Mapping;

namespace StreamPipeline.Embedded.Lambda;

/// <summary>
/// One process of a Lambda binary for each shard, as Lambda has one sandbox for each batch under way: a shard's batches meet a warm process. Owner: the
/// run, which disposes it.
/// </summary>
/// <param name="start">The binary with its environment.</param>
/// <param name="timeout">Of one invocation; Lambda's limit is 15 minutes.</param>
/// <param name="time">For deadlines.</param>
/// <param name="output">Gets each line the function prints.</param>
public sealed class FunctionProcesses(Func<ProcessStartInfo> start, TimeSpan timeout, TimeProvider time, Action<string> output) : IAsyncDisposable
{
    private const int ErrorCharactersMax = 2_000;

    private readonly ConcurrentDictionary<string, RuntimeApiHost> _hosts = new(StringComparer.Ordinal);

    public InvokeFunction For(string shard)
    {
        var host = _hosts.GetOrAdd(shard, _ => RuntimeApiHost.Start(address => FunctionProcess.Start(start(), address, output), time));
        return (payload, cancellation) => Invoke(host, payload, cancellation);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var host in _hosts.Values)
        {
            await host.DisposeAsync();
        }
    }

    private async ValueTask<ReadOnlyMemory<byte>> Invoke(RuntimeApiHost host, ReadOnlyMemory<byte> payload, CancellationToken cancellation)
    {
        FunctionAnswer answer;
        try
        {
            answer = await host.Invoke(payload, timeout, traceId: null, cancellation);
        }
        catch (InvalidOperationException error)
        {
            // An init error does not go away by trying again.
            throw new LakeException($"the function cannot start: {error.Message}", error);
        }

        if (answer.IsError)
        {
            var text = Encoding.UTF8.GetString(answer.Body.Span);
            throw new FunctionException($"the function failed: {(text.Length <= ErrorCharactersMax ? text : text[..ErrorCharactersMax])}");
        }

        return answer.Body;
    }
}
