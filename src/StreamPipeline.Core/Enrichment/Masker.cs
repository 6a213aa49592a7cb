using System.Security.Cryptography;

namespace StreamPipeline.Core.Enrichment;

/// <summary>HMAC-SHA-256 (RFC 2104) of a value, in lower-case hexadecimal. The same value gives the same mask, so masked columns still join.</summary>
internal sealed class Masker(byte[] key)
{
    /// <summary>Length of a mask, bytes of ASCII.</summary>
    public const int MaskBytes = HMACSHA256.HashSizeInBytes * 2;

    public void Mask(ReadOnlySpan<byte> value, Span<byte> mask)
    {
        Span<byte> hash = stackalloc byte[HMACSHA256.HashSizeInBytes];
        HMACSHA256.HashData(key, value, hash);
        Convert.TryToHexStringLower(hash, mask, out _);
    }
}
