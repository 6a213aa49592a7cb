using System.Diagnostics;
using System.Globalization;
using Amazon.Kinesis.Model;
using StreamPipeline.Aws;
using StreamPipeline.Lambda.Tests.Runtime;
using StreamPipeline.Tests.Aws;

namespace StreamPipeline.Lambda.Tests.Native;

/// <summary>What the native binary is for. The same program, the same machine, the same minute: native and JIT in turn, medians of ten.</summary>
public sealed class ColdStartTests(MotoFixture moto, ITestOutputHelper output) : IDisposable
{
    private const int Runs = 10;
    private const double FasterMin = 5;
    private const long ResidentMax = 120L << 20;

    private readonly TemporaryPipeline _pipeline = new();

    public void Dispose() => _pipeline.Dispose();

    /// <summary>
    /// The time to the first answer is judged with an event that needs no service: what moto, a Python process on the same two cores, takes for a call is not the
    /// program's. With its first commit it is measured, too, and printed.
    /// </summary>
    [Fact]
    public async Task The_native_binary_answers_five_times_faster_than_the_JIT()
    {
        var variables = await Variables();
        var program = await Binary.Path;
        List<Sample> native = [], jit = [];
        for (var run = 0; run < Runs; run++)
        {
            native.Add(await Measure(program, 1 + (200 * run), variables));
            jit.Add(await Measure(null, 101 + (200 * run), variables));
        }

        Print("exec to first /next, ms", native, jit, sample => sample.Next);
        var (fast, slow) = Print("exec to first answer, ms", native, jit, sample => sample.Answer);
        Print("first commit on moto, ms", native, jit, sample => sample.Commit);
        Print("resident set after it, MB", native, jit, sample => sample.Resident / 1e6);
        Assert.True(slow >= FasterMin * fast, string.Create(CultureInfo.InvariantCulture, $"the first answer came after {fast:0.0} ms native and {slow:0.0} ms with the JIT: less than {FasterMin} times faster"));
    }

    [Fact]
    public async Task After_ten_payloads_of_5_MB_at_most_120_MB_are_resident()
    {
        await using var function = new NativeFunction(await Binary.Path, "consume", await moto.Server, await Variables());
        var payload = 0;
        for (var batch = 0; batch < 10; batch++)
        {
            // As many records as Lambda hands over, of some 500 bytes each as it writes them: 5 MB.
            var bytes = LambdaEvents.Of(LambdaEvents.Batch("shardId-000000000000", 1 + (batch * 10_000), 10_000, new string('k', 100)));
            payload = bytes.Length;
            Assert.Equal("""{"batchItemFailures":[]}""", await function.Invoke(bytes));
        }

        var (now, peak) = await function.Resident();
        var text = string.Create(CultureInfo.InvariantCulture, $"after ten payloads of {payload / 1e6:0.0} MB: {now / 1e6:0.0} MB resident, {peak / 1e6:0.0} MB at most");
        output.WriteLine(text);
        Assert.InRange(payload, 4_900_000, 6_300_000);
        Assert.True(now <= ResidentMax, text);
    }

    private async Task<Sample> Measure(string? program, int first, (string, string)[] variables)
    {
        await using var function = new NativeFunction(program, "consume", await moto.Server, variables);
        var started = Stopwatch.GetTimestamp();
        await function.WarmUp();
        var next = Stopwatch.GetElapsedTime(started);
        await function.Invoke("""{"Records":[]}"""u8.ToArray());
        var answer = Stopwatch.GetElapsedTime(started);
        var before = Stopwatch.GetTimestamp();
        await function.Invoke(LambdaEvents.Of(LambdaEvents.Batch("shardId-000000000001", first, 100)));
        var commit = Stopwatch.GetElapsedTime(before);
        return new Sample(next.TotalMilliseconds, answer.TotalMilliseconds, commit.TotalMilliseconds, (await function.Resident()).Now);
    }

    private async Task<(string, string)[]> Variables()
    {
        var stream = moto.NewName("cold");
        using var kinesis = AwsClients.Kinesis((await moto.Server).Clients);
        await kinesis.CreateStreamAsync(new CreateStreamRequest { StreamName = stream, ShardCount = 2 }, TestContext.Current.CancellationToken);
        return
        [
            ("STREAMPIPELINE_TABLE", await moto.NewTable()), ("STREAMPIPELINE_BUCKET", await moto.NewBucket()), ("STREAMPIPELINE_STREAM", stream), ("STREAMPIPELINE_PIPELINE", _pipeline.File),
        ];
    }

    private (double Native, double Jit) Print(string what, List<Sample> native, List<Sample> jit, Func<Sample, double> of)
    {
        var (fast, slow) = (Median(native.Select(of)), Median(jit.Select(of)));
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{what,-28} native {fast,8:0.0}   JIT {slow,8:0.0}   {slow / fast,5:0.0} x"));
        return (fast, slow);
    }

    private static double Median(IEnumerable<double> values)
    {
        var sorted = values.Order().ToArray();
        return (sorted[sorted.Length / 2] + sorted[(sorted.Length - 1) / 2]) / 2;
    }

    private readonly record struct Sample(double Next, double Answer, double Commit, double Resident);
}
