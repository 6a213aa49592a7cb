using System.Collections.Concurrent;
using System.Text;
using StreamPipeline.Aws.DynamoDb;
using StreamPipeline.Core.Commit;
using StreamPipeline.Tests.Aws;

namespace StreamPipeline.Aws.Tests.DynamoDb;

public sealed class SwapRaceTests(MotoFixture moto)
{
    private const int Writers = 4;
    private const int GenerationsEach = 12;

    private static CancellationToken Never => CancellationToken.None;

    /// <summary>
    /// Writers race for the generations of one head over a network on which every third call fails. Each does as a consumer does: no answer means to look
    /// who wrote the generation's item. In the end each generation has one owner, and each writer knows just which are its own.
    /// </summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task Every_generation_has_one_owner_who_knows_it(int seed)
    {
        await using var proxy = await FaultProxy.Start((await moto.Server).Address, new FaultMix(seed, rate: 0.33, perCallMax: 2).Choose, seed);
        using var dynamo = AwsClients.DynamoDb(MotoServer.ClientsOf(proxy.Address) with { RetriesMax = 0 });
        var table = await moto.NewTable();
        var owned = new ConcurrentDictionary<long, string>();
        await Task.WhenAll(Enumerable.Range(0, Writers).Select(writer => Task.Run(
            () => Race(new DynamoDbStateStore(dynamo, table, moto.NewName("instance"), Patience.Short(seed + writer)), $"w{writer}", owned), Never)));

        using var direct = AwsClients.DynamoDb((await moto.Server).Clients);
        var store = new DynamoDbStateStore(direct, table, moto.NewName("instance"), Patience.Short());
        var head = await store.Read("p", "HEAD", Never);
        Assert.Equal(Writers * GenerationsEach, head!.Version);
        var items = await store.Query("p", "BATCH#", "BATCH$", Never).ToListAsync(Never);
        Assert.Equal(owned.OrderBy(pair => pair.Key).Select(pair => pair.Value), items.Select(item => item.Attempt));
        Assert.True(proxy.Counts.GetValueOrDefault(ProxyFault.LostAnswer) > 0, "no answer was lost: the test tests nothing");
    }

    private static async Task Race(DynamoDbStateStore store, string writer, ConcurrentDictionary<long, string> owned)
    {
        for (var attempt = 0; owned.Values.Count(owner => owner.StartsWith(writer, StringComparison.Ordinal)) < GenerationsEach; attempt++)
        {
            var generation = ((await store.Read("p", "HEAD", Never))?.Version ?? 0) + 1;
            var id = $"{writer}n{attempt}";
            if (await Commit(store, generation, id) == SwapOutcome.Committed)
            {
                Assert.True(owned.TryAdd(generation, id), $"generation {generation} has two owners: {owned[generation]} and {id}");
            }
        }
    }

    private static async Task<SwapOutcome?> Commit(DynamoDbStateStore store, long generation, string id)
    {
        var body = Encoding.UTF8.GetBytes(id);
        try
        {
            return await store.Swap(
                [new(new StateItem("p", "HEAD", generation, id, body), generation - 1), new(new StateItem("p", $"BATCH#{generation:000}", 1, id, body), 0)], Never);
        }
        catch (StateUncertainException)
        {
            var written = await store.Read("p", $"BATCH#{generation:000}", Never);
            return written?.Attempt == id ? SwapOutcome.Committed : null;
        }
    }
}
