using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using StreamPipeline.Core.Contracts;

namespace StreamPipeline.Core.Decoding.Compiled;

/// <summary>
/// Reads a JSON number with a point, without an exponent, of 16 to 31 bytes and up to 19 digits, as programs write them that print all a double has. Without a branch on
/// how many digits there are.
/// </summary>
internal static unsafe class LongDecimal
{
    /// <summary>Before the point.</summary>
    private const int WholeMax = 7;

    /// <param name="at">32 bytes behind it can be read.</param>
    /// <param name="value">The number, correctly rounded; minus zero has its sign.</param>
    /// <returns>Behind the last digit; null: something else.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static byte* Read(byte* at, out double value)
    {
        var others = OthersOf(at) | ((ulong)OthersOf(at + Vector128<byte>.Count) << Vector128<byte>.Count);

        // The first byte is a digit or has to be a minus.
        var sign = (int)(others & 1);
        others &= ~1UL;
        var point = BitOperations.TrailingZeroCount(others);
        var end = BitOperations.TrailingZeroCount(others & (others - 1));
        var whole = point - sign;
        var decimals = end - point - 1;
        value = 0;
        if ((uint)(end - Vector128<byte>.Count) >= (uint)Vector128<byte>.Count
            || at[point] != '.'
            || (uint)(whole - 1) >= WholeMax
            || whole + decimals > Digits.FittingMax
            || ((*at ^ '-') & -sign) != 0
            || (at[sign] == '0' && whole > 1)
            || (at[end] | 0x20) == 'e')
        {
            return null;
        }

        var last = Vector128.Load(at + end - Vector128<byte>.Count) - Vector128.Create((byte)'0');
        var isDecimal = Vector128.GreaterThanOrEqual(Vector128<sbyte>.Indices, Vector128.Create((sbyte)(Vector128<byte>.Count - decimals)));
        var digits = (FirstDigits(at + sign, whole) * PowersOfTen.All[decimals]) + Digits.Sixteen(last & isDecimal.AsByte());
        if (decimals > Vector128<byte>.Count)
        {
            digits += FirstDigits(at + point + 1, decimals - Vector128<byte>.Count) * SequenceNumber.SixteenDigits;
        }

        var isRead = DecimalScale.TryScale(digits, -decimals, out value);
        value = sign == 0 ? value : -value;
        return isRead ? at + end : null;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static uint OthersOf(byte* at) => ShortDecimal.IsOther(Vector128.Load(at) - Vector128.Create((byte)'0')).ExtractMostSignificantBits();

    /// <summary>One to seven digits.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong FirstDigits(byte* at, int count) =>
        Digits.Combine((Unsafe.ReadUnaligned<ulong>(at) ^ (Digits.Ones * '0')) << (64 - (count * 8)));
}
