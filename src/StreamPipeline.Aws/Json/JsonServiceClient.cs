using Amazon.Runtime;
using Amazon.Runtime.Credentials.Internal;
using Amazon.Runtime.Internal;
using Amazon.Runtime.Internal.Auth;

namespace StreamPipeline.Aws.Json;

/// <summary>
/// A client of a service that speaks the AWS JSON protocol (https://smithy.io/2.0/aws/protocols/aws-json-1_1-protocol.html), on the public parts of
/// AWSSDK.Core: credentials, SigV4, endpoints, clock skew, retries and telemetry are the SDK's pipeline. A service adds its operations.
/// </summary>
public abstract class JsonServiceClient : AmazonServiceClient
{
    private protected JsonServiceClient(AWSCredentials? credentials, JsonServiceConfig config)
        : base(credentials, config)
    {
    }

    /// <inheritdoc/>
    protected override void CustomizeRuntimePipeline(RuntimePipeline pipeline) => pipeline.AddHandlerAfter<Marshaller>(new SigV4Handler());

    private protected Task<TResponse> Call<TRequest, TResponse>(
        JsonOperation<TRequest, TResponse> operation, TRequest request, CancellationToken cancellation)
        where TRequest : AmazonWebServiceRequest
        where TResponse : AmazonWebServiceResponse, new() => InvokeAsync<TResponse>(
            request,
            new InvokeOptions { RequestMarshaller = operation, ResponseUnmarshaller = operation.Unmarshaller },
            cancellation);

    private sealed class SigV4Handler : BaseAuthResolverHandler
    {
        protected override List<IAuthSchemeOption> ResolveAuthOptions(IExecutionContext executionContext) => AuthSchemeOption.DEFAULT_SIGV4;
    }
}
