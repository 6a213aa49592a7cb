using System.Globalization;
using Amazon.DynamoDBv2;
using Amazon.DynamoDBv2.Model;
using StreamPipeline.Aws;

namespace StreamPipeline.Tests.Aws;

/// <summary>One moto for all tests of an assembly; each test has a table and a bucket of its own.</summary>
public sealed class MotoFixture : IAsyncDisposable
{
    private readonly Lazy<Task<MotoServer>> _server = new(MotoServer.Start);
    private int _names;

    public Task<MotoServer> Server => _server.Value;

    public string NewName(string kind) => string.Create(CultureInfo.InvariantCulture, $"{kind}-{Interlocked.Increment(ref _names)}");

    /// <summary>A table with the keys that the state store expects.</summary>
    public async Task<string> NewTable()
    {
        using var dynamo = AwsClients.DynamoDb((await Server).Clients);
        var table = NewName("state");
        await dynamo.CreateTableAsync(new CreateTableRequest
        {
            TableName = table,
            BillingMode = BillingMode.PAY_PER_REQUEST,
            KeySchema = [new("pk", KeyType.HASH), new("sk", KeyType.RANGE)],
            AttributeDefinitions = [new("pk", ScalarAttributeType.S), new("sk", ScalarAttributeType.S)],
        });
        return table;
    }

    public async Task<string> NewBucket()
    {
        using var s3 = AwsClients.S3((await Server).Clients);
        var bucket = NewName("lake");
        await s3.PutBucketAsync(bucket);
        return bucket;
    }

    public async ValueTask DisposeAsync()
    {
        if (_server.IsValueCreated && _server.Value.IsCompletedSuccessfully)
        {
            await (await _server.Value).DisposeAsync();
        }
    }
}
