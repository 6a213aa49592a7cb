using Amazon.Runtime;
using Amazon.Runtime.Endpoints;
using Amazon.Runtime.Internal;
using Amazon.Runtime.Internal.Endpoints.StandardLibrary;
using Amazon.Util.Internal;

namespace StreamPipeline.Aws.Json;

/// <summary>
/// Configuration of a JSON-protocol service: region, profile, retries and endpoint overrides (<c>AWS_ENDPOINT_URL</c> and
/// <c>AWS_ENDPOINT_URL_&lt;service&gt;</c>) are the SDK's.
/// </summary>
public abstract class JsonServiceConfig : ClientConfig
{
    // The version that a service package of the SDK would announce: that of AWSSDK.Core, on which this stands.
    private static readonly string CoreVersion = typeof(ClientConfig).Assembly.GetName().Version?.ToString() ?? "4";

    private readonly string _host;

    /// <param name="serviceId">As in the service's model; names the endpoint variable, such as <c>AWS_ENDPOINT_URL_KINESIS</c>.</param>
    /// <param name="host">First label of the host name, such as <c>kinesis</c>.</param>
    /// <param name="signingName">Service name in the SigV4 scope; null: the host label.</param>
    private protected JsonServiceConfig(string serviceId, string host, string? signingName = null)
        : base(new DefaultConfigurationProvider(JsonServiceDefaults.Modes))
    {
        _host = host;
        ServiceId = serviceId;
        AuthenticationServiceName = signingName ?? host;
        UserAgent = InternalSDKUtils.BuildUserAgentString(serviceId, CoreVersion);
    }

    /// <inheritdoc/>
    public override string RegionEndpointServiceName => _host;

    /// <inheritdoc/>
    public override string UserAgent { get; }

    /// <summary>
    /// The service's endpoint: the configured URL, or <c>https://&lt;host&gt;[-fips].&lt;region&gt;.&lt;suffix of the partition&gt;</c>, the
    /// rule by which regional services are named.
    /// </summary>
    /// <exception cref="AmazonClientException">Neither a region nor a URL is configured.</exception>
    public override Endpoint DetermineServiceOperationEndpoint(ServiceOperationEndpointParameters parameters)
    {
        if (ServiceURL is { Length: > 0 } url)
        {
            return new Endpoint(url);
        }

        var region = (parameters.AlternateEndpoint ?? RegionEndpoint)?.SystemName ?? throw new AmazonClientException(
            $"no region for {ServiceId}: set AWS_REGION, a region in the AWS profile, or AWS_ENDPOINT_URL_{ServiceId.ToUpperInvariant().Replace(' ', '_')}");
        var partition = Fn.Partition(region);
        var suffix = UseDualstackEndpoint ? partition.dualStackDnsSuffix : partition.dnsSuffix;
        return new Endpoint($"https://{_host}{(UseFIPSEndpoint ? "-fips" : "")}.{region}.{suffix}");
    }
}
