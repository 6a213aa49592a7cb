using Amazon;
using Amazon.Kinesis;
using Amazon.Runtime;
using Amazon.Runtime.Credentials;

namespace StreamPipeline.Cli;

/// <summary>Where an AWS service is, when the environment does not say so.</summary>
/// <param name="Url">Its endpoint; null: the SDK's choice (AWS_ENDPOINT_URL_…, AWS_ENDPOINT_URL, or the region's).</param>
/// <param name="Region">Null: the SDK's choice (AWS_REGION, the profile's, the machine's).</param>
internal sealed record AwsEndpoint(string? Url = null, string? Region = null);

/// <summary>Clients with the SDK's own credentials, region, retries and endpoints.</summary>
internal static class AwsClients
{
    private const string LocalRegion = "us-east-1";

    public static AmazonKinesisClient Kinesis(AwsEndpoint endpoint)
    {
        var config = new AmazonKinesisConfig();
        if (endpoint.Region is { } region)
        {
            config.RegionEndpoint = RegionEndpoint.GetBySystemName(region);
        }

        if (endpoint.Url is { } url)
        {
            config.ServiceURL = url;
            config.AuthenticationRegion = endpoint.Region ?? FallbackRegionFactory.GetRegionEndpoint()?.SystemName ?? LocalRegion;
            if (IsLoopback(url) && !HasCredentials())
            {
                // The embedded endpoint and the emulators take any signature, and a desk need not have an account.
                return new AmazonKinesisClient(new BasicAWSCredentials("local", "local"), config);
            }
        }

        return new AmazonKinesisClient(config);
    }

    private static bool IsLoopback(string url) => Uri.TryCreate(url, UriKind.Absolute, out var uri) && uri.IsLoopback;

    private static bool HasCredentials()
    {
        try
        {
            return DefaultAWSCredentialsIdentityResolver.GetCredentials() is not null;
        }
        catch (AmazonClientException)
        {
            return false;
        }
    }
}
