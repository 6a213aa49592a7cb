using StreamPipeline.Lambda.Functions;

namespace StreamPipeline.Lambda.Tests.Functions;

public sealed class MaintenanceFunctionTests
{
    private static readonly byte[] Scheduled = """{"source":"aws.scheduler"}"""u8.ToArray();

    private readonly FunctionFixture _fixture = new();

    [Fact]
    public async Task Fold_and_roll_make_a_lake_that_verifies_and_doing_them_again_changes_nothing()
    {
        await Consume();
        var deployment = _fixture.Deployment();
        Assert.Equal(
            """{"function":"fold","stream":"s","complete":true,"batches":2,"silverRows":200,"quarantineRows":0,"versions":1}""",
            await FunctionFixture.Answer(new FoldFunction(deployment), Scheduled));
        Assert.Equal(
            """{"function":"fold","stream":"s","complete":true,"batches":0,"silverRows":0,"quarantineRows":0,"versions":0}""",
            await FunctionFixture.Answer(new FoldFunction(deployment), Scheduled));

        // Both shards stand at second 100: windows up to there are closed, except the one it lies in.
        Assert.Equal(
            """{"function":"roll","stream":"s","complete":true,"windows":10,"rows":10,"overflowedSums":0,"sealedShards":0}""",
            await FunctionFixture.Answer(new RollFunction(deployment), Scheduled));
        Assert.Equal(
            """{"function":"roll","stream":"s","complete":true,"windows":0,"rows":0,"overflowedSums":0,"sealedShards":0}""",
            await FunctionFixture.Answer(new RollFunction(deployment), Scheduled));
        var report = await _fixture.Verify();
        Assert.DoesNotContain(report.Checks, check => !check.IsOk);
        Assert.Contains("\"complete\":true,\"stagedObjects\":0", await FunctionFixture.Answer(new VacuumFunction(deployment), Scheduled), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Roll_seals_a_shard_that_makes_no_commits()
    {
        await Consume();
        using var consume = new ConsumeFunction(_fixture.Deployment());
        await FunctionFixture.Answer(consume, LambdaEvents.Of(LambdaEvents.Batch("s0", 101, 100)));
        var roll = new RollFunction(_fixture.Deployment());
        await FunctionFixture.Answer(roll, Scheduled);
        _fixture.Time.Advance(TimeSpan.FromMinutes(2));
        await FunctionFixture.Answer(consume, LambdaEvents.Of(LambdaEvents.Batch("s0", 201, 10)));
        Assert.Contains("\"sealedShards\":1", await FunctionFixture.Answer(roll, Scheduled), StringComparison.Ordinal);
    }

    [Fact]
    public async Task At_the_deadline_it_says_that_it_is_not_complete_and_the_next_one_goes_on()
    {
        await Consume();
        using var deadline = new CancellationTokenSource();
        _fixture.Objects = new InterruptedObjectStore(_fixture.MemoryObjects, new Interruption(
            (_, call) => call == "PutIfAbsent",
            async () =>
            {
                await deadline.CancelAsync();
                deadline.Token.ThrowIfCancellationRequested();
            }));
        Assert.Equal("""{"function":"fold","stream":"s","complete":false}""", await FunctionFixture.Invoke(new FoldFunction(_fixture.Deployment()), Scheduled, deadline.Token));
        _fixture.Objects = _fixture.MemoryObjects;
        Assert.Contains("\"silverRows\":200", await FunctionFixture.Answer(new FoldFunction(_fixture.Deployment()), Scheduled), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Two_folds_at_once_fold_each_batch_once()
    {
        await Consume();
        var other = new FoldFunction(_fixture.Deployment());
        var interrupted = false;
        _fixture.Objects = new InterruptedObjectStore(_fixture.MemoryObjects, new Interruption(
            (_, call) => call == "PutIfAbsent" && !interrupted,
            async () =>
            {
                interrupted = true;
                await FunctionFixture.Answer(other, Scheduled);
            }));
        await FunctionFixture.Answer(new FoldFunction(_fixture.Deployment()), Scheduled);
        Assert.True(interrupted);
        var silver = (await _fixture.Verify()).Checks.Single(check => check.Name == "silver rows");
        Assert.True(silver.IsOk);
        Assert.Equal(200, silver.Found);
    }

    private async Task Consume()
    {
        using var consume = new ConsumeFunction(_fixture.Deployment());
        var answer = await FunctionFixture.Answer(consume, LambdaEvents.Of(LambdaEvents.Batch("s0", 1, 100), LambdaEvents.Batch("s1", 1, 100)));
        Assert.Equal("""{"batchItemFailures":[]}""", answer);
    }
}
