using Amazon.S3;
using StreamPipeline.Aws.Retrying;

namespace StreamPipeline.Aws.S3;

/// <summary>Calls to the bucket: repeats those that were throttled or gave no answer; every call here may be applied twice. Failures are I/O errors.</summary>
internal sealed class S3Calls(S3Location location, Backoff backoff)
{
    /// <exception cref="IOException">What failed, where and why.</exception>
    public async ValueTask<T> Run<T>(string what, Func<Task<T>> call, CancellationToken cancellation)
    {
        try
        {
            return await backoff.Repeat(call, Backoff.UncertainAttemptsMax, cancellation);
        }
        catch (Exception error) when (!IsPassedOn(error, cancellation))
        {
            throw Failed(what, AwsFault.Explain(error), error);
        }
    }

    /// <summary>Waits before the next of several attempts, or gives up.</summary>
    /// <exception cref="IOException">There have been as many attempts as are allowed.</exception>
    public Task WaitOrGiveUp(int failures, string what, string why, CancellationToken cancellation) =>
        failures < backoff.AttemptsMax ? backoff.Wait(failures, cancellation) : throw Failed(what, $"{why}, {failures} times", null);

    public IOException Failed(string what, string why, Exception? error) => new(
        $"cannot {what} in {location}: {why} (check that the bucket exists in this region and that the role may use it)", error);

    private static bool IsPassedOn(Exception error, CancellationToken cancellation) =>
        (error is OperationCanceledException && cancellation.IsCancellationRequested)
        || error is AmazonS3Exception { ErrorCode: S3Codes.NoSuchKey or S3Codes.NotFound or S3Codes.PreconditionFailed or S3Codes.ConditionalRequestConflict or S3Codes.NoSuchUpload };
}

/// <summary>Codes that are answers rather than failures: https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html</summary>
internal static class S3Codes
{
    public const string NoSuchKey = "NoSuchKey";

    /// <summary>The answer to HEAD has no body, so it has no better code.</summary>
    public const string NotFound = "NotFound";

    public const string PreconditionFailed = "PreconditionFailed";
    public const string ConditionalRequestConflict = "ConditionalRequestConflict";
    public const string NoSuchUpload = "NoSuchUpload";
}
