using System.Security.Cryptography;

namespace StreamPipeline.Core.Enrichment;

/// <summary>HMAC-SHA-256 (RFC 2104) of a value, in lower-case hexadecimal. The same value gives the same mask, so masked columns still join.</summary>
internal sealed class Masker(byte[] key)
{
    /// <summary>Length of a mask, bytes of ASCII.</summary>
    public const int MaskBytes = HMACSHA256.HashSizeInBytes * 2;

    /// <summary>Keyed once for many values. Taken by the call that finds it here; another one meanwhile makes its own.</summary>
    private IncrementalHash? _keyed;

    public void Mask(ReadOnlySpan<byte> value, Span<byte> mask)
    {
        Span<byte> hash = stackalloc byte[HMACSHA256.HashSizeInBytes];
        var keyed = Interlocked.Exchange(ref _keyed, null) ?? IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, key);
        keyed.AppendData(value);
        keyed.GetHashAndReset(hash);
        if (Interlocked.Exchange(ref _keyed, keyed) is { } other)
        {
            other.Dispose();
        }

        Convert.TryToHexStringLower(hash, mask, out _);
    }
}
