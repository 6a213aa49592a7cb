using System.Buffers.Binary;
using System.IO.Hashing;
using Apache.Arrow;
using Apache.Arrow.Compression;
using Apache.Arrow.Ipc;
using StreamPipeline.Core.Commit;
using StreamPipeline.Core.Decoding.Columns;
using StreamPipeline.Core.Lake.Staging;

namespace StreamPipeline.Core.Lake;

/// <summary>
/// What a committed batch left for the fold: its silver rows, its quarantine rows, or one behind the other (<see cref="StagedRef"/> tells where, at a multiple of 64
/// bytes). Each part is one Arrow record batch with compact columns (<see cref="CompactColumns"/>) as an Arrow IPC stream, then 8 bytes of XxHash3 with seed 4 over it (little
/// endian) and the magic <c>SPA4</c>. Arrow readers stop at the end-of-stream marker, so other tools open the first part of these files as they are. They live for seconds to minutes and are read
/// once: below a folder they are not compressed, since to copy them takes a tenth of the time of compressing and inflating them; for a store behind
/// a network (<see cref="IObjectStore.IsRemote"/>) buffers are zstd. A reader takes both, and those of earlier versions: <c>SPA3</c> (seed 3), whose numbers and UUIDs are plain, <c>SPA2</c> (seed 0), all of whose columns are, and <c>SPA1</c>,
/// whose hash is XxHash64. Source: Arrow columnar format, "IPC Streaming Format".
/// </summary>
public static class StagedFile
{
    private const int TrailerBytes = 12;

    /// <summary>Of a part: as Arrow recommends for its buffers.</summary>
    private const int AlignmentBytes = 64;

    /// <summary>What padding and metadata take beside the columns' bytes, unless there are very many columns.</summary>
    private const int FrameBytesUsual = 16 << 10;

    /// <summary>The last byte of the magic, as a digit. It is the hash's seed too: one flipped bit makes the magic that of another version, whose hash must not fit then.</summary>
    private const int Version = 4;

    private const int MagicBytes = 4;

    private static ReadOnlySpan<byte> Magic => "SPA"u8;

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
        var output = Room(batch, null);
        try
        {
            Append(batch, compressed, output);
            return output;
        }
        catch
        {
            output.Dispose();
            throw;
        }
    }

    /// <summary>Pooled bytes, none yet, with room for what batches take when they are not compressed; the caller owns them.</summary>
    internal static PooledBytes Room(RecordBatch? batch, RecordBatch? other)
    {
        var bytes = FrameBytesUsual + (batch is null ? 0 : RecordBatches.ByteSize(batch)) + (other is null ? 0 : RecordBatches.ByteSize(other) + FrameBytesUsual);
        return new PooledBytes((int)Math.Min(bytes, 64 << 20));
    }

    /// <summary>Appends a part to a file.</summary>
    /// <param name="batch">Null: nothing is appended.</param>
    /// <param name="key">What the file will be called.</param>
    /// <param name="compressed">Whether the buffers are zstd.</param>
    /// <param name="output">The file so far.</param>
    internal static StagedRef? Append(RecordBatch? batch, string key, bool compressed, PooledBytes output)
    {
        if (batch is null)
        {
            return null;
        }

        var padding = -output.WrittenCount & (AlignmentBytes - 1);
        output.GetSpan(padding)[..padding].Clear();
        output.Advance(padding);
        var offset = output.WrittenCount;
        Append(batch, compressed, output);
        return new StagedRef(key, batch.Length, output.WrittenCount - offset, offset);
    }

    /// <summary>Reads a part of a file; the caller owns the result.</summary>
    /// <param name="content">The whole file. Columns that are not compressed lie in it, so it must stay as it is for as long as the result lives.</param>
    /// <param name="rows">The part.</param>
    /// <exception cref="InvalidDataException">The bytes are not what was written: cut short or changed.</exception>
    public static RecordBatch Decode(ReadOnlyMemory<byte> content, StagedRef rows) => Decode(Part(content, rows), rows.Key);

    /// <summary>As the other, with texts that stay compact, which only the Parquet encoder takes (<see cref="TextForm"/>).</summary>
    /// <param name="content">The whole file; it must stay as it is for as long as the result lives.</param>
    /// <param name="rows">The part.</param>
    /// <param name="memory">Further memory of the result.</param>
    internal static RecordBatch DecodeCompact(ReadOnlyMemory<byte> content, StagedRef rows, ColumnBuffers memory) => Restore(Part(content, rows), rows.Key, memory);

    /// <summary>Reads what <see cref="Encode"/> wrote; the caller owns the result.</summary>
    /// <param name="content">The whole file. Columns that are not compressed lie in it, so it must stay as it is for as long as the result lives.</param>
    /// <param name="name">Where it came from, for the error text.</param>
    /// <exception cref="InvalidDataException">The bytes are not what <see cref="Encode"/> wrote: cut short or changed.</exception>
    public static RecordBatch Decode(ReadOnlyMemory<byte> content, string name) => RestoredColumns.Plain(Restore(content, name, memory: null));

    private static ReadOnlyMemory<byte> Part(ReadOnlyMemory<byte> content, StagedRef rows)
    {
        var from = (int)Math.Clamp(rows.Offset, 0, content.Length);
        return content.Slice(from, (int)Math.Clamp(rows.Bytes, 0, content.Length - from));
    }

    private static RecordBatch Restore(ReadOnlyMemory<byte> content, string name, ColumnBuffers? memory)
    {
        var version = VersionOf(content.Span);
        if (version is < 1 or > Version)
        {
            throw new InvalidDataException(version > Version
                ? $"staged file '{name}' is of version {version}, this one reads up to {Version}: consumer and fold have to be deployed together; or it is damaged"
                : $"staged file '{name}' is not whole: {content.Length} bytes without the closing magic 'SPA{Version}'");
        }

        // The hash is checked before anything is parsed, so a damaged length field cannot ask for gigabytes.
        var body = content[..^TrailerBytes];
        var expected = BinaryPrimitives.ReadUInt64LittleEndian(content.Span[^TrailerBytes..]);
        if ((version == 1 ? XxHash64.HashToUInt64(body.Span) : XxHash3.HashToUInt64(body.Span, version == 2 ? 0 : version)) != expected)
        {
            throw new InvalidDataException($"staged file '{name}' is damaged: its {body.Length} bytes do not match their checksum");
        }

        using var reader = new ArrowStreamReader(new ArrowContext(new ManagedAllocator(), new CompressionCodecFactory()), body);
        var rows = reader.ReadNextRecordBatch() ?? throw new InvalidDataException($"staged file '{name}' holds no record batch");
        return version <= 2 ? rows : RestoredColumns.Compact(rows, memory);
    }

    /// <summary>0: it is no such file. A later version than this one's: what it holds is not known.</summary>
    private static int VersionOf(ReadOnlySpan<byte> content) =>
        content.Length >= TrailerBytes && content[^MagicBytes..^1].SequenceEqual(Magic) && char.IsAsciiDigit((char)content[^1]) ? content[^1] - '0' : 0;

    private static void Append(RecordBatch batch, bool compressed, PooledBytes output)
    {
        var offset = output.WrittenCount;
        using var columns = new CompactColumns();
        var compact = columns.Of(batch);
        using (var writer = new ArrowStreamWriter(new PooledBytesStream(output), compact.Schema, leaveOpen: true, compressed ? Compressing() : new IpcOptions()))
        {
            writer.WriteRecordBatch(compact);
            writer.WriteEnd();
        }

        var hash = XxHash3.HashToUInt64(output.WrittenSpan[offset..], Version);
        var trailer = output.GetSpan(TrailerBytes);
        BinaryPrimitives.WriteUInt64LittleEndian(trailer, hash);
        Magic.CopyTo(trailer[8..]);
        trailer[TrailerBytes - 1] = '0' + Version;
        output.Advance(TrailerBytes);
    }

    private static IpcOptions Compressing() => new() { CompressionCodec = CompressionCodecType.Zstd, CompressionCodecFactory = new StagedCodec.Factory() };
}
