using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using System.Text.Unicode;

namespace StreamPipeline.Core.Decoding.Compiled;

/// <summary>
/// Whether bytes are UTF-8 (RFC 3629), a vector at a time: three look-ups by nibble say of each byte and the one before it which errors they may be.
/// Source: John Keiser and Daniel Lemire, "Validating UTF-8 in less than one instruction per byte", 2021, algorithm "lookup".
/// </summary>
internal static unsafe class Utf8Check
{
    /// <summary>Bytes before a vector that its first byte may belong to.</summary>
    private const int Before = 3;

    private const byte TooShort = 1 << 0;
    private const byte TooLong = 1 << 1;
    private const byte Overlong3 = 1 << 2;
    private const byte TooLarge = 1 << 3;
    private const byte Surrogate = 1 << 4;
    private const byte Overlong2 = 1 << 5;
    private const byte TooLarge1000 = 1 << 6;
    private const byte Overlong4 = 1 << 6;
    private const byte TwoContinuations = 1 << 7;
    private const byte Carry = TooShort | TooLong | TwoContinuations;

    public static bool IsValid(byte* text, int length)
    {
        if (Avx2.IsSupported)
        {
            return IsValid<Lanes32, Vector256<byte>>(text, length);
        }

        return Vector128.IsHardwareAccelerated
            ? IsValid<Lanes16, Vector128<byte>>(text, length)
            : Utf8.IsValid(new ReadOnlySpan<byte>(text, length));
    }

    /// <summary>For tests: the vector of 16 bytes, where it is supported.</summary>
    internal static bool IsValid16(byte* text, int length) => IsValid<Lanes16, Vector128<byte>>(text, length);

    private static bool IsValid<TLanes, TVector>(byte* text, int length)
        where TLanes : ILanes<TVector>
    {
        // The first and the last block are copied: zeros before the one and behind the other end whatever is not whole.
        var block = stackalloc byte[Before + 32 + Before];
        var errors = default(TVector)!;
        for (var at = 0; at < length + Before; at += TLanes.Width)
        {
            if (at >= Before && at + TLanes.Width <= length)
            {
                errors = TLanes.Check(text + at, errors);
                continue;
            }

            new Span<byte>(block, Before + TLanes.Width).Clear();
            var from = Math.Max(0, at - Before);
            var to = Math.Min(length, at + TLanes.Width);
            if (to > from)
            {
                Unsafe.CopyBlockUnaligned(block + Before - (at - from), text + from, (uint)(to - from));
            }

            errors = TLanes.Check(block + Before, errors);
        }

        return TLanes.IsZero(errors);
    }

    /// <summary>What the algorithm needs of a vector.</summary>
    private interface ILanes<TVector>
    {
        static abstract int Width { get; }

        /// <summary>Adds the errors of a block; the three bytes before it are read too.</summary>
        static abstract TVector Check(byte* at, TVector errors);

        static abstract bool IsZero(TVector vector);
    }

    private static Vector128<byte> FirstHigh => Vector128.Create(
        TooLong, TooLong, TooLong, TooLong, TooLong, TooLong, TooLong, TooLong,
        TwoContinuations, TwoContinuations, TwoContinuations, TwoContinuations,
        TooShort | Overlong2, TooShort, TooShort | Overlong3 | Surrogate, TooShort | TooLarge | TooLarge1000 | Overlong4);

    private static Vector128<byte> FirstLow => Vector128.Create(
        Carry | Overlong3 | Overlong2 | Overlong4, Carry | Overlong2, Carry, Carry, Carry | TooLarge,
        Carry | TooLarge | TooLarge1000, Carry | TooLarge | TooLarge1000, Carry | TooLarge | TooLarge1000, Carry | TooLarge | TooLarge1000,
        Carry | TooLarge | TooLarge1000, Carry | TooLarge | TooLarge1000, Carry | TooLarge | TooLarge1000, Carry | TooLarge | TooLarge1000,
        Carry | TooLarge | TooLarge1000 | Surrogate, Carry | TooLarge | TooLarge1000, Carry | TooLarge | TooLarge1000);

    private static Vector128<byte> SecondHigh => Vector128.Create(
        TooShort, TooShort, TooShort, TooShort, TooShort, TooShort, TooShort, TooShort,
        TooLong | Overlong2 | TwoContinuations | Overlong3 | TooLarge1000 | Overlong4,
        TooLong | Overlong2 | TwoContinuations | Overlong3 | TooLarge,
        TooLong | Overlong2 | TwoContinuations | Surrogate | TooLarge, TooLong | Overlong2 | TwoContinuations | Surrogate | TooLarge,
        TooShort, TooShort, TooShort, TooShort);

    private readonly struct Lanes16 : ILanes<Vector128<byte>>
    {
        public static int Width => 16;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector128<byte> Check(byte* at, Vector128<byte> errors)
        {
            var bytes = Vector128.Load(at);
            var first = Vector128.Load(at - 1);
            var special = Vector128.ShuffleNative(FirstHigh, first >>> 4)
                & Vector128.ShuffleNative(FirstLow, first & Vector128.Create((byte)0xF))
                & Vector128.ShuffleNative(SecondHigh, bytes >>> 4);
            var continues = Vector128.SubtractSaturate(Vector128.Load(at - 2), Vector128.Create((byte)(0xE0 - 0x80)))
                | Vector128.SubtractSaturate(Vector128.Load(at - 3), Vector128.Create((byte)(0xF0 - 0x80)));
            return errors | (special ^ (continues & Vector128.Create((byte)0x80)));
        }

        public static bool IsZero(Vector128<byte> vector) => vector == Vector128<byte>.Zero;
    }

    private readonly struct Lanes32 : ILanes<Vector256<byte>>
    {
        public static int Width => 32;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector256<byte> Check(byte* at, Vector256<byte> errors)
        {
            var bytes = Vector256.Load(at);
            var first = Vector256.Load(at - 1);
            var special = Avx2.Shuffle(Vector256.Create(FirstHigh, FirstHigh), first >>> 4)
                & Avx2.Shuffle(Vector256.Create(FirstLow, FirstLow), first & Vector256.Create((byte)0xF))
                & Avx2.Shuffle(Vector256.Create(SecondHigh, SecondHigh), bytes >>> 4);
            var continues = Vector256.SubtractSaturate(Vector256.Load(at - 2), Vector256.Create((byte)(0xE0 - 0x80)))
                | Vector256.SubtractSaturate(Vector256.Load(at - 3), Vector256.Create((byte)(0xF0 - 0x80)));
            return errors | (special ^ (continues & Vector256.Create((byte)0x80)));
        }

        public static bool IsZero(Vector256<byte> vector) => vector == Vector256<byte>.Zero;
    }
}
