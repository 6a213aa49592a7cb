using Amazon.DynamoDBv2;
using StreamPipeline.Aws.DynamoDb;
using StreamPipeline.Core.Commit;
using StreamPipeline.Tests.Aws;

namespace StreamPipeline.Aws.Tests.DynamoDb;

/// <summary>The contract again, over a bad network: the SDK's retries and the store's together hide what a call meets.</summary>
public sealed class FaultedStateStoreTests(MotoFixture moto) : StateStoreContract, IAsyncLifetime
{
    private FaultProxy? _proxy;
    private AmazonDynamoDBClient? _dynamo;
    private DynamoDbStateStore? _store;

    protected override IStateStore Store => _store!;

    public async ValueTask InitializeAsync()
    {
        // A swap is the one call that only the SDK repeats: three attempts, of which two may fail. Few, since the SDK waits up to seconds.
        _proxy = await FaultProxy.Start((await moto.Server).Address, new FaultMix(seed: 7, rate: 0.02, perCallMax: 2).Choose);
        _dynamo = AwsClients.DynamoDb(MotoServer.ClientsOf(_proxy.Address));
        _store = new DynamoDbStateStore(_dynamo, await moto.NewTable(), moto.NewName("instance"), Patience.Short());
    }

    public async ValueTask DisposeAsync()
    {
        _dynamo?.Dispose();
        if (_proxy is not null)
        {
            await _proxy.DisposeAsync();
        }
    }
}
