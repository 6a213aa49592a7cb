using Amazon.KinesisFirehose;
using Amazon.KinesisFirehose.Model;
using Amazon.Runtime;
using Amazon.Runtime.Internal;

namespace StreamPipeline.Aws.Firehose;

/// <summary>The service's error codes as exceptions; a code without one of its own is an <see cref="AmazonKinesisFirehoseException"/> that carries it.</summary>
internal static class FirehoseErrors
{
    public static AmazonServiceException Of(ErrorResponse e) => e.Code switch
    {
        "InvalidArgumentException" => new InvalidArgumentException(e.Message, e.InnerException, e.Type, e.Code, e.RequestId, e.StatusCode),
        "InvalidKMSResourceException" => new InvalidKMSResourceException(e.Message, e.InnerException, e.Type, e.Code, e.RequestId, e.StatusCode),
        "InvalidSourceException" => new InvalidSourceException(e.Message, e.InnerException, e.Type, e.Code, e.RequestId, e.StatusCode),
        "LimitExceededException" => new LimitExceededException(e.Message, e.InnerException, e.Type, e.Code, e.RequestId, e.StatusCode),
        "ResourceNotFoundException" => new ResourceNotFoundException(e.Message, e.InnerException, e.Type, e.Code, e.RequestId, e.StatusCode),
        "ServiceUnavailableException" => new ServiceUnavailableException(e.Message, e.InnerException, e.Type, e.Code, e.RequestId, e.StatusCode),
        _ => new AmazonKinesisFirehoseException(e.Message, e.InnerException, e.Type, e.Code, e.RequestId, e.StatusCode),
    };
}
