using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace StreamPipeline.Core.Decoding.Compiled;

/// <summary>The asserted formats, as <see cref="Contracts.TextFormats"/> asserts them. Texts may be read a vector beyond their end.</summary>
internal static unsafe class FormatText
{
    /// <summary>8-4-4-4-12 hexadecimal digits.</summary>
    public static bool IsUuid(byte* text, int length)
    {
        if (length != 36)
        {
            return false;
        }

        var dashes = text[8] ^ '-' | text[13] ^ '-' | text[18] ^ '-' | text[23] ^ '-';

        // The digits without the dashes, the last vector overlapping the one before.
        var first = Vector128.Create(Unsafe.ReadUnaligned<ulong>(text), Unsafe.ReadUnaligned<uint>(text + 9) | ((ulong)Unsafe.ReadUnaligned<uint>(text + 14) << 32));
        var second = Vector128.Create(
            Unsafe.ReadUnaligned<uint>(text + 19) | ((ulong)Unsafe.ReadUnaligned<uint>(text + 24) << 32), Unsafe.ReadUnaligned<ulong>(text + 28));
        return dashes == 0 && AreHex(first.AsByte()) && AreHex(second.AsByte());
    }

    /// <summary>Four decimal numbers from 0 to 255 without leading zeros.</summary>
    public static bool IsIpv4(byte* text, int length)
    {
        if (length is < 7 or > 15)
        {
            return false;
        }

        var at = text;
        for (var part = 0; part < 4; part++)
        {
            if (part > 0 && *at++ != '.')
            {
                return false;
            }

            var value = (uint)(*at - '0');
            if (value > 9)
            {
                return false;
            }

            at++;
            for (var digit = (uint)(*at - '0'); digit <= 9; digit = (uint)(*++at - '0'))
            {
                // Once it is 0 or above 255, no further digit is right.
                value = value is 0 or > 255 ? 256 : (value * 10) + digit;
            }

            if (value > 255)
            {
                return false;
            }
        }

        return at == text + length;
    }

    private static bool AreHex(Vector128<byte> bytes)
    {
        var digits = bytes - Vector128.Create((byte)'0');
        var letters = (bytes | Vector128.Create((byte)0x20)) - Vector128.Create((byte)'a');
        var fits = Vector128.LessThanOrEqual(digits, Vector128.Create((byte)9)) | Vector128.LessThanOrEqual(letters, Vector128.Create((byte)5));
        return fits == Vector128<byte>.AllBitsSet;
    }
}
