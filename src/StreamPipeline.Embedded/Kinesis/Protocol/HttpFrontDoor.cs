using System.Buffers;
using System.Formats.Cbor;
using System.Text.Json;
using Microsoft.AspNetCore.Http;

namespace StreamPipeline.Embedded.Kinesis.Protocol;

/// <summary>
/// HTTP to operations: AWS JSON 1.1, or CBOR of the same members. A signature is not looked at: whoever reaches the port may use it.
/// </summary>
/// <param name="operations">What there is to call.</param>
/// <param name="time">Stamps request ids.</param>
/// <param name="report">Takes a line when something is wrong with us.</param>
internal sealed class HttpFrontDoor(OperationTable operations, TimeProvider time, Action<string> report) : IDisposable
{
    /// <summary>10 MiB of data in base64, 500 keys with every character escaped, and room for the rest.</summary>
    public const int BodyBytesMax = 16 << 20;

    /// <summary>What is read of a body that is too large, so that its sender gets to read the answer; beyond, the connection is cut.</summary>
    public const int DrainedBytesMax = 4 * BodyBytesMax;

    private const string Json = "application/x-amz-json-1.1";
    private const string Cbor = "application/x-amz-cbor-1.1";

    /// <summary>Bodies up to here are read without waiting for a turn.</summary>
    private const int SmallBodyBytes = 64 << 10;

    /// <summary>Large calls at once: each holds its body and what it decodes to, some 50 MB at most.</summary>
    private const int LargeAtOnce = 8;

    private readonly SemaphoreSlim _large = new(LargeAtOnce, LargeAtOnce);

    public async Task Handle(HttpContext context)
    {
        var target = context.Request.Headers["X-Amz-Target"].FirstOrDefault();
        var isLarge = context.Request.ContentLength is null or > SmallBodyBytes || (target?.EndsWith(".GetRecords", StringComparison.Ordinal) ?? false);
        if (isLarge)
        {
            await _large.WaitAsync(context.RequestAborted);
        }

        try
        {
            await Answer(context, target);
        }
        catch (Exception error) when (error is OperationCanceledException || (error is IOException && context.RequestAborted.IsCancellationRequested))
        {
            // The caller has gone.
            context.Abort();
        }
        finally
        {
            if (isLarge)
            {
                _large.Release();
            }
        }
    }

    public void Dispose() => _large.Dispose();

    private async Task Answer(HttpContext context, string? target)
    {
        var isCbor = context.Request.ContentType?.StartsWith(Cbor, StringComparison.OrdinalIgnoreCase) ?? false;
        var (status, answer) = (200, Array.Empty<byte>());
        try
        {
            answer = await Run(context.Request, target, isCbor);
        }
        catch (KinesisFault fault)
        {
            (status, answer) = (fault.Status, FaultBody(fault.Type, fault.Message));
        }
        catch (BadHttpRequestException error)
        {
            var fault = error.StatusCode == 413 ? TooLarge() : new KinesisFault("SerializationException", "the request is not whole HTTP");
            (status, answer) = (error.StatusCode, FaultBody(fault.Type, fault.Message));
        }
        catch (Exception error) when (error is not OperationCanceledException)
        {
            report(error is IOException ? error.Message : $"this is a bug: {error.GetType().Name} in {KinesisFault.Shown(target ?? "")}: {error.Message}");
            (status, answer) = (500, FaultBody("InternalFailure", "the endpoint failed; its own output says why"));
        }

        if (isCbor && answer.Length > 0)
        {
            answer = CborBody.FromJson(answer);
        }

        var response = context.Response;
        response.StatusCode = status;
        response.ContentType = isCbor ? Cbor : Json;
        response.ContentLength = answer.Length;
        response.Headers["x-amzn-RequestId"] = Guid.CreateVersion7(time.GetUtcNow()).ToString();
        await response.Body.WriteAsync(answer, context.RequestAborted);
    }

    private async Task<byte[]> Run(HttpRequest request, string? target, bool isCbor)
    {
        if (request.Headers.Origin.Count > 0)
        {
            // Nothing here is meant for web pages; this keeps those that a user happens to visit from writing to local streams.
            throw new KinesisFault("AccessDeniedException", "requests of web pages (with a header Origin) are not answered", 403);
        }

        if (request.Method != HttpMethods.Post)
        {
            throw new KinesisFault(
                "UnknownOperationException", $"{request.Method} is not answered: this is a Kinesis endpoint, for an AWS SDK or the AWS CLI (--endpoint-url http://{request.Host})");
        }

        var buffer = ArrayPool<byte>.Shared.Rent((int)Math.Min(request.ContentLength ?? SmallBodyBytes, BodyBytesMax) + 1);
        try
        {
            var length = 0;
            int read;
            while ((read = await request.Body.ReadAsync(buffer.AsMemory(length), request.HttpContext.RequestAborted)) > 0)
            {
                length += read;
                if (length > BodyBytesMax)
                {
                    await Drain(request.Body, buffer, request.HttpContext.RequestAborted);
                    throw TooLarge();
                }

                buffer = length < buffer.Length ? buffer : Larger(buffer);
            }

            var body = buffer.AsMemory(0, length);
            return await operations.Run(target, isCbor ? FromCbor(body) : body);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private static ReadOnlyMemory<byte> FromCbor(ReadOnlyMemory<byte> body)
    {
        try
        {
            return CborBody.ToJson(body);
        }
        catch (CborContentException error)
        {
            throw new KinesisFault("SerializationException", $"the request is not CBOR of a Kinesis request: {KinesisFault.Shown(error.Message)}");
        }
    }

    /// <summary>The server stops at <see cref="DrainedBytesMax"/>.</summary>
    private static async Task Drain(Stream body, byte[] buffer, CancellationToken cancellation)
    {
        while (await body.ReadAsync(buffer, cancellation) > 0)
        {
        }
    }

    private static KinesisFault TooLarge() =>
        new("RequestEntityTooLargeException", $"the request is larger than {BodyBytesMax:N0} bytes, the most that is read; PutRecords takes 10 MiB of data", 413);

    private static byte[] Larger(byte[] buffer)
    {
        var larger = ArrayPool<byte>.Shared.Rent(buffer.Length * 2);
        buffer.CopyTo(larger, 0);
        ArrayPool<byte>.Shared.Return(buffer);
        return larger;
    }

    private static byte[] FaultBody(string type, string message) =>
        JsonSerializer.SerializeToUtf8Bytes(new FaultAnswer(type, message), KinesisJson.Default.FaultAnswer);
}
