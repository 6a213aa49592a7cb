using System.Globalization;
using Amazon.S3;
using Amazon.S3.Model;

namespace StreamPipeline.Aws.S3;

/// <summary>
/// A large object in parts, a few at a time, so that a broken connection costs one part. The object appears when the upload is completed; when it
/// is not, its parts are deleted. The parts of a process that was killed are for the bucket's lifecycle rule (AbortIncompleteMultipartUpload).
/// </summary>
internal sealed class MultipartPut(IAmazonS3 s3, string bucket, S3Calls calls)
{
    /// <summary>S3 allows 5 MiB to 5 GiB, and 10,000 parts: enough for the 2 GiB that an array can have.</summary>
    public const int PartBytes = 8 * 1_024 * 1_024;

    private const int PartsAtOnce = 4;

    /// <param name="key">In the bucket.</param>
    /// <param name="content">More than one part.</param>
    /// <param name="token">Goes into the object's metadata.</param>
    /// <param name="isOwn">Whether the object that is there now has that token.</param>
    /// <param name="cancellation">Deletes the parts.</param>
    public async ValueTask Put(string key, ReadOnlyMemory<byte> content, string token, Func<CancellationToken, ValueTask<bool>> isOwn, CancellationToken cancellation)
    {
        var what = string.Create(CultureInfo.InvariantCulture, $"write '{key}' ({content.Length:N0} bytes)");
        var start = new InitiateMultipartUploadRequest { BucketName = bucket, Key = key, ChecksumAlgorithm = ChecksumAlgorithm.CRC32, ChecksumType = ChecksumType.FULL_OBJECT };
        start.Metadata[S3ObjectStore.TokenName] = token;
        var upload = (await calls.Run(what, () => s3.InitiateMultipartUploadAsync(start, cancellation), cancellation)).UploadId;
        try
        {
            var parts = await Upload(what, key, upload, content, cancellation);
            await Complete(what, new CompleteMultipartUploadRequest { BucketName = bucket, Key = key, UploadId = upload, PartETags = parts }, isOwn, cancellation);
        }
        catch
        {
            await Abort(key, upload);
            throw;
        }
    }

    private async ValueTask<List<PartETag>> Upload(string what, string key, string upload, ReadOnlyMemory<byte> content, CancellationToken cancellation)
    {
        var parts = new PartETag[(content.Length + PartBytes - 1) / PartBytes];
        await Parallel.ForAsync(
            0,
            parts.Length,
            new ParallelOptions { MaxDegreeOfParallelism = PartsAtOnce, CancellationToken = cancellation },
            async (i, token) =>
            {
                var bytes = content.Slice(i * PartBytes, Math.Min(PartBytes, content.Length - i * PartBytes));
                var response = await calls.Run(
                    what,
                    () => s3.UploadPartAsync(
                        new UploadPartRequest
                        {
                            BucketName = bucket,
                            Key = key,
                            UploadId = upload,
                            PartNumber = i + 1,
                            PartSize = bytes.Length,
                            InputStream = MemoryContent.StreamOver(bytes),
                            ChecksumAlgorithm = ChecksumAlgorithm.CRC32,
                        },
                        token),
                    token);
                parts[i] = new PartETag(response);
            });
        return [.. parts];
    }

    private async ValueTask Complete(
        string what, CompleteMultipartUploadRequest request, Func<CancellationToken, ValueTask<bool>> isOwn, CancellationToken cancellation)
    {
        try
        {
            await calls.Run(what, () => s3.CompleteMultipartUploadAsync(request, cancellation), cancellation);
        }
        catch (AmazonS3Exception error) when (error.ErrorCode == S3Codes.NoSuchUpload)
        {
            // Completed before, by an attempt whose answer got lost; or aborted by somebody.
            if (!await isOwn(cancellation))
            {
                throw calls.Failed(what, "the upload is gone, and the object is not there", error);
            }
        }
    }

    private async ValueTask Abort(string key, string upload)
    {
        try
        {
            await s3.AbortMultipartUploadAsync(new AbortMultipartUploadRequest { BucketName = bucket, Key = key, UploadId = upload }, CancellationToken.None);
        }
        catch (Exception error) when (error is AmazonS3Exception or HttpRequestException or IOException or OperationCanceledException or Amazon.Runtime.AmazonClientException)
        {
            // The put's own error is the one to report; the lifecycle rule deletes what is left.
        }
    }
}
