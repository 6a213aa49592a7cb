using System.Buffers.Binary;

namespace StreamPipeline.Core.Lake.Zstd;

/// <summary>
/// Writes zstd frames whose blocks are made for what a page is: bytes that are only unequally frequent, or words that come again. Every decoder reads
/// them. Source: RFC 8878. Owner: who made it; not thread-safe.
/// </summary>
internal sealed class ZstdFrame : IDisposable
{
    /// <summary>Most bytes of a block.</summary>
    public const int BlockBytesMax = 128 << 10;

    private const int Magic = unchecked((int)0xFD2F_B528);

    // Four bytes of content size, one segment, no checksum, no dictionary.
    private const byte Descriptor = 0xA0;
    private const int HeaderBytes = 9;
    private const int BlockHeaderBytes = 3;

    // As many equal bytes as a block of their own is worth.
    private const int RunMin = 64;
    private const int RunFromMax = 64;

    private readonly LiteralsSection _section = new();
    private readonly SequencesSection _sequences = new();
    private readonly RepeatedWords _words = new();
    private readonly PooledBytes _literals = new(BlockBytesMax);

    private enum BlockType
    {
        Raw = 0,
        Run = 1,
        Compressed = 2,
    }

    /// <summary>Raw blocks: unpacking is copying.</summary>
    /// <param name="page">Any bytes.</param>
    /// <param name="literals">So many of them, at the beginning, are written as <see cref="WriteLiterals"/> does.</param>
    /// <param name="output">Appended to.</param>
    public void Store(ReadOnlySpan<byte> page, int literals, PooledBytes output)
    {
        WriteHeader(page.Length, output);
        var at = WriteBeginning(page, literals, output);
        do
        {
            var block = page.Slice(at, Math.Min(page.Length - at, BlockBytesMax));
            at += block.Length;
            WriteRaw(block, at == page.Length, output);
        }
        while (at < page.Length);
    }

    /// <summary>Each byte in as few bits as its frequency deserves. A run near the beginning (lengths that are all the same) is a block of its own.</summary>
    /// <param name="page">Any bytes.</param>
    /// <param name="apart">So many of them, at the beginning, have frequencies of their own.</param>
    /// <param name="output">Appended to.</param>
    public void WriteLiterals(ReadOnlySpan<byte> page, int apart, PooledBytes output)
    {
        WriteHeader(page.Length, output);
        var at = WriteBeginning(page, apart, output);
        at += WriteFirstRun(page[at..], output);
        do
        {
            var block = page.Slice(at, Math.Min(page.Length - at, BlockBytesMax));
            at += block.Length;
            _sequences.Clear();
            WriteCompressed(block, block, at == page.Length, output);
        }
        while (at < page.Length);
    }

    /// <summary>A block as it is.</summary>
    public static void WriteRaw(ReadOnlySpan<byte> block, bool isLast, PooledBytes output)
    {
        var to = output.GetSpan(sizeof(int) + block.Length);
        BinaryPrimitives.WriteInt32LittleEndian(to, HeaderOf(BlockType.Raw, block.Length, isLast));
        block.CopyTo(to[BlockHeaderBytes..]);
        output.Advance(BlockHeaderBytes + block.Length);
    }

    /// <summary>Leaves room for the header of a compressed block.</summary>
    public static void BeginBlock(PooledBytes output)
    {
        output.GetSpan(BlockHeaderBytes);
        output.Advance(BlockHeaderBytes);
    }

    /// <summary>Writes the header of the block that began at <paramref name="at"/>; returns how many bytes are behind it.</summary>
    public static int EndBlock(PooledBytes output, int at, bool isLast)
    {
        var bytes = output.WrittenCount - at - BlockHeaderBytes;
        var header = HeaderOf(BlockType.Compressed, bytes, isLast);
        output.PatchUInt16(at, header & ushort.MaxValue);
        output.Patch(at + 2, (byte)(header >> 16));
        return bytes;
    }

    /// <summary>About how long <see cref="WriteLiterals"/> would be.</summary>
    public int EstimateLiterals(ReadOnlySpan<byte> page) => HeaderBytes + BlockHeaderBytes + _section.Estimate(page);

    /// <summary>Words of <paramref name="width"/> bytes that come again, wherever in the page they begin.</summary>
    /// <param name="page">Any bytes.</param>
    /// <param name="literals">So many of them, at the beginning, are written as <see cref="WriteLiterals"/> does.</param>
    /// <param name="width">3 to 8.</param>
    /// <param name="output">Appended to.</param>
    public void WriteWords(ReadOnlySpan<byte> page, int literals, int width, PooledBytes output)
    {
        WriteHeader(page.Length, output);
        var at = WriteBeginning(page, literals, output);
        _words.Begin();
        do
        {
            var length = Math.Min(page.Length - at, BlockBytesMax);
            _literals.Clear();
            _sequences.Clear();
            _words.Find(page, at, length, width, _literals, _sequences);
            var block = page.Slice(at, length);
            at += length;
            WriteCompressed(_literals.WrittenSpan, block, at == page.Length, output);
        }
        while (at < page.Length);
    }

    public void Dispose()
    {
        _section.Dispose();
        _sequences.Dispose();
        _words.Dispose();
        _literals.Dispose();
    }

    /// <summary>Blocks of their own for what a page begins with, none of them the last; returns how many bytes are in them.</summary>
    private int WriteBeginning(ReadOnlySpan<byte> page, int count, PooledBytes output)
    {
        for (var at = 0; at < count;)
        {
            var block = page[at..Math.Min(count, at + BlockBytesMax)];
            at += block.Length;
            _sequences.Clear();
            WriteCompressed(block, block, isLast: false, output);
        }

        return count;
    }

    /// <summary>Returns how many bytes are in blocks then: those before the run, and the run.</summary>
    private static int WriteFirstRun(ReadOnlySpan<byte> page, PooledBytes output)
    {
        for (var from = 0; from < Math.Min(RunFromMax, page.Length - RunMin); from++)
        {
            var run = page[from..].IndexOfAnyExcept(page[from]);
            if (run >= RunMin && run <= BlockBytesMax)
            {
                WriteRaw(page[..from], isLast: false, output);
                var to = output.GetSpan(sizeof(int));
                BinaryPrimitives.WriteInt32LittleEndian(to, HeaderOf(BlockType.Run, run, isLast: false) | (page[from] << (8 * BlockHeaderBytes)));
                output.Advance(BlockHeaderBytes + 1);
                return from + run;
            }
        }

        return 0;
    }

    /// <summary>The block as literals and sequences; as it is when that is shorter.</summary>
    private void WriteCompressed(ReadOnlySpan<byte> literals, ReadOnlySpan<byte> block, bool isLast, PooledBytes output)
    {
        var at = output.WrittenCount;
        BeginBlock(output);
        _section.Write(literals, output);
        _sequences.Write(output);
        if (EndBlock(output, at, isLast) >= block.Length)
        {
            output.CutTo(at);
            WriteRaw(block, isLast, output);
        }
    }

    /// <summary>Last block in bit 0, type in bits 1 and 2, then the size.</summary>
    private static int HeaderOf(BlockType type, int size, bool isLast) => (size << 3) | ((int)type << 1) | (isLast ? 1 : 0);

    private static void WriteHeader(int contentBytes, PooledBytes output)
    {
        var header = output.GetSpan(HeaderBytes);
        BinaryPrimitives.WriteInt32LittleEndian(header, Magic);
        header[4] = Descriptor;
        BinaryPrimitives.WriteInt32LittleEndian(header[5..], contentBytes);
        output.Advance(HeaderBytes);
    }
}
