using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text;
using StreamPipeline.Embedded.Lambda;

namespace StreamPipeline.Lambda.Tests.Runtime;

/// <summary>The host with programs of a few lines, whatever they do.</summary>
public sealed class RuntimeApiHostTests
{
    private const string Echo = """
        base=http://$AWS_LAMBDA_RUNTIME_API/2018-06-01/runtime
        while true; do
          event=$(curl -sS -D /tmp/headers.$$ $base/invocation/next)
          id=$(grep -i '^lambda-runtime-aws-request-id:' /tmp/headers.$$ | tr -d '\r' | cut -d' ' -f2)
          rm -f /tmp/headers.$$
          case "$event" in
            '"die"') exit 3;;
            '"hang"') exec sleep 600;;
          esac
          echo "got $event"
          curl -sS -X POST -d "$event" $base/invocation/$id/response >/dev/null
        done
        """;

    private readonly ConcurrentQueue<string> _lines = [];

    [Fact]
    public async Task A_function_that_dies_fails_its_invocation_and_is_started_again()
    {
        await using var host = Host(Echo);
        Assert.Equal("\"a\"", Text(await Invoke(host, "\"a\"")));
        var died = await Invoke(host, "\"die\"");
        Assert.True(died.IsError);
        Assert.Contains("Runtime.ExitError", Text(died), StringComparison.Ordinal);
        Assert.Equal("\"b\"", Text(await Invoke(host, "\"b\"")));
        Assert.Equal(2, host.Starts);
        Assert.Contains("got \"a\"", _lines);
    }

    [Fact]
    public async Task A_function_that_takes_too_long_is_killed_and_started_again()
    {
        await using var host = Host(Echo);
        await host.WarmUp(TestContext.Current.CancellationToken);
        var late = await host.Invoke(Encoding.UTF8.GetBytes("\"hang\""), TimeSpan.FromMilliseconds(300), null, TestContext.Current.CancellationToken);
        Assert.True(late.IsError);
        Assert.Contains("Task timed out after 0.3 seconds", Text(late), StringComparison.Ordinal);
        Assert.Equal("\"b\"", Text(await Invoke(host, "\"b\"")));
    }

    [Fact]
    public async Task A_function_that_was_killed_while_it_waited_does_not_take_the_next_event_with_it()
    {
        await using var host = Host(Echo);
        await host.WarmUp(TestContext.Current.CancellationToken);
        var killed = (FunctionProcess)host.Instance!;
        Process.GetProcessById(killed.Id).Kill();
        await killed.Exited;
        Assert.Equal("\"b\"", Text(await Invoke(host, "\"b\"")));
        Assert.Equal(2, host.Starts);
    }

    [Fact]
    public async Task An_init_error_is_told_to_who_invokes()
    {
        await using var host = Host("curl -sS -X POST -d '{\"errorMessage\":\"no table\"}' http://$AWS_LAMBDA_RUNTIME_API/2018-06-01/runtime/init/error; exit 1");
        var error = await Assert.ThrowsAsync<InvalidOperationException>(() => Invoke(host, "1"));
        Assert.Contains("no table", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_program_that_is_not_there_is_an_error_that_names_it()
    {
        await using var host = RuntimeApiHost.Start(address => FunctionProcess.Start(new ProcessStartInfo("/nowhere/bootstrap"), address, _ => { }), TimeProvider.System);
        var error = await Assert.ThrowsAsync<InvalidOperationException>(() => Invoke(host, "1"));
        Assert.Contains("/nowhere/bootstrap", error.Message, StringComparison.Ordinal);
    }

    private static Task<FunctionAnswer> Invoke(RuntimeApiHost host, string payload) =>
        host.Invoke(Encoding.UTF8.GetBytes(payload), TimeSpan.FromMinutes(1), null, TestContext.Current.CancellationToken);

    private static string Text(FunctionAnswer answer) => Encoding.UTF8.GetString(answer.Body.Span);

    private RuntimeApiHost Host(string script) => RuntimeApiHost.Start(
        address => FunctionProcess.Start(new ProcessStartInfo("bash", ["-c", script]), address, _lines.Enqueue), TimeProvider.System);
}
