using System.Net;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Amazon.Runtime;
using Amazon.Runtime.Internal;
using Amazon.Runtime.Internal.Transform;
using Amazon.Runtime.Internal.Util;

namespace StreamPipeline.Aws.Json;

/// <summary>Makes the service's own exception of an error response.</summary>
internal delegate AmazonServiceException ServiceError(ErrorResponse error);

/// <summary>What the operations of a service share.</summary>
/// <param name="Name">For the SDK's records of a call, such as <c>Amazon.Kinesis</c>.</param>
/// <param name="TargetPrefix">Of the <c>X-Amz-Target</c> header, with the dot at its end, such as <c>Kinesis_20131202.</c></param>
/// <param name="ContentType"><c>application/x-amz-json-1.1</c>, or 1.0.</param>
/// <param name="Error">Makes exceptions.</param>
internal sealed record JsonService(string Name, string TargetPrefix, string ContentType, ServiceError Error);

/// <summary>One operation: writes its requests, reads its responses.</summary>
/// <param name="service">The service.</param>
/// <param name="action">Such as <c>PutRecords</c>.</param>
/// <param name="requestType">Source-generated.</param>
/// <param name="responseType">Source-generated; null: the operation answers with nothing.</param>
internal sealed class JsonOperation<TRequest, TResponse>(
    JsonService service, string action, JsonTypeInfo<TRequest> requestType, JsonTypeInfo<TResponse>? responseType) : IMarshaller<IRequest, AmazonWebServiceRequest>
    where TRequest : AmazonWebServiceRequest
    where TResponse : AmazonWebServiceResponse, new()
{
    public ResponseUnmarshaller Unmarshaller { get; } = new Reader(service, responseType);

    public IRequest Marshall(AmazonWebServiceRequest input)
    {
        // The SDK owns the content from here: it rents the buffer from a pool, signs and sends it without a copy, and returns it.
        var content = new PooledContentStream();
        using (var writer = new Utf8JsonWriter(content.BufferWriter))
        {
            JsonSerializer.Serialize(writer, (TRequest)input, requestType);
        }

        var request = new DefaultRequest(input, service.Name) { HttpMethod = "POST", ResourcePath = "/", ContentStream = content };
        request.Headers["Content-Type"] = service.ContentType;
        request.Headers["X-Amz-Target"] = service.TargetPrefix + action;
        return request;
    }

    private sealed class Reader(JsonService service, JsonTypeInfo<TResponse>? type) : JsonResponseUnmarshaller
    {
        public override AmazonWebServiceResponse Unmarshall(JsonUnmarshallerContext input) => type is null
            ? new TResponse()
            : JsonSerializer.Deserialize(input.Stream, type) ?? throw new JsonException("the response is null and an object is expected");

        public override AmazonServiceException UnmarshallException(JsonUnmarshallerContext input, Exception innerException, HttpStatusCode statusCode)
        {
            var reader = new StreamingUtf8JsonReader(input.Stream, Amazon.AWSConfigs.StreamingUtf8JsonReaderBufferSize ?? 4_096, input.JsonMaxDepth);
            var error = JsonErrorResponseUnmarshaller.GetInstance().Unmarshall(input, ref reader);
            error.InnerException = innerException;
            error.StatusCode = statusCode;
            return service.Error(error);
        }
    }
}
