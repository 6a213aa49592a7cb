using System.Net;
using Amazon.Runtime;

namespace Amazon.KinesisFirehose.Model;

/// <summary>A parameter is outside of its range.</summary>
public class InvalidArgumentException(string message, Exception? innerException, ErrorType errorType, string? errorCode, string? requestId, HttpStatusCode statusCode)
    : AmazonKinesisFirehoseException(message, innerException, errorType, errorCode, requestId, statusCode);

/// <summary>The delivery stream's KMS key cannot be used.</summary>
public class InvalidKMSResourceException(string message, Exception? innerException, ErrorType errorType, string? errorCode, string? requestId, HttpStatusCode statusCode)
    : AmazonKinesisFirehoseException(message, innerException, errorType, errorCode, requestId, statusCode);

/// <summary>The delivery stream reads from another source and takes no direct puts.</summary>
public class InvalidSourceException(string message, Exception? innerException, ErrorType errorType, string? errorCode, string? requestId, HttpStatusCode statusCode)
    : AmazonKinesisFirehoseException(message, innerException, errorType, errorCode, requestId, statusCode);

/// <summary>Too many delivery streams or calls.</summary>
public class LimitExceededException(string message, Exception? innerException, ErrorType errorType, string? errorCode, string? requestId, HttpStatusCode statusCode)
    : AmazonKinesisFirehoseException(message, innerException, errorType, errorCode, requestId, statusCode);

/// <summary>There is no such delivery stream.</summary>
public class ResourceNotFoundException(string message, Exception? innerException, ErrorType errorType, string? errorCode, string? requestId, HttpStatusCode statusCode)
    : AmazonKinesisFirehoseException(message, innerException, errorType, errorCode, requestId, statusCode);

/// <summary>The throughput of the delivery stream is exceeded or the service is unavailable; the SDK has retried.</summary>
public class ServiceUnavailableException(string message, Exception? innerException, ErrorType errorType, string? errorCode, string? requestId, HttpStatusCode statusCode)
    : AmazonKinesisFirehoseException(message, innerException, errorType, errorCode, requestId, statusCode);
