using System.Runtime.CompilerServices;
using System.Text;

namespace StreamPipeline.Core.Decoding.Compiled;

/// <summary>Undoes the escapes of a string (RFC 8259 section 7).</summary>
internal static unsafe class EscapedText<TVector>
    where TVector : struct, IByteVector
{
    /// <summary>Of a code point.</summary>
    private const int Utf8BytesMax = 4;

    /// <param name="at">Behind the opening quote.</param>
    /// <param name="special">The first special byte from there.</param>
    /// <param name="row">Its <see cref="PlanRow.Text"/> receives the text.</param>
    /// <param name="length">Bytes of the text.</param>
    /// <returns>The closing quote; null when the string is broken or holds half a surrogate pair.</returns>
    /// <remarks>Bytes beyond ASCII are taken as they are. A NUL stands behind the text, for scanners that need an end.</remarks>
    public static byte* Read(byte* at, byte* special, PlanRow row, out int length)
    {
        length = 0;
        while (special < row.Limit)
        {
            var run = (int)(special - at);
            var text = row.Text(length + run + Utf8BytesMax);
            if (run > TVector.Width)
            {
                Unsafe.CopyBlockUnaligned(text + length, at, (uint)run);
            }
            else
            {
                TVector.Copy(at, ref text[length]);
            }

            length += run;
            if (*special == '"')
            {
                text[length] = 0;
                return special;
            }

            if (*special != '\\')
            {
                return null;
            }

            at = Escape(special + 1, text + length, ref length);
            if (at == null)
            {
                return null;
            }

            // Where one letter is an escape, the next one often is too.
            special = *at == '\\' ? at : TextScan<TVector>.Closing(at, row.Limit);
        }

        return null;
    }

    /// <returns>Behind the escape; null when it is none.</returns>
    private static byte* Escape(byte* at, byte* text, ref int length)
    {
        if (*at == 'u')
        {
            return CodePoint(at + 1, text, ref length);
        }

        var plain = *at switch
        {
            (byte)'"' or (byte)'\\' or (byte)'/' => *at,
            (byte)'n' => (byte)'\n',
            (byte)'t' => (byte)'\t',
            (byte)'r' => (byte)'\r',
            (byte)'b' => (byte)'\b',
            (byte)'f' => (byte)'\f',
            _ => (byte)0,
        };
        *text = plain;
        length++;
        return plain == 0 ? null : at + 1;
    }

    private static byte* CodePoint(byte* at, byte* text, ref int length)
    {
        var unit = Unit(at);
        if (unit < 0)
        {
            return null;
        }

        at += 4;
        if (char.IsHighSurrogate((char)unit))
        {
            var low = *at == '\\' && at[1] == 'u' ? Unit(at + 2) : -1;
            if (low < 0 || !char.IsLowSurrogate((char)low))
            {
                return null;
            }

            unit = char.ConvertToUtf32((char)unit, (char)low);
            at += 6;
        }
        else if (char.IsLowSurrogate((char)unit))
        {
            return null;
        }

        length += new Rune(unit).EncodeToUtf8(new Span<byte>(text, Utf8BytesMax));
        return at;
    }

    /// <summary>Four hexadecimal digits; -1 when they are none.</summary>
    private static int Unit(byte* at)
    {
        var unit = 0;
        for (var i = 0; i < 4; i++)
        {
            var digit = HexDigit(at[i]);
            if (digit < 0)
            {
                return -1;
            }

            unit = (unit << 4) | digit;
        }

        return unit;
    }

    private static int HexDigit(byte b)
    {
        var digit = b - '0';
        if ((uint)digit <= 9)
        {
            return digit;
        }

        var letter = (b | 0x20) - 'a';
        return (uint)letter < 6 ? letter + 10 : -1;
    }
}
