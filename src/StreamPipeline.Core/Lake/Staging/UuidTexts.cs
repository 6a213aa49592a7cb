using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace StreamPipeline.Core.Lake.Staging;

/// <summary>
/// UUIDs as text (8-4-4-4-12 hexadecimal digits, those above 9 in lower case) and as 16 bytes, in the order of the text. Source: RFC 9562, section 4.
/// </summary>
internal static class UuidTexts
{
    public const int TextBytes = 36;
    public const int Bytes = 16;

    private const uint Dash = '-';

    /// <summary>What is above the last digit's distance to the first letter: 'a' follows '9' as 10 follows 9.</summary>
    private const byte LetterGap = 'a' - '0' - 10;

    /// <param name="texts">Of <see cref="TextBytes"/> each.</param>
    /// <param name="packed">Room for <see cref="Bytes"/> each.</param>
    /// <returns>False: a text is something else; then what was packed is void.</returns>
    public static bool TryPack(ReadOnlySpan<byte> texts, Span<byte> packed)
    {
        var count = texts.Length / TextBytes;
        ref var text = ref MemoryMarshal.GetReference(texts);
        ref var to = ref MemoryMarshal.GetReference(packed[..(count * Bytes)]);
        var strange = Vector256<byte>.Zero;
        uint dashes = 0;
        for (var i = 0; i < count; i++)
        {
            dashes |= (Byte(ref text, 8) ^ Dash) | (Byte(ref text, 13) ^ Dash) | (Byte(ref text, 18) ^ Dash) | (Byte(ref text, 23) ^ Dash);
            var pairs = Pairs(
                Vector256.Create(
                    Read<ulong>(ref text, 0),
                    Read<uint>(ref text, 9) | ((ulong)Read<uint>(ref text, 14) << 32),
                    Read<uint>(ref text, 19) | ((ulong)Read<uint>(ref text, 24) << 32),
                    Read<ulong>(ref text, 28)).AsByte(),
                ref strange);
            Vector128.Narrow(pairs.GetLower(), pairs.GetUpper()).StoreUnsafe(ref to);
            text = ref Unsafe.Add(ref text, TextBytes);
            to = ref Unsafe.Add(ref to, Bytes);
        }

        return dashes == 0 && strange == Vector256<byte>.Zero;
    }

    /// <param name="packed">Of <see cref="Bytes"/> each.</param>
    /// <param name="texts">Room for <see cref="TextBytes"/> each.</param>
    public static void Spell(ReadOnlySpan<byte> packed, Span<byte> texts)
    {
        var count = packed.Length / Bytes;
        ref var from = ref MemoryMarshal.GetReference(packed);
        ref var text = ref MemoryMarshal.GetReference(texts[..(count * TextBytes)]);
        for (var i = 0; i < count; i++)
        {
            var (low, high) = Vector128.Widen(Vector128.LoadUnsafe(ref from));
            var (first, second) = (Digits(low).AsUInt64(), Digits(high).AsUInt64());
            Write(ref text, 0, first[0]);
            Write(ref text, 8, (byte)Dash);
            Write(ref text, 9, (uint)first[1]);
            Write(ref text, 13, (byte)Dash);
            Write(ref text, 14, (uint)(first[1] >> 32));
            Write(ref text, 18, (byte)Dash);
            Write(ref text, 19, (uint)second[0]);
            Write(ref text, 23, (byte)Dash);
            Write(ref text, 24, (uint)(second[0] >> 32));
            Write(ref text, 28, second[1]);
            from = ref Unsafe.Add(ref from, Bytes);
            text = ref Unsafe.Add(ref text, TextBytes);
        }
    }

    /// <summary>All digits as sixteen bytes, each in a word of its own. The first digit of two is the lower byte of a word, and the upper half of the byte.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<ushort> Pairs(Vector256<byte> text, ref Vector256<byte> strange)
    {
        var digits = text - Vector256.Create((byte)'0');
        var letters = text - Vector256.Create((byte)'a');
        var isDigit = Vector256.LessThanOrEqual(digits, Vector256.Create((byte)9));
        strange |= ~(isDigit | Vector256.LessThanOrEqual(letters, Vector256.Create((byte)5)));
        var halves = Vector256.ConditionalSelect(isDigit, digits, letters + Vector256.Create((byte)10)).AsUInt16();
        return ((halves << 4) | (halves >>> 8)) & Vector256.Create((ushort)0xFF);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<byte> Digits(Vector128<ushort> bytes)
    {
        var halves = ((bytes >>> 4) | (bytes << 8)).AsByte() & Vector128.Create((byte)0xF);
        var isLetter = Vector128.GreaterThan(halves, Vector128.Create((byte)9));
        return halves + Vector128.Create((byte)'0') + (isLetter & Vector128.Create(LetterGap));
    }

    private static uint Byte(ref byte text, nint at) => Unsafe.Add(ref text, at);

    private static T Read<T>(ref byte text, nint at)
        where T : unmanaged => Unsafe.ReadUnaligned<T>(ref Unsafe.Add(ref text, at));

    private static void Write<T>(ref byte text, nint at, T value)
        where T : unmanaged => Unsafe.WriteUnaligned(ref Unsafe.Add(ref text, at), value);
}
