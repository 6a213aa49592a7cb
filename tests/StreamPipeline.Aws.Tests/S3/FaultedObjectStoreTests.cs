using Amazon.S3;
using StreamPipeline.Aws.S3;
using StreamPipeline.Core.Lake;
using StreamPipeline.Tests.Aws;

namespace StreamPipeline.Aws.Tests.S3;

/// <summary>The contract again, over a network on which every fifth call fails.</summary>
public sealed class FaultedObjectStoreTests(MotoFixture moto) : ObjectStoreContract, IAsyncLifetime
{
    private FaultProxy? _proxy;
    private AmazonS3Client? _s3;
    private S3ObjectStore? _store;

    protected override IObjectStore Store => _store!;

    public async ValueTask InitializeAsync()
    {
        _proxy = await FaultProxy.Start((await moto.Server).Address, new FaultMix(seed: 11, rate: 0.2, perCallMax: 2).Choose);
        _s3 = AwsClients.S3(MotoServer.ClientsOf(_proxy.Address) with { RetriesMax = 0 });
        _store = new S3ObjectStore(_s3, new S3Location(await moto.NewBucket(), "lake"), moto.NewName("instance"), Patience.Short());
    }

    public async ValueTask DisposeAsync()
    {
        _s3?.Dispose();
        if (_proxy is not null)
        {
            await _proxy.DisposeAsync();
        }
    }
}
