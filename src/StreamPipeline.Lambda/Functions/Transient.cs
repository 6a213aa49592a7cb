using StreamPipeline.Core.Commit;

namespace StreamPipeline.Lambda.Functions;

/// <summary>Which failures may pass by themselves, so that the same records are worth another try.</summary>
internal static class Transient
{
    public static bool Is(Exception error, CancellationToken cancellation) => error switch
    {
        OperationCanceledException => cancellation.IsCancellationRequested || error is TaskCanceledException { InnerException: TimeoutException },
        StateUncertainException or IOException or TimeoutException or HttpRequestException => error is not InvalidDataException,
        _ => Amazon(error),
    };

    /// <summary>What a store's client throws: AWS answered with an error, or did not answer.</summary>
    private static bool Amazon(Exception error) => error is global::Amazon.Runtime.AmazonServiceException or global::Amazon.Runtime.AmazonClientException;
}
