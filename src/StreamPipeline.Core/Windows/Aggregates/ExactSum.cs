using System.Numerics;
using System.Runtime.InteropServices;

namespace StreamPipeline.Core.Windows.Aggregates;

/// <summary>
/// A sum of doubles, integers or their squares without any rounding, so that the order of additions and the cuts between
/// batches cannot change a bit of the result. It is a fixed-point number in two's complement that spans only the words
/// its terms touched: three or four for terms of similar size, 70 at most.
/// Source: U. Kulisch, "Very fast and exact accumulation of products", Computing 91 (2011); R. Neal,
/// "Fast exact summation using small and large superaccumulators" (2015).
/// </summary>
internal struct ExactSum
{
    /// <summary>Largest encoded size, bytes.</summary>
    public const int EncodedBytesMax = BytesMax + 4;

    /// <summary>Bit 0 weighs 2^-2176: below the smallest square of a double, 2^-2148, and a whole number of words.</summary>
    private const int ScaleBits = 34 * 64;

    /// <summary>The largest square is below 2^2048, and fewer than 2^63 of them are added: 2176 + 2048 + 64 bits, and a guard word.</summary>
    private const int BytesMax = 70 * sizeof(ulong);

    /// <summary>Word i weighs 2^(64·(origin + i) − ScaleBits). The last is always 0 or ~0: the sign, and room for a carry.</summary>
    private ulong[]? _words;
    private int _origin;

    /// <summary>The exponent that goes with <see cref="Significand"/>.</summary>
    public readonly int Exponent => (_origin * 64) - ScaleBits;

    /// <summary>The sum is exactly this times 2^<see cref="Exponent"/>.</summary>
    public readonly BigInteger Significand =>
        _words is null ? BigInteger.Zero : new BigInteger(MemoryMarshal.AsBytes<ulong>(_words), isUnsigned: false);

    /// <param name="value">Finite.</param>
    public void Add(double value)
    {
        var (mantissa, exponent) = Split(value);
        Add(mantissa, exponent, value < 0);
    }

    /// <summary>Adds <paramref name="significand"/> times 2^<paramref name="exponent"/>.</summary>
    /// <param name="significand">Any.</param>
    /// <param name="exponent">From −1101 on: 27 below that of the smallest double.</param>
    public void Add(Int128 significand, int exponent) =>
        Add((UInt128)(significand < 0 ? -significand : significand), exponent, significand < 0);

    public void Add(long value) => Add(Magnitude(value), 0, value < 0);

    /// <param name="value">Finite.</param>
    public void AddSquare(double value)
    {
        var (mantissa, exponent) = Split(value);
        Add((UInt128)mantissa * mantissa, 2 * exponent, negative: false);
    }

    public void AddSquare(long value) => Add((UInt128)Magnitude(value) * Magnitude(value), 0, negative: false);

    public void Add(in ExactSum other)
    {
        if (other._words is not { } addend)
        {
            return;
        }

        Cover(other._origin, other._origin + addend.Length + 1);
        var sign = addend[^1];
        UInt128 carry = 0;
        for (int i = other._origin - _origin, j = 0; i < _words!.Length; i++, j++)
        {
            carry += (UInt128)_words[i] + (j < addend.Length ? addend[j] : sign);
            _words[i] = (ulong)carry;
            carry >>= 64;
        }

        KeepGuard();
    }

    public readonly void Write(ByteWriter writer)
    {
        var bytes = _words is null ? [] : MemoryMarshal.AsBytes<ulong>(_words);
        var low = bytes.IndexOfAnyExcept((byte)0);
        if (low < 0)
        {
            writer.Count(0);
            return;
        }

        // One form per value: without the zeros below and the repeated signs above.
        var end = bytes.Length;
        while (end - 1 > low && bytes[end - 1] == ((sbyte)bytes[end - 2] < 0 ? 0xFF : 0))
        {
            end--;
        }

        writer.Prefixed(bytes[low..end]);
        writer.Count((_origin * sizeof(ulong)) + low);
    }

    public static ExactSum Read(ref ByteReader reader)
    {
        var bytes = reader.Prefixed(BytesMax);
        if (bytes.IsEmpty)
        {
            return default;
        }

        var position = (int)reader.Count(BytesMax - bytes.Length);
        var origin = position / sizeof(ulong);
        var words = new ulong[((position + bytes.Length + 7) / sizeof(ulong)) - origin + 1];
        var target = MemoryMarshal.AsBytes(words.AsSpan());
        var low = position % sizeof(ulong);
        bytes.CopyTo(target[low..]);
        target[(low + bytes.Length)..].Fill((sbyte)bytes[^1] < 0 ? (byte)0xFF : (byte)0);
        return new ExactSum { _words = words, _origin = origin };
    }

    private void Add(UInt128 magnitude, int exponent, bool negative)
    {
        if (magnitude == 0)
        {
            return;
        }

        var bit = exponent + ScaleBits;
        var word = bit >> 6;
        var shift = bit & 63;
        var low = (ulong)magnitude;
        var high = (ulong)(magnitude >> 64);
        var first = low << shift;
        var second = shift == 0 ? high : (high << shift) | (low >> (64 - shift));
        var third = shift == 0 ? 0 : high >> (64 - shift);
        Cover(word, word + (third != 0 ? 4 : second != 0 ? 3 : 2));

        var words = _words!;
        var i = word - _origin;
        if (negative)
        {
            var borrow = Subtract(ref words[i++], first, 0);
            borrow = i < words.Length ? Subtract(ref words[i++], second, borrow) : borrow;
            borrow = i < words.Length ? Subtract(ref words[i++], third, borrow) : borrow;
            for (; borrow != 0 && i < words.Length; i++)
            {
                borrow = Subtract(ref words[i], 0, borrow);
            }
        }
        else
        {
            var carry = Sum(ref words[i++], first, 0);
            carry = i < words.Length ? Sum(ref words[i++], second, carry) : carry;
            carry = i < words.Length ? Sum(ref words[i++], third, carry) : carry;
            for (; carry != 0 && i < words.Length; i++)
            {
                carry = Sum(ref words[i], 0, carry);
            }
        }

        KeepGuard();
    }

    /// <summary>Makes the words from <paramref name="low"/> up to <paramref name="end"/> exist, the guard being one of them.</summary>
    private void Cover(int low, int end)
    {
        if (_words is null)
        {
            _words = new ulong[end - low];
            _origin = low;
            return;
        }

        var newLow = Math.Min(low, _origin);
        var newEnd = Math.Max(end, _origin + _words.Length);
        if (newEnd - newLow == _words.Length)
        {
            return;
        }

        var words = new ulong[newEnd - newLow];
        _words.CopyTo(words, _origin - newLow);
        words.AsSpan(_origin - newLow + _words.Length).Fill(_words[^1]);
        _words = words;
        _origin = newLow;
    }

    /// <summary>One addition moves the last word by at most one: when it is no longer a plain sign, a new guard goes above it.</summary>
    private void KeepGuard()
    {
        var top = _words![^1];
        if (top != 0 && top != ulong.MaxValue)
        {
            var grown = new ulong[_words.Length + 1];
            _words.CopyTo(grown, 0);
            grown[^1] = (ulong)((long)top >> 63);
            _words = grown;
        }
    }

    private static ulong Sum(ref ulong word, ulong addend, ulong carry)
    {
        var total = (UInt128)word + addend + carry;
        word = (ulong)total;
        return (ulong)(total >> 64);
    }

    private static ulong Subtract(ref ulong word, ulong subtrahend, ulong borrow)
    {
        var total = (UInt128)word - subtrahend - borrow;
        word = (ulong)total;
        return (ulong)(total >> 64) & 1;
    }

    private static ulong Magnitude(long value) => value < 0 ? 0 - (ulong)value : (ulong)value;

    private static (ulong Mantissa, int Exponent) Split(double value)
    {
        var bits = BitConverter.DoubleToUInt64Bits(value);
        var exponent = (int)(bits >> 52) & 0x7FF;
        var fraction = bits & ((1UL << 52) - 1);
        return exponent == 0 ? (fraction, -1074) : (fraction | (1UL << 52), exponent - 1075);
    }
}
