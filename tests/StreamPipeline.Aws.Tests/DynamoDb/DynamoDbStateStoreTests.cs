using Amazon.DynamoDBv2;
using StreamPipeline.Aws.DynamoDb;
using StreamPipeline.Core.Commit;
using StreamPipeline.Tests.Aws;

namespace StreamPipeline.Aws.Tests.DynamoDb;

public sealed class DynamoDbStateStoreTests(MotoFixture moto) : StateStoreContract, IAsyncLifetime
{
    private AmazonDynamoDBClient? _dynamo;
    private DynamoDbStateStore? _store;
    private string _table = "";

    protected override IStateStore Store => _store!;

    private static CancellationToken Never => CancellationToken.None;

    public async ValueTask InitializeAsync()
    {
        _dynamo = AwsClients.DynamoDb((await moto.Server).Clients);
        _table = await moto.NewTable();
        _store = NewStore(_table);
    }

    public ValueTask DisposeAsync()
    {
        _dynamo?.Dispose();
        return ValueTask.CompletedTask;
    }

    [Fact]
    public async Task A_swap_made_again_after_its_token_is_forgotten_is_still_committed_and_never_lost()
    {
        await _store!.Put([Item("p", "head", 4, "old")], Never);
        StateWrite[] writes = [new(Item("p", "head", 5, "new"), 4), new(Item("p", "batch", 1, "b"), 0)];
        Assert.Equal(SwapOutcome.Committed, await _store.Swap(writes, Never));

        // Another store has other tokens: to DynamoDB this is a new transaction.
        Assert.Equal(SwapOutcome.Committed, await NewStore(_table).Swap(writes, Never));

        // Also when another process has moved the head on since: the batch item is the proof.
        Assert.Equal(SwapOutcome.Committed, await _store.Swap([new(Item("p", "head", 6, "next") with { Attempt = "other" }, 5)], Never));
        Assert.Equal(SwapOutcome.Committed, await NewStore(_table).Swap(writes, Never));
        Assert.Equal(6, (await _store.Read("p", "head", Never))!.Version);
    }

    [Fact]
    public async Task A_swap_of_the_same_attempt_with_another_body_is_lost()
    {
        Assert.Equal(SwapOutcome.Committed, await _store!.Swap([new(Item("p", "head", 1, "one"), 0)], Never));
        Assert.Equal(SwapOutcome.Lost, await _store.Swap([new(Item("p", "head", 1, "two"), 0)], Never));
    }

    [Fact]
    public async Task The_expiry_is_kept_to_the_microsecond_and_the_ttl_attribute_is_in_seconds_and_never_early()
    {
        await _store!.Put([Item("p", "s", 1, "", expires: 1_700_000_000_000_001)], Never);
        Assert.Equal(1_700_000_000_000_001, (await _store.Read("p", "s", Never))!.ExpiresAtUs);
        var item = await _dynamo!.GetItemAsync(_table, StateAttributes.Key("p", "s"), Never);
        Assert.Equal("1700000001", item.Item["expires"].N);
    }

    [Fact]
    public async Task A_query_of_more_than_a_megabyte_comes_whole()
    {
        var bodies = Enumerable.Range(0, 9).Select(n => new StateItem("p", $"s{n}", 1, "a", Enumerable.Repeat((byte)n, 300_000).ToArray())).ToList();
        await _store!.Put(bodies, Never);
        var read = await _store.Query("p", "", "t", Never).ToListAsync(Never);
        Assert.Equal(bodies.Select(item => item.Sk), read.Select(item => item.Sk));
        Assert.All(read.Zip(bodies), pair => Assert.True(pair.First.Body.Span.SequenceEqual(pair.Second.Body.Span)));
    }

    [Fact]
    public async Task What_comes_twice_in_a_put_ends_as_the_last()
    {
        await _store!.Put([Item("p", "s", 1, "first"), Item("p", "s", 2, "second")], Never);
        Assert.Equal(2, (await _store.Read("p", "s", Never))!.Version);
    }

    [Fact]
    public async Task A_table_that_does_not_exist_is_named_with_what_to_do()
    {
        var store = NewStore("no-such-table");
        var error = await Assert.ThrowsAsync<IOException>(async () => await store.Read("p", "s", Never));
        Assert.StartsWith("cannot read state in table 'no-such-table': ResourceNotFoundException: ", error.Message, StringComparison.Ordinal);
        Assert.EndsWith("(check that the table exists in this region and account with keys pk and sk, and that the role may use it)", error.Message, StringComparison.Ordinal);
        await Assert.ThrowsAsync<IOException>(async () => await store.Swap([new(Item("p", "s", 1, ""), 0)], Never));
        await Assert.ThrowsAsync<IOException>(async () => await store.Put([Item("p", "s", 1, "")], Never));
    }

    [Fact]
    public async Task What_DynamoDB_would_refuse_is_refused_before_any_call()
    {
        var nowhere = new DynamoDbStateStore(_dynamo!, "no-such-table", "x", Patience.Short());
        var keys = await Assert.ThrowsAsync<ArgumentException>(async () => await nowhere.Put([Item(new string('p', 2_049), "s", 1, "")], Never));
        Assert.Contains("2049 and 1 bytes; DynamoDB allows 1 to 2048 and 1 to 1024", keys.Message, StringComparison.Ordinal);
        await Assert.ThrowsAsync<ArgumentException>(async () => await nowhere.Read("p", "", Never));
        var item = new StateItem("p", "s", 1, new string('a', 40_000), new byte[IStateStore.BodyBytesMax]);
        var size = await Assert.ThrowsAsync<ArgumentException>(async () => await nowhere.Claim([new(item, 0, null)], Never));
        Assert.Contains("DynamoDB allows 409,600", size.Message, StringComparison.Ordinal);
        var large = Enumerable.Range(0, 12).Select(n => new StateWrite(new StateItem("p", $"s{n}", 1, "a", new byte[IStateStore.BodyBytesMax]), null)).ToList();
        var total = await Assert.ThrowsAsync<ArgumentException>(async () => await nowhere.Swap(large, Never));
        Assert.Contains("DynamoDB allows 4,194,304", total.Message, StringComparison.Ordinal);
        var twice = await Assert.ThrowsAsync<ArgumentException>(async () => await nowhere.Swap([new(Item("p", "s", 1, ""), 0), new(Item("p", "s", 2, ""), 0)], Never));
        Assert.Contains("writes 'p' / 's' twice", twice.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_item_of_another_program_is_named()
    {
        var attributes = StateAttributes.Key("p", "s");
        attributes["version"] = new() { S = "three" };
        attributes["body"] = new() { S = "text" };
        await _dynamo!.PutItemAsync(_table, attributes, Never);
        var error = await Assert.ThrowsAsync<InvalidDataException>(async () => await _store!.Read("p", "s", Never));
        Assert.Contains("item 'p' / 's' of the state table has no valid 'body'", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Cancelling_is_no_fault()
    {
        using var cancelled = new CancellationTokenSource();
        await cancelled.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await _store!.Read("p", "s", cancelled.Token));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await _store!.Swap([new(Item("p", "s", 1, ""), 0)], cancelled.Token));
    }

    private DynamoDbStateStore NewStore(string table) => new(_dynamo!, table, moto.NewName("instance"), Patience.Short());
}
