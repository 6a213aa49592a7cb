using Amazon.DynamoDBv2;
using StreamPipeline.Aws.DynamoDb;
using StreamPipeline.Core.Commit;
using StreamPipeline.Tests.Aws;

namespace StreamPipeline.Aws.Tests.DynamoDb;

/// <summary>What each fault becomes.</summary>
public sealed class StateFaultTests(MotoFixture moto) : IAsyncLifetime
{
    private readonly Queue<ProxyFault> _faults = [];
    private FaultProxy? _proxy;
    private string _table = "";
    private AmazonDynamoDBClient? _dynamo;
    private ProxyFault _then = ProxyFault.None;

    private static CancellationToken Never => CancellationToken.None;

    public async ValueTask InitializeAsync()
    {
        _table = await moto.NewTable();
        _proxy = await FaultProxy.Start((await moto.Server).Address, _ => _faults.TryDequeue(out var fault) ? fault : _then);
    }

    public async ValueTask DisposeAsync()
    {
        _dynamo?.Dispose();
        if (_proxy is not null)
        {
            await _proxy.DisposeAsync();
        }
    }

    [Fact]
    public async Task An_applied_swap_whose_answer_is_lost_is_committed_when_the_SDK_repeats_it()
    {
        var store = Store(retries: 1, ProxyFault.LostAnswer);
        Assert.Equal(SwapOutcome.Committed, await store.Swap([Write("head", 1, 0), Write("batch", 1, 0)], Never));
        Assert.Equal(1, _proxy!.Counts[ProxyFault.LostAnswer]);
        Assert.Equal(SwapOutcome.Lost, await store.Swap([Write("head", 1, 0) with { Item = Item("head", 1) with { Attempt = "another" } }], Never));
    }

    [Theory]
    [InlineData(ProxyFault.LostAnswer, true)]
    [InlineData(ProxyFault.Reset, false)]
    [InlineData(ProxyFault.ServerError, false)]
    public async Task A_swap_without_an_answer_is_uncertain_and_never_lost(ProxyFault fault, bool isApplied)
    {
        // Each time: without any retries the SDK still repeats a call on a connection that broke.
        var store = Store(retries: 0);
        _then = fault;
        var error = await Assert.ThrowsAsync<StateUncertainException>(async () => await store.Swap([Write("head", 1, 0)], Never));
        Assert.StartsWith($"no answer to 'commit' in table '{_table}', which may have been applied: ", error.Message, StringComparison.Ordinal);
        _then = ProxyFault.None;
        Assert.Equal(isApplied, await store.Read("p", "head", Never) is not null);
    }

    [Theory]
    [InlineData(ProxyFault.Throttled)]
    [InlineData(ProxyFault.Conflict)]
    public async Task A_throttled_or_conflicting_swap_is_repeated_and_is_no_loss(ProxyFault fault)
    {
        var store = Store(retries: 0, fault, fault, fault);
        Assert.Equal(SwapOutcome.Committed, await store.Swap([Write("head", 1, 0), Write("batch", 1, 0)], Never));
        Assert.Equal(3, _proxy!.Counts[fault]);
    }

    [Theory]
    [InlineData(ProxyFault.Throttled, "ProvisionedThroughputExceededException")]
    [InlineData(ProxyFault.Conflict, "TransactionConflict")]
    public async Task Throttles_without_end_are_an_error_and_no_loss(ProxyFault fault, string named)
    {
        var store = Store(retries: 0);
        _then = fault;
        var error = await Assert.ThrowsAsync<StateUncertainException>(async () => await store.Swap([Write("head", 1, 0)], Never));
        Assert.Contains($"cannot commit in table '{_table}' after 10 attempts", error.Message, StringComparison.Ordinal);
        Assert.Contains(named, error.Message, StringComparison.Ordinal);
        Assert.Equal(10, _proxy!.Counts[fault]);
    }

    [Fact]
    public async Task A_read_is_repeated_and_when_that_does_not_help_it_is_an_IO_error()
    {
        var store = Store(retries: 0, ProxyFault.Reset, ProxyFault.ServerError, ProxyFault.None);
        Assert.Null(await store.Read("p", "s", Never));
        _then = ProxyFault.Reset;
        var error = await Assert.ThrowsAsync<IOException>(async () => await store.Read("p", "s", Never));
        Assert.Contains($"cannot read state in table '{_table}'", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Items_left_unprocessed_are_sent_again_until_all_are_there()
    {
        var store = Store(retries: 0, ProxyFault.Partial, ProxyFault.Partial, ProxyFault.LostAnswer, ProxyFault.Partial);
        var items = Enumerable.Range(0, 60).Select(n => Item($"s{n:00}", 1)).ToList();
        await store.Put(items, Never);
        Assert.Equal(items.Select(item => item.Sk), (await store.Query("p", "", "t", Never).ToListAsync(Never)).Select(item => item.Sk));
        Assert.Equal(3, _proxy!.Counts[ProxyFault.Partial]);
    }

    [Fact]
    public async Task Items_left_unprocessed_for_ever_are_an_error_that_says_how_many()
    {
        var store = Store(retries: 0);
        _then = ProxyFault.Partial;
        var error = await Assert.ThrowsAsync<StateUncertainException>(async () => await store.Delete([("p", "s")], Never));
        Assert.Contains("1 items are left unprocessed: the table is throttled", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_claim_whose_answer_was_lost_is_its_own()
    {
        var store = Store(retries: 0, ProxyFault.LostAnswer);
        Assert.Equal([null], await store.Claim([new(Item("key", 1), 0, null)], Never));
        var held = await store.Claim([new(Item("key", 1) with { Attempt = "another" }, 0, null)], Never);
        Assert.Equal("me", held[0]!.Attempt);
    }

    private static StateItem Item(string sk, long version) => new("p", sk, version, "me", "body"u8.ToArray(), 99);

    private static StateWrite Write(string sk, long version, long expected) => new(Item(sk, version), expected);

    private DynamoDbStateStore Store(int retries, params ProxyFault[] faults)
    {
        _dynamo = AwsClients.DynamoDb(MotoServer.ClientsOf(_proxy!.Address) with { RetriesMax = retries });
        foreach (var fault in faults)
        {
            _faults.Enqueue(fault);
        }

        return new DynamoDbStateStore(_dynamo, _table, moto.NewName("instance"), Patience.Short());
    }
}
