using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace StreamPipeline.Core.Decoding.Compiled;

/// <summary>The asserted formats, as <see cref="Contracts.TextFormats"/> asserts them. Texts may be read a vector beyond their end.</summary>
internal static unsafe class FormatText
{
    public const int UuidBytes = 36;

    private const byte LocalCharacter = 1;
    private const byte HostCharacter = 2;
    private static readonly byte[] Kinds = CharacterKinds();

    /// <summary>8-4-4-4-12 hexadecimal digits.</summary>
    public static bool IsUuid(byte* text, int length) => length == UuidBytes && IsUuid(text);

    /// <summary>As the other, of the first 36 bytes: none of them ends a string then.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool IsUuid(byte* text)
    {
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

    /// <summary>A dot-string at a host name; what is not plainly one is looked at again.</summary>
    public static bool IsEmail(byte* text, int length)
    {
        const int LocalMax = 64;
        const int TextMax = 254;
        const int LabelMax = 63;
        var at = length <= TextMax ? SkipParts(text, LocalCharacter, LocalMax) : text;
        var isPlain = at > text && at - text <= LocalMax && *at == '@';
        if (isPlain)
        {
            var host = at + 1;
            at = SkipParts(host, HostCharacter, LabelMax);
            isPlain = at > host && at == text + length && *host != '-' && at[-1] != '-';
        }

        return isPlain || Contracts.TextFormats.IsEmail(new ReadOnlySpan<byte>(text, length));
    }

    /// <summary>Behind parts of at most so many characters with one point between two; the start when they are none.</summary>
    private static byte* SkipParts(byte* text, byte kind, int charactersMax)
    {
        var kinds = Kinds;
        var at = text;
        while (true)
        {
            var part = at;
            while (*at < 128 && (kinds[*at] & kind) != 0)
            {
                at++;
            }

            if (at == part || at - part > charactersMax)
            {
                return text;
            }

            if (*at != '.')
            {
                return at;
            }

            // A hyphen beside a point is left to the second look.
            if (at[-1] == '-' || at[1] == '-')
            {
                return text;
            }

            at++;
        }
    }

    private static byte[] CharacterKinds()
    {
        var kinds = new byte[128];
        for (var c = 0; c < kinds.Length; c++)
        {
            var isAlphanumeric = char.IsAsciiLetterOrDigit((char)c);
            kinds[c] |= isAlphanumeric || "!#$%&'*+-/=?^_`{|}~".Contains((char)c, StringComparison.Ordinal) ? LocalCharacter : (byte)0;
            kinds[c] |= isAlphanumeric || c == '-' ? HostCharacter : (byte)0;
        }

        return kinds;
    }

    private static bool AreHex(Vector128<byte> bytes)
    {
        var digits = bytes - Vector128.Create((byte)'0');
        var letters = (bytes | Vector128.Create((byte)0x20)) - Vector128.Create((byte)'a');
        var fits = Vector128.LessThanOrEqual(digits, Vector128.Create((byte)9)) | Vector128.LessThanOrEqual(letters, Vector128.Create((byte)5));
        return fits == Vector128<byte>.AllBitsSet;
    }
}
