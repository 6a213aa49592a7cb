using Amazon.Runtime;

namespace StreamPipeline.Aws.Json;

/// <summary>What <c>AWS_DEFAULTS_MODE</c> selects, with the values that every service package of the SDK has.</summary>
internal static class JsonServiceDefaults
{
    public static IReadOnlyList<IDefaultConfiguration> Modes { get; } =
    [
        Mode(DefaultConfigurationMode.Standard, connectMs: 3_100),
        Mode(DefaultConfigurationMode.InRegion, connectMs: 1_100),
        Mode(DefaultConfigurationMode.CrossRegion, connectMs: 3_100),
        Mode(DefaultConfigurationMode.Mobile, connectMs: 30_000),
        Mode(DefaultConfigurationMode.Auto, connectMs: 3_100),
    ];

    private static DefaultConfiguration Mode(DefaultConfigurationMode name, int connectMs) => new()
    {
        Name = name,
        RetryMode = RequestRetryMode.Standard,
        S3UsEast1RegionalEndpoint = S3UsEast1RegionalEndpointValue.Regional,
        ConnectTimeout = TimeSpan.FromMilliseconds(connectMs),
        TlsNegotiationTimeout = TimeSpan.FromMilliseconds(connectMs),
    };
}
