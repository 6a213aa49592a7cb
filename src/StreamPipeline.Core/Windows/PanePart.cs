using System.Buffers.Binary;
using System.IO.Hashing;
using ZstdSharp;

namespace StreamPipeline.Core.Windows;

/// <summary>
/// The envelope of a stored part of a pane layer, little-endian:
/// <code>magic "SPPL" | version u8 | compression u8 (0 none, 1 zstd) | 2 × 0 | body length u32 | XxHash3 u64 of the 12 bytes before and the stored body | stored body</code>
/// The hash refuses damaged bytes before anything reads them.
/// </summary>
internal static class PanePart
{
    /// <summary>Bodies hold up to this before compression: a bound for readers, and enough for zstd to find repetition in.</summary>
    public const int BodyBytesMax = 4 << 20;

    private const int HeaderBytes = 20;
    private const int HashedHeaderBytes = 12;
    private const byte Version = 1;

    public static byte[] Pack(ReadOnlySpan<byte> body)
    {
        using var compressor = new Compressor(1);
        var compressed = compressor.Wrap(body);
        var isSmaller = compressed.Length < body.Length;
        var stored = isSmaller ? compressed : body;
        var part = new byte[HeaderBytes + stored.Length];
        "SPPL"u8.CopyTo(part);
        part[4] = Version;
        part[5] = isSmaller ? (byte)1 : (byte)0;
        BinaryPrimitives.WriteInt32LittleEndian(part.AsSpan(8), body.Length);
        stored.CopyTo(part.AsSpan(HeaderBytes));
        BinaryPrimitives.WriteUInt64LittleEndian(part.AsSpan(HashedHeaderBytes), Hash(part));
        return part;
    }

    /// <exception cref="InvalidDataException">The bytes are no part, damaged, or of a newer version.</exception>
    public static ReadOnlySpan<byte> Unpack(byte[] part)
    {
        if (part.Length < HeaderBytes || !part.AsSpan().StartsWith("SPPL"u8))
        {
            throw new InvalidDataException($"{part.Length} bytes are not a pane layer: it starts with 'SPPL' and has at least {HeaderBytes}");
        }

        if (part[4] != Version)
        {
            throw new InvalidDataException($"a pane layer has format version {part[4]}, this program reads {Version}: it was written by a newer one");
        }

        var length = BinaryPrimitives.ReadUInt32LittleEndian(part.AsSpan(8));
        if (BinaryPrimitives.ReadUInt64LittleEndian(part.AsSpan(HashedHeaderBytes)) != Hash(part) || part[5] > 1)
        {
            throw new InvalidDataException($"a pane layer of {part.Length} bytes is damaged: its hash does not match");
        }

        var stored = part.AsSpan(HeaderBytes);
        if (length > BodyBytesMax + PaneLayer.PartBytesMax || (part[5] == 0 && length != stored.Length))
        {
            throw new InvalidDataException($"a pane layer claims {length} bytes, at most {BodyBytesMax + PaneLayer.PartBytesMax} are possible");
        }

        return part[5] == 0 ? stored : Decompress(stored, (int)length);
    }

    private static byte[] Decompress(ReadOnlySpan<byte> stored, int length)
    {
        var body = new byte[length];
        try
        {
            using var decompressor = new Decompressor();
            var written = decompressor.Unwrap(stored, body);
            return written == length ? body : throw new InvalidDataException($"a pane layer holds {written} bytes, {length} are expected");
        }
        catch (ZstdException error)
        {
            throw new InvalidDataException("a pane layer does not decompress", error);
        }
    }

    private static ulong Hash(ReadOnlySpan<byte> part)
    {
        var hash = new XxHash3();
        hash.Append(part[..HashedHeaderBytes]);
        hash.Append(part[HeaderBytes..]);
        return hash.GetCurrentHashAsUInt64();
    }
}
