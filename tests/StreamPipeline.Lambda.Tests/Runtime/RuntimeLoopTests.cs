using System.Collections.Concurrent;
using System.Text;
using System.Text.Json;
using StreamPipeline.Core.Commit;
using StreamPipeline.Embedded.Lambda;
using StreamPipeline.Lambda.Runtime;

namespace StreamPipeline.Lambda.Tests.Runtime;

public sealed class RuntimeLoopTests : IAsyncDisposable
{
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);

    private readonly FunctionFixture _fixture = new();
    private readonly TemporaryPipeline _pipeline = new();
    private readonly MemoryStream _output = new();
    private readonly ConcurrentDictionary<string, string?> _variables = new();
    private readonly List<InProcessFunction> _instances = [];
    private readonly RuntimeApiHost _host;

    public RuntimeLoopTests()
    {
        _variables["_HANDLER"] = "consume";
        _variables["STREAMPIPELINE_TABLE"] = "state";
        _variables["STREAMPIPELINE_BUCKET"] = "lake";
        _variables["STREAMPIPELINE_PIPELINE"] = _pipeline.File;
        _host = RuntimeApiHost.Start(
            address =>
            {
                _instances.Add(InProcessFunction.Start(address, _variables, _fixture.Deployment, _output));
                return _instances[^1];
            },
            TimeProvider.System);
    }

    public async ValueTask DisposeAsync()
    {
        await _host.DisposeAsync();
        await Task.WhenAll(_instances.Select(instance => instance.Exited));
        _pipeline.Dispose();
    }

    [Fact]
    public async Task Events_are_answered_one_after_the_other_by_the_same_function()
    {
        for (var batch = 0; batch < 5; batch++)
        {
            var answer = await Invoke(LambdaEvents.Of(LambdaEvents.Batch("s0", 1 + (10 * batch), 10)));
            Assert.False(answer.IsError);
            Assert.Equal("""{"batchItemFailures":[]}""", Text(answer));
        }

        Assert.Equal(1, _host.Starts);
        Assert.Equal(new Counts(50, 50, 0, 0, 0), await _fixture.Totals());
    }

    [Fact]
    public async Task An_error_is_reported_with_its_type_and_text_and_the_next_event_is_served()
    {
        var answer = await Invoke("{}"u8.ToArray());
        Assert.True(answer.IsError);
        var error = JsonSerializer.Deserialize<JsonElement>(answer.Body.Span);
        Assert.Equal("StreamPipeline.InvalidDataException", error.GetProperty("errorType").GetString());
        Assert.Contains("has no member Records", error.GetProperty("errorMessage").GetString(), StringComparison.Ordinal);
        Assert.NotEmpty(error.GetProperty("stackTrace").EnumerateArray());

        Assert.False((await Invoke(LambdaEvents.Of(LambdaEvents.Batch("s0", 1, 1)))).IsError);
        Assert.Equal(1, _host.Starts);
        Assert.Contains("\"event\":\"invocation_failed\"", Encoding.UTF8.GetString(_output.ToArray()), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_trace_header_reaches_the_variable_that_the_SDK_reads()
    {
        await _host.Invoke(LambdaEvents.Of(LambdaEvents.Batch("s0", 1, 1)), Minute, "Root=1-5759e988-bd862e3fe1be46a994272793;Sampled=1", TestContext.Current.CancellationToken);
        Assert.Equal("Root=1-5759e988-bd862e3fe1be46a994272793;Sampled=1", _variables["_X_AMZN_TRACE_ID"]);
        await Invoke(LambdaEvents.Of(LambdaEvents.Batch("s0", 2, 1)));
        Assert.Null(_variables["_X_AMZN_TRACE_ID"]);
    }

    [Fact]
    public async Task All_configuration_problems_are_one_init_error()
    {
        _variables["_HANDLER"] = "nothing";
        _variables.TryRemove("STREAMPIPELINE_TABLE", out _);
        await File.WriteAllTextAsync(_pipeline.File, "name: p\nstream: s\ncontract: none.json\neventTime: { field: t, unit: us }\ndedup: { key: [id], horizon: 0s }\n", TestContext.Current.CancellationToken);
        var error = await Assert.ThrowsAsync<InvalidOperationException>(() => Invoke("{}"u8.ToArray()));
        Assert.Contains("3 problems", error.Message, StringComparison.Ordinal);
        Assert.Contains("there is no such function (set it to one of consume, fold, roll, vacuum)", error.Message, StringComparison.Ordinal);
        Assert.Contains("STREAMPIPELINE_TABLE: is not set", error.Message, StringComparison.Ordinal);
        Assert.Contains("horizon", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_missing_pipeline_is_an_init_error_that_names_the_file()
    {
        _variables["STREAMPIPELINE_PIPELINE"] = "/nowhere/pipeline.yaml";
        var error = await Assert.ThrowsAsync<InvalidOperationException>(() => Invoke("{}"u8.ToArray()));
        Assert.Contains("/nowhere/pipeline.yaml", error.Message, StringComparison.Ordinal);
        Assert.Contains("STREAMPIPELINE_PIPELINE", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_large_event_takes_the_same_way()
    {
        // 30,000 records are some 10 MB of JSON, more than Lambda sends; then a small one in the same buffer.
        Assert.False((await Invoke(LambdaEvents.Of(LambdaEvents.Batch("s0", 1, 30_000)))).IsError);
        Assert.False((await Invoke(LambdaEvents.Of(LambdaEvents.Batch("s1", 1, 1)))).IsError);
        Assert.Equal(30_001, (await _fixture.Totals()).Silver);
    }

    [Fact]
    public async Task Work_is_stopped_before_the_deadline_and_what_is_open_is_answered()
    {
        // The store hangs until it is cancelled, as a network does.
        _fixture.Objects = new HangingObjectStore();
        var answer = await _host.Invoke(LambdaEvents.Of(LambdaEvents.Batch("s0", 5, 3)), TimeSpan.FromSeconds(1.5), null, TestContext.Current.CancellationToken);
        Assert.False(answer.IsError);
        Assert.Equal("""{"batchItemFailures":[{"itemIdentifier":"5"}]}""", Text(answer));
        Assert.Equal(1, _host.Starts);
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(0.2, 0)]
    [InlineData(1, 0.7)]
    [InlineData(10, 9)]
    [InlineData(900, 895)]
    public void The_margin_before_the_deadline_is_bounded(double remaining, double working) =>
        Assert.Equal(TimeSpan.FromSeconds(working), RuntimeLoop.WorkingTime(TimeSpan.FromSeconds(remaining)));

    private Task<FunctionAnswer> Invoke(byte[] payload) => _host.Invoke(payload, Minute, traceId: null, TestContext.Current.CancellationToken);

    private static string Text(FunctionAnswer answer) => Encoding.UTF8.GetString(answer.Body.Span);
}
