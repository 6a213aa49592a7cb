using Amazon.Kinesis;
using Amazon.Runtime;

namespace StreamPipeline.Cli.Put;

/// <summary>Opens a client, as the AWS CLI would: what is not said comes from the environment, the profile or the machine's role.</summary>
internal static class KinesisClients
{
    /// <exception cref="CommandException">The region is missing, or there are no credentials.</exception>
    public static IAmazonKinesis Open(KinesisAddress address)
    {
        var config = new AmazonKinesisConfig();
        if (address.Url is { } url)
        {
            config.ServiceURL = url.ToString();
            config.AuthenticationRegion = address.Region ?? "us-east-1";
        }
        else if (address.Region is { } region)
        {
            config.RegionEndpoint = Amazon.RegionEndpoint.GetBySystemName(region);
        }

        try
        {
            // An endpoint on this machine looks at no signature; the user's own keys stay out of it.
            return address.Url is { IsLoopback: true } ? new AmazonKinesisClient(new BasicAWSCredentials("local", "local"), config) : new AmazonKinesisClient(config);
        }
        catch (AmazonClientException error)
        {
            throw new CommandException($"no connection to Kinesis: {error.Message.TrimEnd('.')}; --region and AWS_PROFILE, or --endpoint-url, say where to", ExitCode.Usage);
        }
    }
}
