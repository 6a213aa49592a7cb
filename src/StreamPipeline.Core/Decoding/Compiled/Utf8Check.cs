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

    /// <param name="text">The text; a vector behind its end can be read.</param>
    /// <param name="length">Its bytes. The one behind them is ASCII, as a closing quote is, so that what is not whole shows there.</param>
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
        var errors = TLanes.CheckFirst(text);
        if (length < TLanes.Width)
        {
            return TLanes.AreNone(TLanes.UpTo(errors, length));
        }

        var at = TLanes.Width;
        for (; at + TLanes.Width <= length; at += TLanes.Width)
        {
            errors = TLanes.Or(errors, TLanes.Check(text + at));
        }

        return TLanes.AreNone(TLanes.Or(errors, TLanes.UpTo(TLanes.Check(text + at), length - at)));
    }

    /// <summary>What the algorithm needs of a vector. Errors are bytes that are not 0.</summary>
    private interface ILanes<TVector>
    {
        static abstract int Width { get; }

        /// <summary>The errors of a block with nothing before it.</summary>
        static abstract TVector CheckFirst(byte* at);

        /// <summary>The errors of a block; the three bytes before it are read too.</summary>
        static abstract TVector Check(byte* at);

        static abstract TVector Or(TVector errors, TVector others);

        /// <summary>Those up to a byte, which is one of them.</summary>
        static abstract TVector UpTo(TVector errors, int last);

        static abstract bool AreNone(TVector errors);
    }

    private static Vector128<byte> FirstHigh
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => Vector128.Create(
            TooLong, TooLong, TooLong, TooLong, TooLong, TooLong, TooLong, TooLong,
            TwoContinuations, TwoContinuations, TwoContinuations, TwoContinuations,
            TooShort | Overlong2, TooShort, TooShort | Overlong3 | Surrogate, TooShort | TooLarge | TooLarge1000 | Overlong4);
    }

    private static Vector128<byte> FirstLow
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => Vector128.Create(
            Carry | Overlong3 | Overlong2 | Overlong4, Carry | Overlong2, Carry, Carry, Carry | TooLarge,
            Carry | TooLarge | TooLarge1000, Carry | TooLarge | TooLarge1000, Carry | TooLarge | TooLarge1000, Carry | TooLarge | TooLarge1000,
            Carry | TooLarge | TooLarge1000, Carry | TooLarge | TooLarge1000, Carry | TooLarge | TooLarge1000, Carry | TooLarge | TooLarge1000,
            Carry | TooLarge | TooLarge1000 | Surrogate, Carry | TooLarge | TooLarge1000, Carry | TooLarge | TooLarge1000);
    }

    private static Vector128<byte> SecondHigh
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => Vector128.Create(
            TooShort, TooShort, TooShort, TooShort, TooShort, TooShort, TooShort, TooShort,
            TooLong | Overlong2 | TwoContinuations | Overlong3 | TooLarge1000 | Overlong4,
            TooLong | Overlong2 | TwoContinuations | Overlong3 | TooLarge,
            TooLong | Overlong2 | TwoContinuations | Surrogate | TooLarge, TooLong | Overlong2 | TwoContinuations | Surrogate | TooLarge,
            TooShort, TooShort, TooShort, TooShort);
    }

    private readonly struct Lanes16 : ILanes<Vector128<byte>>
    {
        public static int Width => 16;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector128<byte> CheckFirst(byte* at)
        {
            // An index beyond the vector gives a zero.
            var bytes = Vector128.Load(at);
            return Check(
                bytes,
                Vector128.Shuffle(bytes, Vector128<byte>.Indices - Vector128.Create((byte)1)),
                Vector128.Shuffle(bytes, Vector128<byte>.Indices - Vector128.Create((byte)2)),
                Vector128.Shuffle(bytes, Vector128<byte>.Indices - Vector128.Create((byte)3)));
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector128<byte> Check(byte* at) => Check(Vector128.Load(at), Vector128.Load(at - 1), Vector128.Load(at - 2), Vector128.Load(at - 3));

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static Vector128<byte> Check(Vector128<byte> bytes, Vector128<byte> before, Vector128<byte> secondBefore, Vector128<byte> thirdBefore)
        {
            var special = Vector128.ShuffleNative(FirstHigh, before >>> 4)
                & Vector128.ShuffleNative(FirstLow, before & Vector128.Create((byte)0xF))
                & Vector128.ShuffleNative(SecondHigh, bytes >>> 4);
            var continues = Vector128.SubtractSaturate(secondBefore, Vector128.Create((byte)(0xE0 - 0x80)))
                | Vector128.SubtractSaturate(thirdBefore, Vector128.Create((byte)(0xF0 - 0x80)));
            return special ^ (continues & Vector128.Create((byte)0x80));
        }

        public static Vector128<byte> Or(Vector128<byte> errors, Vector128<byte> others) => errors | others;

        public static Vector128<byte> UpTo(Vector128<byte> errors, int last) =>
            errors & Vector128.LessThanOrEqual(Vector128<byte>.Indices, Vector128.Create((byte)last));

        public static bool AreNone(Vector128<byte> errors) => errors == Vector128<byte>.Zero;
    }

    private readonly struct Lanes32 : ILanes<Vector256<byte>>
    {
        public static int Width => 32;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector256<byte> CheckFirst(byte* at)
        {
            // Zeros before the first half, and that before the second.
            var bytes = Vector256.Load(at);
            var before = Avx2.Permute2x128(bytes, bytes, 0x08);
            return Check(bytes, Avx2.AlignRight(bytes, before, 15), Avx2.AlignRight(bytes, before, 14), Avx2.AlignRight(bytes, before, 13));
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector256<byte> Check(byte* at) => Check(Vector256.Load(at), Vector256.Load(at - 1), Vector256.Load(at - 2), Vector256.Load(at - 3));

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static Vector256<byte> Check(Vector256<byte> bytes, Vector256<byte> before, Vector256<byte> secondBefore, Vector256<byte> thirdBefore)
        {
            var special = Avx2.Shuffle(Vector256.Create(FirstHigh, FirstHigh), before >>> 4)
                & Avx2.Shuffle(Vector256.Create(FirstLow, FirstLow), before & Vector256.Create((byte)0xF))
                & Avx2.Shuffle(Vector256.Create(SecondHigh, SecondHigh), bytes >>> 4);
            var continues = Vector256.SubtractSaturate(secondBefore, Vector256.Create((byte)(0xE0 - 0x80)))
                | Vector256.SubtractSaturate(thirdBefore, Vector256.Create((byte)(0xF0 - 0x80)));
            return special ^ (continues & Vector256.Create((byte)0x80));
        }

        public static Vector256<byte> Or(Vector256<byte> errors, Vector256<byte> others) => errors | others;

        public static Vector256<byte> UpTo(Vector256<byte> errors, int last) =>
            errors & Vector256.LessThanOrEqual(Vector256<byte>.Indices, Vector256.Create((byte)last));

        public static bool AreNone(Vector256<byte> errors) => errors == Vector256<byte>.Zero;
    }
}
