using System.Buffers;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace StreamPipeline.Core.Lake;

/// <summary>
/// UTF-8 as the inside of a JSON string. Only what RFC 8259 section 7 demands is escaped (quote, backslash, below U+0020), and quotes, of which JSON within JSON is
/// full, in two bytes rather than six: that halves what is to be compressed.
/// </summary>
internal static class JsonText
{
    /// <summary>Bytes that one byte of text takes at most: <c>\u001f</c>.</summary>
    public const int EscapeBytesMax = 6;

    /// <summary>What may be written beyond the end of the text: a vector of which every byte is escaped, the spaces that fill it up, and one behind it.</summary>
    private const int Slack = 192;

    private const int CountedFromBytes = 64 << 10;

    private static readonly SearchValues<byte> _escaped = SearchValues.Create([.. Enumerable.Range(0, ' ').Select(control => (byte)control), (byte)'"', (byte)'\\']);

    /// <summary>For each choice of eight bytes: where each byte of the escaped text comes from; 0x80 for a backslash, since a shuffle makes that a zero.</summary>
    private static readonly Vector128<byte>[] _places = [.. Enumerable.Range(0, 256).Select(PlacesOf)];

    /// <summary>Room that <see cref="Escape"/> asks for: of a long text not six times as much, but what it takes.</summary>
    public static int RoomFor(ReadOnlySpan<byte> utf8)
    {
        var escaped = utf8.Length;
        if (utf8.Length > CountedFromBytes)
        {
            escaped = 0;
            for (var rest = utf8; rest.IndexOfAny(_escaped) is >= 0 and var at; rest = rest[(at + 1)..])
            {
                escaped++;
            }
        }

        return checked(utf8.Length + (escaped * (EscapeBytesMax - 1)) + Slack);
    }

    /// <summary>Appends the text and returns how many bytes were written.</summary>
    /// <param name="utf8">Valid UTF-8.</param>
    /// <param name="output">At least <see cref="RoomFor"/> long.</param>
    public static int Escape(ReadOnlySpan<byte> utf8, Span<byte> output)
    {
        if (!Vector256.IsHardwareAccelerated)
        {
            return EscapeEach(utf8, output);
        }

        var from = 0;
        var to = EscapeVectors(utf8, output, ref from);

        // The end, filled up with spaces: they are written as they are, behind it, and not counted.
        Span<byte> end = stackalloc byte[4 * Vector256<byte>.Count];
        end.Fill((byte)' ');
        utf8[from..].CopyTo(end);
        var filled = utf8.Length - from;
        var done = 0;
        to += EscapeVectors(end[..(filled + (2 * Vector256<byte>.Count) - 1)], output[to..], ref done);
        return to - Math.Max(0, done - filled) + EscapeEach(end[done..Math.Max(done, filled)], output[to..]);
    }

    /// <summary>Escapes whole vectors while source and target have room for two more; the caller does what is left from <paramref name="from"/> on.</summary>
    private static int EscapeVectors(ReadOnlySpan<byte> utf8, Span<byte> output, ref int from)
    {
        ref var source = ref MemoryMarshal.GetReference(utf8);
        ref var target = ref MemoryMarshal.GetReference(output);
        ref var apart = ref MemoryMarshal.GetArrayDataReference(_places);
        var to = 0;
        while (from <= utf8.Length - (2 * Vector256<byte>.Count) && to <= output.Length - Slack)
        {
            var bytes = Vector256.LoadUnsafe(ref source, (nuint)from);
            if (Vector256.LessThanAny(bytes, Vector256.Create((byte)' ')))
            {
                var end = from + Vector256<byte>.Count;
                to += EscapeEach(utf8[from..end], output[to..]);
                from = end;
                continue;
            }

            var mask = (Vector256.Equals(bytes, Vector256.Create((byte)'"')) | Vector256.Equals(bytes, Vector256.Create((byte)'\\'))).ExtractMostSignificantBits();
            if (mask == 0)
            {
                bytes.StoreUnsafe(ref target, (nuint)to);
                from += Vector256<byte>.Count;
                to += Vector256<byte>.Count;
                continue;
            }

            // Eight bytes at a time move apart by a shuffle, to make room for the backslashes.
            for (var group = 0; group < Vector256<byte>.Count; group += sizeof(ulong))
            {
                var places = Unsafe.Add(ref apart, (byte)(mask >> group));
                var text = Vector128.ShuffleNative(Vector128.CreateScalar(Unsafe.ReadUnaligned<ulong>(ref Unsafe.Add(ref source, from + group))).AsByte(), places);
                (text | (Vector128.GreaterThan(places, Vector128.Create((byte)0x7F)) & Vector128.Create((byte)'\\'))).StoreUnsafe(ref target, (nuint)to);
                to += sizeof(ulong) + BitOperations.PopCount((byte)(mask >> group));
            }

            from += Vector256<byte>.Count;
        }

        return to;
    }

    private static Vector128<byte> PlacesOf(int escaped)
    {
        Span<byte> places = stackalloc byte[Vector128<byte>.Count];
        var to = 0;
        for (byte from = 0; from < sizeof(ulong); from++)
        {
            if (((escaped >> from) & 1) != 0)
            {
                places[to++] = 0x80;
            }

            places[to++] = from;
        }

        return Vector128.Create<byte>(places);
    }

    private static int EscapeEach(ReadOnlySpan<byte> utf8, Span<byte> output)
    {
        var to = 0;
        foreach (var value in utf8)
        {
            if (value is (byte)'"' or (byte)'\\' or < (byte)' ')
            {
                to += EscapeByte(value, output[to..]);
            }
            else
            {
                output[to++] = value;
            }
        }

        return to;
    }

    private static int EscapeByte(byte value, Span<byte> output)
    {
        output[1] = value;
        output[0] = (byte)'\\';
        if (value >= ' ')
        {
            return 2;
        }

        "\\u00"u8.CopyTo(output);
        output[4] = (byte)('0' + (value >> 4));
        output[5] = (byte)((value & 15) < 10 ? '0' + (value & 15) : 'a' - 10 + (value & 15));
        return EscapeBytesMax;
    }
}
