using System.Runtime.Intrinsics;

namespace StreamPipeline.Core.Decoding.Compiled;

/// <summary>Which instructions the compiled decoder uses.</summary>
internal enum VectorWidth
{
    /// <summary>No compiled decoder: each document takes the complete path.</summary>
    None = 0,

    /// <summary>Ordinary registers.</summary>
    Bytes8 = 8,

    /// <summary>SSE2, AdvSimd.</summary>
    Bytes16 = 16,

    /// <summary>AVX2.</summary>
    Bytes32 = 32,

    /// <summary>AVX-512.</summary>
    Bytes64 = 64,
}

internal static class VectorWidths
{
    /// <summary>
    /// The fastest on this machine. Strings in events are short: 32 bytes at a time leave few second rounds, and 64 are no faster.
    /// </summary>
    public static VectorWidth Best =>
        !BitConverter.IsLittleEndian ? VectorWidth.None
        : Vector256.IsHardwareAccelerated ? VectorWidth.Bytes32
        : Vector128.IsHardwareAccelerated ? VectorWidth.Bytes16
        : VectorWidth.Bytes8;
}
