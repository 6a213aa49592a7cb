using System.Buffers.Binary;
using System.Globalization;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using StreamPipeline.Core.Decoding.Compiled;

namespace StreamPipeline.Core.Decoding;

/// <summary>
/// A Kinesis sequence number: a non-negative decimal integer of at most 57 digits (below 2^192), ordered within a shard.
/// Source: Amazon Kinesis API Reference, <c>Record.SequenceNumber</c>, pattern <c>0|([1-9]\d{0,128})</c>; real ones have 56 digits.
/// </summary>
public readonly record struct SequenceNumber(ulong High, ulong Middle, ulong Low) : IComparable<SequenceNumber>
{
    /// <summary>Most decimal digits accepted: every 57-digit number fits 192 bits.</summary>
    public const int DigitsMax = 57;

    /// <summary>10^19 is the greatest power of ten below 2^64.</summary>
    internal const int ChunkDigits = 19;

    /// <summary>Numbers of eight digits.</summary>
    private const ulong EightDigits = 100_000_000;

    internal const ulong SixteenDigits = EightDigits * EightDigits;

    internal const int TailDigits = 16;

    internal const int LongTailDigits = 2 * TailDigits;

    public static SequenceNumber From(UInt128 value) => new(0, (ulong)(value >> 64), (ulong)value);

    /// <summary>As &lt;, without copies: for loops over records.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal bool IsBelow(in SequenceNumber other) =>
        High != other.High ? High < other.High : Middle != other.Middle ? Middle < other.Middle : Low < other.Low;

    public int CompareTo(SequenceNumber other)
    {
        var high = High.CompareTo(other.High);
        if (high != 0)
        {
            return high;
        }

        var middle = Middle.CompareTo(other.Middle);
        return middle != 0 ? middle : Low.CompareTo(other.Low);
    }

    public static bool operator <(SequenceNumber left, SequenceNumber right) => left.IsBelow(right);

    public static bool operator >(SequenceNumber left, SequenceNumber right) => right.IsBelow(left);

    public static bool operator <=(SequenceNumber left, SequenceNumber right) => !right.IsBelow(left);

    public static bool operator >=(SequenceNumber left, SequenceNumber right) => !left.IsBelow(right);

    /// <summary>Parses ASCII decimal digits; false when empty, longer than <see cref="DigitsMax"/> or not digits.</summary>
    public static bool TryParse(ReadOnlySpan<byte> digits, out SequenceNumber value)
    {
        value = default;
        if (digits.IsEmpty || digits.Length > DigitsMax)
        {
            return false;
        }

        if (digits.Length < sizeof(ulong))
        {
            return TryParseFew(digits, out value);
        }

        // Up to 15 digits, then 16 at a time: (first × 10^16 + second) × 10^16 + …
        var at = digits.Length % sizeof(ulong);
        ulong others = 0;
        var first = at == 0 ? 0 : Eight(BinaryPrimitives.ReadUInt64LittleEndian(digits) << ((sizeof(ulong) - at) * 8), Digits.Ones * '0' << ((sizeof(ulong) - at) * 8), ref others);
        if (((digits.Length - at) & sizeof(ulong)) != 0)
        {
            first = (first * EightDigits) + Eight(BinaryPrimitives.ReadUInt64LittleEndian(digits[at..]), Digits.Ones * '0', ref others);
            at += sizeof(ulong);
        }

        var (top, middle, low) = (0UL, 0UL, first);
        for (; at < digits.Length; at += 2 * sizeof(ulong))
        {
            var next = Sixteen(digits.Slice(at, 2 * sizeof(ulong)), ref others);
            var carry = Math.BigMul(low, SixteenDigits, out low);
            low += next;
            carry += low < next ? 1UL : 0;
            var high = Math.BigMul(middle, SixteenDigits, out middle);
            middle += carry;
            high += middle < carry ? 1UL : 0;
            top = (top * SixteenDigits) + high;
        }

        value = others == 0 ? new SequenceNumber(top, middle, low) : default;
        return others == 0;
    }

    /// <summary>Parses <see cref="LongTailDigits"/> ASCII decimal digits, as many as it is given; false when they are not digits.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static bool TryParseLongTail(ReadOnlySpan<byte> digits, out UInt128 value)
    {
        ulong others = 0;
        var (high, low) = Avx2.IsSupported ? ThirtyTwo(digits, ref others) : (Sixteen(digits[..TailDigits], ref others), Sixteen(digits[TailDigits..], ref others));
        high = Math.BigMul(high, SixteenDigits, out var middle);
        low += middle;
        value = new UInt128(high + (low < middle ? 1UL : 0), low);
        return others == 0;
    }

    /// <exception cref="FormatException">The text is not 1 to 57 decimal digits.</exception>
    public static SequenceNumber Parse(string digits)
    {
        Span<byte> ascii = stackalloc byte[DigitsMax];
        if (digits.Length > DigitsMax
            || !System.Text.Encoding.ASCII.TryGetBytes(digits, ascii, out var written)
            || !TryParse(ascii[..written], out var value))
        {
            throw new FormatException($"'{digits}' is not a sequence number: 1 to {DigitsMax} decimal digits are expected");
        }

        return value;
    }

    /// <summary>Writes the decimal digits as ASCII into <paramref name="destination"/> (at least 58 bytes) and returns their count.</summary>
    public int Format(Span<byte> destination)
    {
        if ((High | Middle) == 0)
        {
            Low.TryFormat(destination, out var written, default, CultureInfo.InvariantCulture);
            return written;
        }

        Span<byte> digits = stackalloc byte[3 * ChunkDigits];
        var rest = new UInt192(High, Middle, Low).DivideByChunk(out var chunk);
        WriteChunk(chunk, digits[(2 * ChunkDigits)..]);
        rest = rest.DivideByChunk(out chunk);
        WriteChunk(chunk, digits[ChunkDigits..]);
        WriteChunk(rest.Low, digits);
        digits = digits[digits.IndexOfAnyExcept((byte)'0')..];
        digits.CopyTo(destination);
        return digits.Length;
    }

    public override string ToString()
    {
        Span<byte> digits = stackalloc byte[DigitsMax + 1];
        return System.Text.Encoding.ASCII.GetString(digits[..Format(digits)]);
    }

    /// <param name="text">Eight characters, the first in the lowest byte.</param>
    /// <param name="zeros">'0' in each byte that is a character.</param>
    /// <param name="others">Becomes other than 0 when one of them is no digit.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Eight(ulong text, ulong zeros, ref ulong others)
    {
        // Digits become 0 to 9; of anything else the top bit is set, or will be when 0x76 is added.
        var digits = text ^ zeros;
        others |= (digits | (digits + (Digits.Ones * 0x76))) & (Digits.Ones * 0x80);
        return Digits.Combine(digits);
    }

    /// <summary>As <see cref="Eight"/>, of sixteen characters.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Sixteen(ReadOnlySpan<byte> text, ref ulong others)
    {
        var digits = Vector128.Create(text) - Vector128.Create((byte)'0');
        others |= Vector128.GreaterThanAny(digits, Vector128.Create((byte)9)) ? 1UL : 0;
        return Digits.Sixteen(digits);
    }

    /// <summary>As <see cref="Sixteen"/>, of twice as many characters.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static (ulong High, ulong Low) ThirtyTwo(ReadOnlySpan<byte> text, ref ulong others)
    {
        var digits = Vector256.Create(text) - Vector256.Create((byte)'0');
        others |= Vector256.GreaterThanAny(digits, Vector256.Create((byte)9)) ? 1UL : 0;
        var pairs = Avx2.MultiplyAddAdjacent(digits, Vector256.Create((ushort)(10 | (1 << 8))).AsSByte());
        var fours = Avx2.MultiplyAddAdjacent(pairs, Vector256.Create(100 | (1 << 16)).AsInt16());
        var eights = Avx2.MultiplyAddAdjacent(Avx2.PackUnsignedSaturate(fours, fours).AsInt16(), Vector256.Create(10_000 | (1 << 16)).AsInt16()).AsUInt32();
        var sixteens = Avx2.Multiply(eights, Vector256.Create((uint)EightDigits)) + (eights.AsUInt64() >>> 32);
        return (sixteens.GetLower().ToScalar(), sixteens.GetUpper().ToScalar());
    }

    private static bool TryParseFew(ReadOnlySpan<byte> digits, out SequenceNumber value)
    {
        var number = 0UL;
        value = default;
        foreach (var digit in digits)
        {
            if (digit is < (byte)'0' or > (byte)'9')
            {
                return false;
            }

            number = (number * 10) + (ulong)(digit - '0');
        }

        value = new SequenceNumber(0, 0, number);
        return true;
    }

    /// <summary>Writes 19 digits, zeros included.</summary>
    internal static void WriteChunk(ulong chunk, Span<byte> destination)
    {
        var (first, rest) = Math.DivRem(chunk, SixteenDigits);

        // The first three are the end of eight, of which the others are not wanted.
        var three = Digits.Text(first) >> 40;
        destination[2] = (byte)(three >> 16);
        BinaryPrimitives.WriteUInt16LittleEndian(destination, (ushort)three);
        WriteSixteen(rest, destination[3..]);
    }

    /// <summary>Writes 16 digits, zeros included.</summary>
    internal static void WriteSixteen(ulong number, Span<byte> destination)
    {
        var (high, low) = Math.DivRem(number, EightDigits);
        Write(low, destination[8..]);
        Write(high, destination);
    }

    private static void Write(ulong number, Span<byte> destination) => BinaryPrimitives.WriteUInt64LittleEndian(destination, Digits.Text(number));
}
