using System.Buffers.Binary;
using System.IO.Hashing;
using Apache.Arrow;
using Apache.Arrow.Compression;
using Apache.Arrow.Ipc;

namespace StreamPipeline.Core.Lake;

/// <summary>
/// What a committed batch left for the fold: one Arrow record batch as an Arrow IPC stream, then 8 bytes of XxHash3 over it (little endian) and the magic
/// <c>SPA2</c>. Arrow readers stop at the end-of-stream marker, so other tools open these files as they are. They live for seconds to minutes and are read
/// once: below a folder they are not compressed, since to copy 230 bytes a row takes a tenth of the time of compressing and inflating them; for a store behind
/// a network (<see cref="IObjectStore.IsRemote"/>) buffers are zstd, which is a third of the bytes. A reader takes both, and files with the magic <c>SPA1</c>,
/// whose hash is XxHash64. Source: Arrow columnar format, "IPC Streaming Format".
/// </summary>
public static class StagedFile
{
    private const int TrailerBytes = 12;

    // At 75 MB/s, which is what a Lambda gets, level 1 makes up for its time: 60 bytes a row, where level −3 leaves 97.
    private const int CompressionLevel = 1;

    /// <summary>What padding and metadata take beside the columns' bytes, unless there are very many columns.</summary>
    private const int FrameBytesUsual = 16 << 10;

    private static ReadOnlySpan<byte> Magic => "SPA2"u8;

    private static ReadOnlySpan<byte> MagicBefore => "SPA1"u8;

    /// <summary>The batch as bytes of its own. The batch is left as it is and remains the caller's.</summary>
    /// <param name="batch">At most 2 GiB.</param>
    /// <param name="compressed">Whether the buffers are zstd.</param>
    public static ReadOnlyMemory<byte> Encode(RecordBatch batch, bool compressed = false)
    {
        using var output = Pooled(batch, compressed);
        return output.WrittenSpan.ToArray();
    }

    /// <summary>As <see cref="Encode"/>, in pooled bytes that the caller owns.</summary>
    internal static PooledBytes Pooled(RecordBatch batch, bool compressed)
    {
        var output = new PooledBytes((int)Math.Min(RecordBatches.ByteSize(batch) + FrameBytesUsual, 64 << 20));
        try
        {
            using (var writer = new ArrowStreamWriter(new PooledBytesStream(output), batch.Schema, leaveOpen: true, compressed ? Compressing() : new IpcOptions()))
            {
                writer.WriteRecordBatch(batch);
                writer.WriteEnd();
            }

            var hash = XxHash3.HashToUInt64(output.WrittenSpan);
            var trailer = output.GetSpan(TrailerBytes);
            BinaryPrimitives.WriteUInt64LittleEndian(trailer, hash);
            Magic.CopyTo(trailer[8..]);
            output.Advance(TrailerBytes);
            return output;
        }
        catch
        {
            output.Dispose();
            throw;
        }
    }

    /// <summary>Reads what <see cref="Encode"/> wrote; the caller owns the result.</summary>
    /// <param name="content">The whole file. Columns that are not compressed lie in it, so it must stay as it is for as long as the result lives.</param>
    /// <param name="name">Where it came from, for the error text.</param>
    /// <exception cref="InvalidDataException">The bytes are not what <see cref="Encode"/> wrote: cut short or changed.</exception>
    public static RecordBatch Decode(ReadOnlyMemory<byte> content, string name)
    {
        // The hash is checked before anything is parsed, so a damaged length field cannot ask for gigabytes.
        var isBefore = content.Span.EndsWith(MagicBefore);
        if (content.Length < TrailerBytes || !(isBefore || content.Span.EndsWith(Magic)))
        {
            throw new InvalidDataException($"staged file '{name}' is not whole: {content.Length} bytes without the closing magic 'SPA2'");
        }

        var body = content[..^TrailerBytes];
        var expected = BinaryPrimitives.ReadUInt64LittleEndian(content.Span[^TrailerBytes..]);
        if ((isBefore ? XxHash64.HashToUInt64(body.Span) : XxHash3.HashToUInt64(body.Span)) != expected)
        {
            throw new InvalidDataException($"staged file '{name}' is damaged: its {body.Length} bytes do not match their checksum");
        }

        using var reader = new ArrowStreamReader(new ArrowContext(new ManagedAllocator(), new CompressionCodecFactory()), body);
        return reader.ReadNextRecordBatch()
            ?? throw new InvalidDataException($"staged file '{name}' holds no record batch");
    }

    private static IpcOptions Compressing() => new()
    {
        CompressionCodec = CompressionCodecType.Zstd,
        CompressionCodecFactory = new CompressionCodecFactory(),
        CompressionLevel = CompressionLevel,
    };
}
