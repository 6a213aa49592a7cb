using System.Buffers.Binary;
using System.IO.Hashing;
using Apache.Arrow;
using Apache.Arrow.Compression;
using Apache.Arrow.Ipc;

namespace StreamPipeline.Core.Lake;

/// <summary>
/// What a committed batch left for the fold: one Arrow record batch as an Arrow IPC stream with zstd-compressed buffers, then
/// 8 bytes of XxHash64 over it (little endian) and the magic <c>SPA1</c>. Arrow readers stop at the end-of-stream marker, so
/// other tools open these files as they are. Source: Arrow columnar format, "IPC Streaming Format".
/// </summary>
public static class StagedFile
{
    private const int TrailerBytes = 12;

    // zstd 1: a staged file lives for seconds to minutes and is read once.
    private const int CompressionLevel = 1;

    /// <summary>What zstd mostly makes of rows; where it does less, the stream grows by copying itself.</summary>
    private const int UsualRatio = 3;
    private const int SchemaBytesUsual = 4 << 10;

    private static ReadOnlySpan<byte> Magic => "SPA1"u8;

    /// <summary>The batch as bytes. The batch is left as it is and remains the caller's.</summary>
    public static ReadOnlyMemory<byte> Encode(RecordBatch batch)
    {
        using var stream = new MemoryStream((int)Math.Min((RecordBatches.ByteSize(batch) / UsualRatio) + SchemaBytesUsual, 1 << 20));
        var options = new IpcOptions
        {
            CompressionCodec = CompressionCodecType.Zstd,
            CompressionCodecFactory = new CompressionCodecFactory(),
            CompressionLevel = CompressionLevel,
        };
        using (var writer = new ArrowStreamWriter(stream, batch.Schema, leaveOpen: true, options))
        {
            writer.WriteRecordBatch(batch);
            writer.WriteEnd();
        }

        Span<byte> trailer = stackalloc byte[TrailerBytes];
        var hash = XxHash64.HashToUInt64(stream.GetBuffer().AsSpan(0, (int)stream.Length));
        BinaryPrimitives.WriteUInt64LittleEndian(trailer, hash);
        Magic.CopyTo(trailer[8..]);
        stream.Write(trailer);
        return stream.GetBuffer().AsMemory(0, (int)stream.Length);
    }

    /// <summary>Reads what <see cref="Encode"/> wrote; the caller owns the result.</summary>
    /// <param name="content">The whole file.</param>
    /// <param name="name">Where it came from, for the error text.</param>
    /// <exception cref="InvalidDataException">The bytes are not what <see cref="Encode"/> wrote: cut short or changed.</exception>
    public static RecordBatch Decode(ReadOnlyMemory<byte> content, string name)
    {
        // The hash is checked before anything is parsed, so a damaged length field cannot ask for gigabytes.
        if (content.Length < TrailerBytes || !content.Span[^4..].SequenceEqual(Magic))
        {
            throw new InvalidDataException($"staged file '{name}' is not whole: {content.Length} bytes without the closing magic 'SPA1'");
        }

        var body = content[..^TrailerBytes];
        var expected = BinaryPrimitives.ReadUInt64LittleEndian(content.Span[^TrailerBytes..]);
        if (XxHash64.HashToUInt64(body.Span) != expected)
        {
            throw new InvalidDataException($"staged file '{name}' is damaged: its {body.Length} bytes do not match their checksum");
        }

        using var reader = new ArrowStreamReader(new ArrowContext(new ManagedAllocator(), new CompressionCodecFactory()), body);
        return reader.ReadNextRecordBatch()
            ?? throw new InvalidDataException($"staged file '{name}' holds no record batch");
    }
}
