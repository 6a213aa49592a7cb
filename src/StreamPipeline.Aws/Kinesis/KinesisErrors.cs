using Amazon.Kinesis;
using Amazon.Kinesis.Model;
using Amazon.Runtime;
using Amazon.Runtime.Internal;

namespace StreamPipeline.Aws.Kinesis;

/// <summary>The service's error codes as exceptions; a code without one of its own is an <see cref="AmazonKinesisException"/> that carries it.</summary>
internal static class KinesisErrors
{
    public static AmazonServiceException Of(ErrorResponse e) => e.Code switch
    {
        "AccessDeniedException" => new AccessDeniedException(e.Message, e.InnerException, e.Type, e.Code, e.RequestId, e.StatusCode),
        "ExpiredIteratorException" => new ExpiredIteratorException(e.Message, e.InnerException, e.Type, e.Code, e.RequestId, e.StatusCode),
        "ExpiredNextTokenException" => new ExpiredNextTokenException(e.Message, e.InnerException, e.Type, e.Code, e.RequestId, e.StatusCode),
        "InternalFailureException" => new InternalFailureException(e.Message, e.InnerException, e.Type, e.Code, e.RequestId, e.StatusCode),
        "InvalidArgumentException" => new InvalidArgumentException(e.Message, e.InnerException, e.Type, e.Code, e.RequestId, e.StatusCode),
        "KMSThrottlingException" => new KMSThrottlingException(e.Message, e.InnerException, e.Type, e.Code, e.RequestId, e.StatusCode),
        "LimitExceededException" => new LimitExceededException(e.Message, e.InnerException, e.Type, e.Code, e.RequestId, e.StatusCode),
        "ProvisionedThroughputExceededException" =>
            new ProvisionedThroughputExceededException(e.Message, e.InnerException, e.Type, e.Code, e.RequestId, e.StatusCode),
        "ResourceInUseException" => new ResourceInUseException(e.Message, e.InnerException, e.Type, e.Code, e.RequestId, e.StatusCode),
        "ResourceNotFoundException" => new ResourceNotFoundException(e.Message, e.InnerException, e.Type, e.Code, e.RequestId, e.StatusCode),
        "ValidationException" => new ValidationException(e.Message, e.InnerException, e.Type, e.Code, e.RequestId, e.StatusCode),
        _ => new AmazonKinesisException(e.Message, e.InnerException, e.Type, e.Code, e.RequestId, e.StatusCode),
    };
}
