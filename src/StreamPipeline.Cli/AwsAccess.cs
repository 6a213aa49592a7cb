using Amazon.Runtime;
using StreamPipeline.Aws;
using StreamPipeline.Aws.DynamoDb;
using StreamPipeline.Aws.Retrying;
using StreamPipeline.Aws.S3;
using StreamPipeline.Core.Lake;
using StreamPipeline.Embedded;
using StreamPipeline.Embedded.Running;

namespace StreamPipeline.Cli;

/// <summary>Stores on AWS with the SDK's own credentials, region, retries and endpoints.</summary>
internal static class AwsAccess
{
    /// <exception cref="LakeException">An address is wrong, or no region is known.</exception>
    public static OpenLake Lake(LakeLocation location)
    {
        var table = AwsLocations.DynamoDbTable(location.State ?? "", out var problem) ?? throw new LakeException(problem);
        var attempts = new RandomAttemptIds();
        var dynamo = Guard("DynamoDB", () => AwsClients.DynamoDb(new AwsClientSettings()));
        var state = new DynamoDbStateStore(dynamo, table, attempts.Next(), NewBackoff());
        var (objects, s3) = Open(location.Lake, attempts.Next());
        return new OpenLake(objects, state, attempts, folder: null, dynamo, s3);
    }

    /// <exception cref="LakeException">The address is wrong, or no region is known.</exception>
    public static IObjectStore Objects(string address) => Open(address, new RandomAttemptIds().Next()).Objects;

    private static (S3ObjectStore Objects, IDisposable Client) Open(string address, string instance)
    {
        var place = AwsLocations.S3(address, out var problem) ?? throw new LakeException(problem);
        var s3 = Guard("S3", () => AwsClients.S3(new AwsClientSettings()));
        return (new S3ObjectStore(s3, place, instance, NewBackoff()), s3);
    }

    private static Backoff NewBackoff() => new(new RetrySettings(), TimeProvider.System, new Random(Environment.TickCount));

    /// <summary>The SDK looks for a region as soon as a client is made.</summary>
    private static T Guard<T>(string service, Func<T> make)
    {
        try
        {
            return make();
        }
        catch (AmazonClientException error)
        {
            throw new LakeException($"{service} cannot be reached: {error.Message.TrimEnd('.')}; set AWS_REGION and credentials (AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY)", error);
        }
    }
}
