using ZstdSharp;
using ZstdSharp.Unsafe;

namespace StreamPipeline.Core.Decoding;

/// <summary>How bytes are compressed, told by their first bytes and never by a file's name.</summary>
public enum CompressionKind
{
    None,

    /// <summary>RFC 1952: starts with 1F 8B.</summary>
    Gzip,

    /// <summary>RFC 8878: a frame starts with 28 B5 2F FD, a skippable one, which <c>pzstd</c> begins with, with 50 to 5F 2A 4D 18.</summary>
    Zstd,
}

/// <summary>Compressed data that does not inflate. What was inflated before it is good.</summary>
public sealed class CompressedDataException(string message, bool endsEarly, Exception? inner = null) : Exception(message, inner)
{
    /// <summary>True: the data is good as far as it goes, but stops early. False: it is damaged.</summary>
    public bool EndsEarly => endsEarly;
}

/// <summary>Recognises and opens compressed data.</summary>
public static class Compression
{
    /// <summary>Bytes that <see cref="Detect"/> needs to see, unless there are fewer.</summary>
    public const int MagicBytes = 4;

    /// <summary>Largest zstd window accepted from a stream, 2^27 = 128 MiB: what <c>zstd</c> itself takes without <c>--long</c>.</summary>
    internal const int WindowLogMax = 27;

    public static CompressionKind Detect(ReadOnlySpan<byte> start)
    {
        if (start.Length >= 2 && start[0] == 0x1F && start[1] == 0x8B)
        {
            return CompressionKind.Gzip;
        }

        return start.StartsWith(ZstdMagic) || (start.Length >= 4 && (start[0] & 0xF0) == 0x50 && start[1..].StartsWith(SkippableMagicEnd))
            ? CompressionKind.Zstd
            : CompressionKind.None;
    }

    private static ReadOnlySpan<byte> ZstdMagic => [0x28, 0xB5, 0x2F, 0xFD];

    private static ReadOnlySpan<byte> SkippableMagicEnd => [0x2A, 0x4D, 0x18];

    /// <summary>
    /// A stream of the inflated bytes; several gzip members or zstd frames in a row are one stream. Its Read throws
    /// <see cref="CompressedDataException"/> where the data is damaged or ends early, after all good bytes were delivered.
    /// </summary>
    /// <param name="compressed">Owned by the returned stream.</param>
    /// <param name="kind">As told by <see cref="Detect"/>.</param>
    public static Stream Open(Stream compressed, CompressionKind kind) => kind switch
    {
        CompressionKind.Gzip => new GzipInput(compressed),
        CompressionKind.Zstd => new ZstdInput(compressed),
        _ => compressed,
    };

    internal static DecompressionStream OpenZstd(Stream compressed)
    {
        var stream = new DecompressionStream(compressed, bufferSize: 1 << 17, checkEndOfStream: true, leaveOpen: false);
        stream.SetParameter(ZSTD_dParameter.ZSTD_d_windowLogMax, WindowLogMax);
        return stream;
    }
}
