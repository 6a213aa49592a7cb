using System.Net;
using Amazon.Runtime;

namespace Amazon.Kinesis;

/// <summary>An error answered by the service; <see cref="AmazonServiceException.ErrorCode"/> has its code.</summary>
public class AmazonKinesisException(string message, Exception? innerException, ErrorType errorType, string? errorCode, string? requestId, HttpStatusCode statusCode)
    : AmazonServiceException(message, innerException, errorType, errorCode, requestId, statusCode);
