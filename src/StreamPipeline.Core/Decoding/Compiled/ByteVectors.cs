using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace StreamPipeline.Core.Decoding.Compiled;

/// <summary>64 bytes: AVX-512.</summary>
internal readonly struct Bytes64 : IByteVector
{
    public static int Width => 64;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static unsafe int IndexOfSpecial(byte* at)
    {
        var bytes = Vector512.Load(at);
        var special = Vector512.Equals(bytes, Vector512.Create((byte)'"'))
            | Vector512.Equals(bytes, Vector512.Create((byte)'\\'))
            | Vector512.LessThan(bytes.AsSByte(), Vector512.Create((sbyte)' ')).AsByte();
        return BitOperations.TrailingZeroCount(special.ExtractMostSignificantBits());
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static unsafe int IndexOfClosing(byte* at)
    {
        var bytes = Vector512.Load(at);
        var closing = Vector512.Equals(bytes, Vector512.Create((byte)'"'))
            | Vector512.Equals(bytes, Vector512.Create((byte)'\\'))
            | Vector512.LessThan(bytes, Vector512.Create((byte)' '));
        return BitOperations.TrailingZeroCount(closing.ExtractMostSignificantBits());
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static unsafe void Copy(byte* from, ref byte to) => Vector512.Load(from).StoreUnsafe(ref to);
}

/// <summary>32 bytes: AVX2.</summary>
internal readonly struct Bytes32 : IByteVector
{
    public static int Width => 32;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static unsafe int IndexOfSpecial(byte* at)
    {
        var bytes = Vector256.Load(at);
        var special = Vector256.Equals(bytes, Vector256.Create((byte)'"'))
            | Vector256.Equals(bytes, Vector256.Create((byte)'\\'))
            | Vector256.LessThan(bytes.AsSByte(), Vector256.Create((sbyte)' ')).AsByte();
        return BitOperations.TrailingZeroCount(special.ExtractMostSignificantBits());
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static unsafe int IndexOfClosing(byte* at)
    {
        var bytes = Vector256.Load(at);
        var closing = Vector256.Equals(bytes, Vector256.Create((byte)'"'))
            | Vector256.Equals(bytes, Vector256.Create((byte)'\\'))
            | Vector256.LessThan(bytes, Vector256.Create((byte)' '));
        return BitOperations.TrailingZeroCount(closing.ExtractMostSignificantBits());
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static unsafe void Copy(byte* from, ref byte to) => Vector256.Load(from).StoreUnsafe(ref to);
}

/// <summary>16 bytes: SSE2, and AdvSimd on Arm64.</summary>
internal readonly struct Bytes16 : IByteVector
{
    public static int Width => 16;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static unsafe int IndexOfSpecial(byte* at)
    {
        var bytes = Vector128.Load(at);
        var special = Vector128.Equals(bytes, Vector128.Create((byte)'"'))
            | Vector128.Equals(bytes, Vector128.Create((byte)'\\'))
            | Vector128.LessThan(bytes.AsSByte(), Vector128.Create((sbyte)' ')).AsByte();
        return BitOperations.TrailingZeroCount(special.ExtractMostSignificantBits() | 0x1_0000);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static unsafe int IndexOfClosing(byte* at)
    {
        var bytes = Vector128.Load(at);
        var closing = Vector128.Equals(bytes, Vector128.Create((byte)'"'))
            | Vector128.Equals(bytes, Vector128.Create((byte)'\\'))
            | Vector128.LessThan(bytes, Vector128.Create((byte)' '));
        return BitOperations.TrailingZeroCount(closing.ExtractMostSignificantBits() | 0x1_0000);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static unsafe void Copy(byte* from, ref byte to) => Vector128.Load(from).StoreUnsafe(ref to);
}

/// <summary>8 bytes in an ordinary register: no vector instructions.</summary>
internal readonly struct Bytes8 : IByteVector
{
    private const ulong Ones = 0x0101_0101_0101_0101;
    private const ulong Tops = Ones * 0x80;

    public static int Width => 8;

    /// <summary>Only the lowest mark is exact, since a borrow runs upwards; no other is asked for.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static unsafe int IndexOfSpecial(byte* at)
    {
        var bytes = Unsafe.ReadUnaligned<ulong>(at);
        var quote = bytes ^ (Ones * '"');
        var backslash = bytes ^ (Ones * '\\');
        var special = (((quote - Ones) & ~quote) | ((backslash - Ones) & ~backslash) | (bytes - (Ones * ' ')) | bytes) & Tops;
        return BitOperations.TrailingZeroCount(special) >> 3;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static unsafe int IndexOfClosing(byte* at)
    {
        var bytes = Unsafe.ReadUnaligned<ulong>(at);
        var quote = bytes ^ (Ones * '"');
        var backslash = bytes ^ (Ones * '\\');
        var closing = (((quote - Ones) & ~quote) | ((backslash - Ones) & ~backslash) | ((bytes - (Ones * ' ')) & ~bytes)) & Tops;
        return BitOperations.TrailingZeroCount(closing) >> 3;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static unsafe void Copy(byte* from, ref byte to) => Unsafe.WriteUnaligned(ref to, Unsafe.ReadUnaligned<ulong>(from));
}
