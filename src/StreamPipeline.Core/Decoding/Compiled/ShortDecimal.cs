using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace StreamPipeline.Core.Decoding.Compiled;

/// <summary>
/// Reads a JSON number without an exponent that ends within 16 bytes. One look at a vector says where its sign, point and end are, and a table what digits in these
/// places are worth: without a branch on any of it, which is as good as random.
/// </summary>
internal static unsafe class ShortDecimal
{
    private const int Rows = 32;

    /// <summary>Behind the vector: of a number that has no point or no end within it.</summary>
    private const uint Beyond = 3u << 16;

    /// <summary>The table, by <see cref="Index"/>. Who reads numbers keeps it: then it is one step away.</summary>
    public static DecimalShape[] Shapes { get; } = MakeShapes();

    /// <param name="at">A vector behind it can be read.</param>
    /// <param name="shapes"><see cref="Shapes"/>.</param>
    /// <param name="value">The number, correctly rounded; minus zero has its sign.</param>
    /// <param name="index">Of its shape.</param>
    /// <returns>Behind the last digit; null: something else, such as leading zeros, an exponent or a longer number.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static byte* Read(byte* at, DecimalShape[] shapes, out double value, out int index)
    {
        var digits = Vector128.Load(at) - Vector128.Create((byte)'0');
        var isOther = IsOther(digits);
        var others = isOther.ExtractMostSignificantBits() | Beyond;

        // The first byte is a digit or has to be a minus.
        var sign = (int)(others & 1);
        others &= ~1u;
        var point = BitOperations.TrailingZeroCount(others);
        var end = BitOperations.TrailingZeroCount(others & (others - 1));
        end = at[point] == '.' ? end : point;
        index = Index(end, point, sign);
        ref readonly var shape = ref Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(shapes), index);
        return shape.TryValue(digits, isOther, out value) && ((*at ^ '-') & -sign) == 0 && (at[end] | 0x20) != 'e' ? at + end : null;
    }

    /// <summary>Which bytes are no digits.</summary>
    /// <param name="digits">Characters less <c>'0'</c>.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<byte> IsOther(Vector128<byte> digits) => Vector128.GreaterThan(digits, Vector128.Create((byte)9));

    private static int Index(int end, int point, int sign) => (end * Rows) + (point * 2) + sign;

    private static DecimalShape[] MakeShapes()
    {
        // The last one is that of what neither has a point nor ends within the vector.
        var shapes = new DecimalShape[Index(Vector128<byte>.Count + 1, Vector128<byte>.Count, 1) + 1];
        Array.Fill(shapes, DecimalShape.None);
        for (var end = 1; end < Vector128<byte>.Count; end++)
        {
            for (var point = 1; point <= end; point++)
            {
                for (var sign = 0; sign <= 1; sign++)
                {
                    // A digit at least before the point, and one behind it if there is one.
                    if (point > sign && point != end - 1)
                    {
                        shapes[Index(end, point, sign)] = DecimalShape.Of(end, point, sign == 1);
                    }
                }
            }
        }

        return shapes;
    }
}

/// <summary>Where in 16 bytes a number has its digits, and what they are worth.</summary>
/// <param name="Places">Where each of sixteen digits is taken from, the last one being that of the lowest worth.</param>
/// <param name="Divisor">A power of ten, negative for a negative number: zero divided by it has a sign too.</param>
/// <param name="Least">What all digits are worth at least, as an integer; more than they can be: it is not a number.</param>
internal readonly record struct DecimalShape(Vector128<byte> Places, double Divisor, long Least)
{
    /// <summary>Not a number.</summary>
    public static DecimalShape None { get; } = new(Vector128<byte>.AllBitsSet, 1, long.MaxValue);

    /// <param name="end">Where the number ends.</param>
    /// <param name="point">Where the point is; the end: there is none.</param>
    /// <param name="isNegative">Whether it begins with a minus.</param>
    public static DecimalShape Of(int end, int point, bool isNegative)
    {
        // To the right end of the vector, and over the point. The sign counts as a zero.
        Span<byte> places = stackalloc byte[Vector128<byte>.Count];
        places.Fill(byte.MaxValue);
        var at = places.Length;
        for (var digit = end - 1; digit >= 0; digit--)
        {
            if (digit != point)
            {
                places[--at] = (byte)digit;
            }
        }

        var whole = point - (isNegative ? 1 : 0);
        var unit = (long)Math.Pow(10, Math.Max(0, end - point - 1));
        var least = whole == 1 ? 0 : (long)Math.Pow(10, whole - 1) * unit;
        return new DecimalShape(Vector128.Create<byte>(places), isNegative ? -unit : unit, least);
    }

    /// <summary>The number, if it has no leading zeros.</summary>
    /// <param name="digits">Characters less <c>'0'</c>.</param>
    /// <param name="isOther">Which are no digits.</param>
    /// <param name="value">The number.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool TryValue(Vector128<byte> digits, Vector128<byte> isOther, out double value)
    {
        // At most 15 digits, so both are exact as doubles, and one division rounds once (Clinger 1990).
        var magnitude = (long)Digits.Sixteen(Vector128.ShuffleNative(Vector128.AndNot(digits, isOther), Places));
        value = magnitude / Divisor;
        return magnitude >= Least;
    }
}

/// <summary>What a field's numbers look like at the moment: their shape, and what stands in them beside the digits, which is the sign, the point, and what follows.</summary>
/// <param name="Shape">Where the digits are.</param>
/// <param name="Text">The bytes of such a number.</param>
/// <param name="IsDigit">Which of them are digits.</param>
/// <param name="IsOther">Which are something else, the one behind the last digit included.</param>
internal readonly unsafe record struct UsualDecimal(DecimalShape Shape, Vector128<byte> Text, Vector128<byte> IsDigit, Vector128<byte> IsOther)
{
    /// <summary>No number looks like it.</summary>
    public static UsualDecimal None { get; } = new(DecimalShape.None, default, default, default);

    /// <param name="shape">The number's.</param>
    /// <param name="at">Where it is.</param>
    /// <param name="length">Its bytes.</param>
    public static UsualDecimal Of(DecimalShape shape, byte* at, int length)
    {
        var text = Vector128.Load(at);
        var isOther = ShortDecimal.IsOther(text - Vector128.Create((byte)'0'));
        var isPart = Vector128.LessThanOrEqual(Vector128<byte>.Indices, Vector128.Create((byte)length));
        return new UsualDecimal(shape, text, Vector128.AndNot(isPart, isOther), isOther & isPart);
    }

    /// <summary>Reads a number that looks like it.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool TryRead(byte* at, out double value)
    {
        var bytes = Vector128.Load(at);
        var digits = bytes - Vector128.Create((byte)'0');
        var isOther = ShortDecimal.IsOther(digits);
        return Shape.TryValue(digits, isOther, out value) && ((isOther & IsDigit) | ((bytes ^ Text) & IsOther)) == Vector128<byte>.Zero;
    }
}
