using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;
using Amazon.S3;
using Amazon.S3.Model;
using StreamPipeline.Aws.Retrying;
using StreamPipeline.Core.Lake;

namespace StreamPipeline.Aws.S3;

/// <summary>
/// The lake's objects in S3, below a prefix. Safe for several threads and processes. Failures are <see cref="IOException"/>s that name the object, the place and the cause.
/// </summary>
/// <remarks>
/// <para>
/// S3 has no rename: <see cref="Move"/> copies and then deletes, so a process that dies between the two leaves both. They are the same bytes under both
/// names, and the move, made again, ends with the one. Whoever moves knows both names from a committed table version and makes it again.
/// </para>
/// <para>Listings come in the order of UTF-8 bytes, which is the ordinal order of .NET for all characters below U+10000.</para>
/// </remarks>
public sealed class S3ObjectStore : IObjectStore
{
    /// <summary>Objects carry who put them (<c>x-amz-meta-put</c>): how a writer whose answer got lost recognises its own object.</summary>
    internal const string TokenName = "put";

    private const int MultipartBytesMin = 16 * 1_024 * 1_024;
    private const int KeyBytesMax = 1_024;

    private readonly IAmazonS3 _s3;
    private readonly S3Location _location;
    private readonly string _prefix;
    private readonly string _instance;
    private readonly S3Calls _calls;
    private readonly MultipartPut _multipart;
    private long _puts;

    /// <param name="s3">Not disposed here. Its timeout and retries bound a call.</param>
    /// <param name="location">Bucket and prefix.</param>
    /// <param name="instance">Letters and digits that no other store ever uses: an attempt id.</param>
    /// <param name="backoff">Bounds the retries.</param>
    public S3ObjectStore(IAmazonS3 s3, S3Location location, string instance, Backoff backoff)
    {
        ArgumentException.ThrowIfNullOrEmpty(instance);
        _s3 = s3;
        _location = location;
        _prefix = location.Prefix.Length == 0 ? "" : location.Prefix + "/";
        _instance = instance;
        _calls = new S3Calls(location, backoff);
        _multipart = new MultipartPut(s3, location.Bucket, _calls);
    }

    /// <inheritdoc/>
    public bool IsRemote => true;

    /// <inheritdoc/>
    public async ValueTask Put(string key, ReadOnlyMemory<byte> content, CancellationToken cancellation)
    {
        var full = FullKey(key);
        var token = NextToken();
        if (content.Length > MultipartBytesMin)
        {
            await _multipart.Put(full, content, token, async cancel => await TokenOf(key, cancel) == token, cancellation);
        }
        else
        {
            await _calls.Run(WriteOf(key, content), () => _s3.PutObjectAsync(PutOf(full, content, token), cancellation), cancellation);
        }
    }

    /// <inheritdoc/>
    public async ValueTask<bool> PutIfAbsent(string key, ReadOnlyMemory<byte> content, CancellationToken cancellation)
    {
        var full = FullKey(key);
        var token = NextToken();
        var what = WriteOf(key, content);
        for (var failures = 1; ; failures++)
        {
            try
            {
                await _calls.Run(
                    what,
                    () =>
                    {
                        var request = PutOf(full, content, token);
                        request.IfNoneMatch = "*";
                        return _s3.PutObjectAsync(request, cancellation);
                    },
                    cancellation);
                return true;
            }
            catch (AmazonS3Exception error) when (error.ErrorCode == S3Codes.PreconditionFailed)
            {
                // There is one: another writer's, or this one's, put by an attempt whose answer got lost.
                if (await TokenOf(key, cancellation) is { } there)
                {
                    return there == token;
                }

                await _calls.WaitOrGiveUp(failures, what, "it exists, and is gone when looked at", cancellation);
            }
            catch (AmazonS3Exception error) when (error.ErrorCode == S3Codes.ConditionalRequestConflict)
            {
                await _calls.WaitOrGiveUp(failures, what, "another writer is at it", cancellation);
            }
        }
    }

    /// <inheritdoc/>
    public async ValueTask<byte[]?> Get(string key, CancellationToken cancellation)
    {
        var full = FullKey(key);
        try
        {
            return await _calls.Run($"read '{key}'", () => Download(full, cancellation), cancellation);
        }
        catch (AmazonS3Exception error) when (error.ErrorCode == S3Codes.NoSuchKey)
        {
            return null;
        }
    }

    /// <inheritdoc/>
    public async IAsyncEnumerable<ObjectInfo> List(string prefix, [EnumeratorCancellation] CancellationToken cancellation)
    {
        var request = new ListObjectsV2Request { BucketName = _location.Bucket, Prefix = _prefix + prefix };
        do
        {
            var page = await _calls.Run($"list '{prefix}'", () => _s3.ListObjectsV2Async(request, cancellation), cancellation);
            foreach (var item in page.S3Objects ?? [])
            {
                // A key with a slash at its end is a folder that some tool's user made, and no object of the lake.
                if (!item.Key.EndsWith('/'))
                {
                    yield return new ObjectInfo(item.Key[_prefix.Length..], item.Size ?? 0, MicrosecondsOf(item.LastModified));
                }
            }

            request.ContinuationToken = page.IsTruncated == true ? page.NextContinuationToken : null;
        }
        while (request.ContinuationToken is not null);
    }

    /// <inheritdoc/>
    public async ValueTask<bool> Move(string from, string to, CancellationToken cancellation)
    {
        var request = new CopyObjectRequest
        {
            SourceBucket = _location.Bucket,
            SourceKey = FullKey(from),
            DestinationBucket = _location.Bucket,
            DestinationKey = FullKey(to),
        };
        if (from == to)
        {
            // S3 refuses such a copy, and the delete would be the end of the object.
            return await TokenOf(from, cancellation) is not null;
        }

        try
        {
            await _calls.Run($"move '{from}' to '{to}'", () => _s3.CopyObjectAsync(request, cancellation), cancellation);
        }
        catch (AmazonS3Exception error) when (error.ErrorCode is S3Codes.NoSuchKey or S3Codes.NotFound)
        {
            return false;
        }

        await Delete(from, cancellation);
        return true;
    }

    /// <inheritdoc/>
    public async ValueTask Delete(string key, CancellationToken cancellation)
    {
        var request = new DeleteObjectRequest { BucketName = _location.Bucket, Key = FullKey(key) };
        await _calls.Run($"delete '{key}'", () => _s3.DeleteObjectAsync(request, cancellation), cancellation);
    }

    private static long MicrosecondsOf(DateTime? time) =>
        time is { } at ? (at.ToUniversalTime() - DateTime.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond : 0;

    private static string WriteOf(string key, ReadOnlyMemory<byte> content) =>
        string.Create(CultureInfo.InvariantCulture, $"write '{key}' ({content.Length:N0} bytes)");

    private string NextToken() => string.Create(CultureInfo.InvariantCulture, $"{_instance}-{Interlocked.Increment(ref _puts)}");

    private string FullKey(string key)
    {
        ObjectKey.Check(key);
        var full = _prefix + key;
        return Encoding.UTF8.GetByteCount(full) is > KeyBytesMax and var bytes
            ? throw new ArgumentException($"an object key has {bytes} bytes with the prefix '{_prefix}'; S3 allows {KeyBytesMax}", nameof(key))
            : full;
    }

    private PutObjectRequest PutOf(string fullKey, ReadOnlyMemory<byte> content, string token)
    {
        var request = new PutObjectRequest { BucketName = _location.Bucket, Key = fullKey, InputStream = MemoryContent.StreamOver(content) };
        request.Metadata[TokenName] = token;
        return request;
    }

    /// <summary>Who put the object: empty for one that this program did not put; null when there is none.</summary>
    private async ValueTask<string?> TokenOf(string key, CancellationToken cancellation)
    {
        var request = new GetObjectMetadataRequest { BucketName = _location.Bucket, Key = FullKey(key) };
        try
        {
            return (await _calls.Run($"look at '{key}'", () => _s3.GetObjectMetadataAsync(request, cancellation), cancellation)).Metadata[TokenName] ?? "";
        }
        catch (AmazonS3Exception error) when (error.ErrorCode is S3Codes.NotFound or S3Codes.NoSuchKey)
        {
            return null;
        }
    }

    private async Task<byte[]> Download(string fullKey, CancellationToken cancellation)
    {
        using var response = await _s3.GetObjectAsync(new GetObjectRequest { BucketName = _location.Bucket, Key = fullKey }, cancellation);
        if (response.ContentLength > Array.MaxLength)
        {
            throw new InvalidDataException(
                string.Create(CultureInfo.InvariantCulture, $"the object has {response.ContentLength:N0} bytes; at most {Array.MaxLength:N0} can be read"));
        }

        var content = new byte[response.ContentLength];
        await response.ResponseStream.ReadExactlyAsync(content, cancellation);

        // The checksum is judged where the stream ends.
        var more = await response.ResponseStream.ReadAsync(new byte[1], cancellation);
        return more == 0 ? content : throw new IOException("the answer is longer than it said");
    }
}
