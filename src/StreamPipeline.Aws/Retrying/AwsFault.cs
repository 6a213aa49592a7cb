using System.Net;
using System.Net.Sockets;
using Amazon.Runtime;

namespace StreamPipeline.Aws.Retrying;

/// <summary>What an exception of the SDK says about the call.</summary>
internal static class AwsFault
{
    // As in the SDK's retry policy, which has repeated them a few times before they get here.
    private static readonly HashSet<string> Throttles = new(StringComparer.Ordinal)
    {
        "BandwidthLimitExceeded", "KMSThrottlingException", "LimitExceededException", "PriorRequestNotComplete", "ProvisionedThroughputExceededException",
        "ReplicatedWriteConflictException", "RequestLimitExceeded", "RequestThrottled", "RequestThrottledException", "ServiceUnavailableException", "SlowDown",
        "ThrottledException", "Throttling", "ThrottlingError", "ThrottlingException", "TooManyRequestsException", "TransactionConflictException",
        "TransactionInProgressException",
    };

    /// <summary>The service turned the call away before it did anything: too many of them.</summary>
    public static bool IsThrottle(Exception error) =>
        error is AmazonServiceException { ErrorCode: { } code } service && (Throttles.Contains(code) || service.Retryable?.Throttling == true);

    /// <summary>
    /// There was no answer, or one that says nothing: the call may have been applied. A timeout, a broken connection, an answer that was cut off, a 5xx.
    /// </summary>
    /// <param name="error">From the SDK.</param>
    /// <param name="cancellation">The caller's: what it cancelled is no fault.</param>
    public static bool IsUncertain(Exception error, CancellationToken cancellation) => error switch
    {
        OperationCanceledException => !cancellation.IsCancellationRequested,
        AmazonUnmarshallingException => true,
        AmazonServiceException service when IsThrottle(service) => false,
        AmazonServiceException { StatusCode: >= HttpStatusCode.InternalServerError } => true,
        AmazonServiceException { StatusCode: > 0 } => false,
        HttpRequestException or IOException or SocketException or TimeoutException or ObjectDisposedException => true,
        _ => error.InnerException is { } inner && IsUncertain(inner, cancellation),
    };

    /// <summary>Worth another attempt, sooner or later.</summary>
    public static bool IsTransient(Exception error, CancellationToken cancellation) => IsThrottle(error) || IsUncertain(error, cancellation);

    /// <summary>One line for people: the service's code and text, or what broke.</summary>
    public static string Explain(Exception error) => error switch
    {
        AmazonServiceException { ErrorCode: { Length: > 0 } code } service => $"{code}: {OneLine(service.Message)}",
        OperationCanceledException => "no answer within the client's timeout",
        _ when error.InnerException is SocketException or IOException or HttpRequestException => OneLine(error.InnerException.Message),
        _ => OneLine(error.Message),
    };

    // Messages are the service's or a proxy's, so they are input: one line, not a page of HTML.
    private static string OneLine(string text)
    {
        var line = text.ReplaceLineEndings(" ");
        return line.Length <= 300 ? line : line[..300] + "…";
    }
}
