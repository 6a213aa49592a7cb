using Amazon.DynamoDBv2;
using Amazon.Kinesis;
using Amazon.KinesisFirehose;
using Amazon.Runtime;
using Amazon.S3;

namespace StreamPipeline.Aws;

/// <summary>What the clients of a process share. All of it may be left to the environment: that is how it runs on AWS.</summary>
public sealed record AwsClientSettings
{
    /// <summary>Of one attempt at a call. Default 15 s, for S3 four times as much; the SDK's own default is 100 s, longer than many a function may run.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>Repetitions of a call by the SDK itself. Default 2, the SDK's own in standard mode.</summary>
    public int RetriesMax { get; init; } = 2;

    /// <summary>Null: the SDK's chain (environment, profile, container or instance role).</summary>
    public AWSCredentials? Credentials { get; init; }

    /// <summary>Of an emulator or a proxy, for all services; null: AWS, or <c>AWS_ENDPOINT_URL</c> and <c>AWS_ENDPOINT_URL_&lt;service&gt;</c>.</summary>
    public string? ServiceUrl { get; init; }

    /// <summary>Signed for when <see cref="ServiceUrl"/> is given; else <c>AWS_REGION</c> or the profile's.</summary>
    public string? Region { get; init; }
}

/// <summary>Makes the clients. The caller disposes them.</summary>
public static class AwsClients
{
    public static AmazonDynamoDBClient DynamoDb(AwsClientSettings settings)
    {
        var config = Apply(new AmazonDynamoDBConfig(), settings);
        return settings.Credentials is { } credentials ? new AmazonDynamoDBClient(credentials, config) : new AmazonDynamoDBClient(config);
    }

    public static AmazonS3Client S3(AwsClientSettings settings)
    {
        var config = Apply(new AmazonS3Config(), settings);
        config.Timeout = settings.Timeout * 4;

        // Checksums are computed and verified whatever the environment says: they are what finds a broken proxy.
        config.RequestChecksumCalculation = RequestChecksumCalculation.WHEN_SUPPORTED;
        config.ResponseChecksumValidation = ResponseChecksumValidation.WHEN_SUPPORTED;

        // Emulators have no DNS name per bucket. The region is looked up first: the SDK forgets an endpoint from the environment
        // that was read before it looks for the region. An endpoint may also come from a profile.
        _ = config.RegionEndpoint;
        config.ForcePathStyle = !string.IsNullOrEmpty(config.ServiceURL);
        return settings.Credentials is { } credentials ? new AmazonS3Client(credentials, config) : new AmazonS3Client(config);
    }

    public static AmazonKinesisClient Kinesis(AwsClientSettings settings)
    {
        var config = Apply(new AmazonKinesisConfig(), settings);
        return settings.Credentials is { } credentials ? new AmazonKinesisClient(credentials, config) : new AmazonKinesisClient(config);
    }

    public static AmazonKinesisFirehoseClient Firehose(AwsClientSettings settings)
    {
        var config = Apply(new AmazonKinesisFirehoseConfig(), settings);
        return settings.Credentials is { } credentials ? new AmazonKinesisFirehoseClient(credentials, config) : new AmazonKinesisFirehoseClient(config);
    }

    private static TConfig Apply<TConfig>(TConfig config, AwsClientSettings settings)
        where TConfig : ClientConfig
    {
        config.Timeout = settings.Timeout;
        config.MaxErrorRetry = settings.RetriesMax;
        if (settings.ServiceUrl is { } url)
        {
            config.ServiceURL = url;
            config.AuthenticationRegion = settings.Region;
        }
        else if (settings.Region is { } region)
        {
            config.RegionEndpoint = Amazon.RegionEndpoint.GetBySystemName(region);
        }

        return config;
    }
}
