using Amazon.Kinesis;
using Amazon.Kinesis.Model;
using Amazon.Runtime.Endpoints;
using StreamPipeline.Tests.Aws;

namespace StreamPipeline.Aws.Tests;

/// <summary>Where clients go. What reads or sets the environment is here, so that it runs one after the other; all other tests name their endpoint.</summary>
public sealed class AwsClientsTests(MotoFixture moto)
{
    private static CancellationToken Never => CancellationToken.None;

    [Theory]
    [InlineData("AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL")]
    [InlineData("AWS_ENDPOINT_URL_DYNAMODB", "AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL_KINESIS", "AWS_ENDPOINT_URL_FIREHOSE")]
    public async Task Every_client_goes_where_the_environment_says(params string[] variables)
    {
        var server = await moto.Server;
        var settings = new AwsClientSettings { Credentials = server.Clients.Credentials };
        var (table, bucket) = (await moto.NewTable(), await moto.NewBucket());
        await With([.. variables.Distinct().Select(name => (name, server.Address.ToString())), ("AWS_REGION", "us-east-1")], async () =>
        {
            using var dynamo = AwsClients.DynamoDb(settings);
            Assert.Equal(table, (await dynamo.DescribeTableAsync(table, Never)).Table.TableName);
            using var s3 = AwsClients.S3(settings);
            Assert.Equal(0, (await s3.ListObjectsV2Async(new() { BucketName = bucket }, Never)).KeyCount);
            using var kinesis = AwsClients.Kinesis(settings);
            await Assert.ThrowsAsync<Amazon.Kinesis.Model.ResourceNotFoundException>(() => kinesis.ListShardsAsync(new ListShardsRequest { StreamName = "none" }, Never));
            using var firehose = AwsClients.Firehose(settings);
            await Assert.ThrowsAsync<Amazon.KinesisFirehose.Model.ResourceNotFoundException>(
                () => firehose.PutRecordAsync(new Amazon.KinesisFirehose.Model.PutRecordRequest { DeliveryStreamName = "none", Record = new() { Data = new MemoryStream([1]) } }, Never));
        });
    }

    [Theory]
    [InlineData("eu-west-1", false, false, "https://kinesis.eu-west-1.amazonaws.com")]
    [InlineData("us-east-2", true, false, "https://kinesis-fips.us-east-2.amazonaws.com")]
    [InlineData("us-east-2", false, true, "https://kinesis.us-east-2.api.aws")]
    [InlineData("cn-north-1", false, false, "https://kinesis.cn-north-1.amazonaws.com.cn")]
    public void The_endpoint_follows_the_region(string region, bool fips, bool dualStack, string url)
    {
        var config = new AmazonKinesisConfig { RegionEndpoint = Amazon.RegionEndpoint.GetBySystemName(region), UseFIPSEndpoint = fips, UseDualstackEndpoint = dualStack };
        Assert.Equal(new Uri(url), new Uri(config.DetermineServiceOperationEndpoint(new ServiceOperationEndpointParameters(new ListShardsRequest())).URL));
    }

    private static async Task With((string Name, string Value)[] variables, Func<Task> action)
    {
        var before = variables.Select(variable => Environment.GetEnvironmentVariable(variable.Name)).ToList();
        try
        {
            foreach (var (name, value) in variables)
            {
                Environment.SetEnvironmentVariable(name, value);
            }

            await action();
        }
        finally
        {
            foreach (var (variable, value) in variables.Zip(before))
            {
                Environment.SetEnvironmentVariable(variable.Name, value);
            }
        }
    }
}
