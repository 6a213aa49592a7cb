using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text;
using StreamPipeline.Embedded.Lambda;
using StreamPipeline.Tests.Aws;

namespace StreamPipeline.Lambda.Tests.Native;

/// <summary>A function of the program, native or not, in a process of its own, with DynamoDB, S3, Kinesis and Firehose on moto.</summary>
internal sealed class NativeFunction : IAsyncDisposable
{
    private readonly RuntimeApiHost _host;

    /// <param name="program">The native binary; null: the assembly, with the JIT compiler.</param>
    /// <param name="name">Which function.</param>
    /// <param name="server">Where AWS is.</param>
    /// <param name="variables">Further environment.</param>
    public NativeFunction(string? program, string name, MotoServer server, params IEnumerable<(string Name, string Value)> variables)
    {
        _host = RuntimeApiHost.Start(
            address =>
            {
                var start = program is null ? new ProcessStartInfo("dotnet", ["exec", Binary.Assembly]) : new ProcessStartInfo(program);
                start.Environment.Clear();
                start.Environment["PATH"] = Environment.GetEnvironmentVariable("PATH");
                start.Environment["_HANDLER"] = name;
                start.Environment["AWS_LAMBDA_FUNCTION_NAME"] = "test-" + name;
                start.Environment["AWS_ENDPOINT_URL"] = server.Address.ToString();
                start.Environment["AWS_REGION"] = "us-east-1";
                start.Environment["AWS_ACCESS_KEY_ID"] = start.Environment["AWS_SECRET_ACCESS_KEY"] = "testing";
                foreach (var (variable, value) in variables)
                {
                    start.Environment[variable] = value;
                }

                return FunctionProcess.Start(start, address, Lines.Enqueue);
            },
            TimeProvider.System);
    }

    public ConcurrentQueue<string> Lines { get; } = [];

    public ValueTask DisposeAsync() => _host.DisposeAsync();

    public Task WarmUp() => _host.WarmUp(TestContext.Current.CancellationToken);

    /// <param name="payload">The event.</param>
    /// <param name="trace">The invocation's trace, as X-Ray writes it.</param>
    public async Task<string> Invoke(ReadOnlyMemory<byte> payload, string trace = "Root=1-5759e988-bd862e3fe1be46a994272793")
    {
        var answer = await _host.Invoke(payload, TimeSpan.FromSeconds(60), trace, TestContext.Current.CancellationToken);
        var text = Encoding.UTF8.GetString(answer.Body.Span);
        return answer.IsError ? throw new InvalidOperationException($"{text}\n{string.Join('\n', Lines)}") : text;
    }

    /// <summary>Resident set, bytes, and its greatest so far.</summary>
    public async Task<(long Now, long Peak)> Resident()
    {
        var status = await File.ReadAllLinesAsync($"/proc/{((FunctionProcess)_host.Instance!).Id}/status", TestContext.Current.CancellationToken);
        long Of(string name) => 1024 * long.Parse(status.Single(line => line.StartsWith(name, StringComparison.Ordinal)).Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], System.Globalization.CultureInfo.InvariantCulture);
        return (Of("VmRSS:"), Of("VmHWM:"));
    }
}
