using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Text.Unicode;

namespace StreamPipeline.Core.Lake.Zstd;

/// <summary>A line of bronze before its data is escaped, and where in it values may end.</summary>
internal sealed class LineText
{
    /// <summary>Longest line.</summary>
    public const int BytesMax = 20 << 10;

    /// <summary>What may be read behind the line.</summary>
    public const int Padding = 64;

    /// <summary>What comes behind the data: a quote, a bracket and a line feed.</summary>
    public const int TailBytes = 3;

    private const int ChunkBytes = 64;

    private readonly byte[] _bytes = new byte[BytesMax + ChunkBytes + Padding];

    // A bit for each byte, and eight bytes of ones, so that a search ends.
    private readonly ulong[] _ends = new ulong[(BytesMax / ChunkBytes) + 2];
    private readonly ulong[] _quotes = new ulong[(BytesMax / ChunkBytes) + 2];

    public int Length { get; private set; }

    /// <summary>The part that is escaped.</summary>
    public int DataFrom { get; private set; }

    public int DataTo { get; private set; }

    public ref byte Start => ref MemoryMarshal.GetArrayDataReference(_bytes);

    public ReadOnlySpan<byte> Bytes => _bytes.AsSpan(0, Length);

    private static ReadOnlySpan<byte> Name => "\"data\":\""u8;

    private static ReadOnlySpan<byte> Tail => "\"}\n"u8;

    /// <summary>False when it is too long or its data is no UTF-8; nothing here is defined then.</summary>
    public bool TryRead(ReadOnlySpan<byte> head, ReadOnlySpan<byte> data)
    {
        if (head.Length > BytesMax || data.Length > BytesMax - head.Length - Name.Length - TailBytes)
        {
            return false;
        }

        head.CopyTo(_bytes);
        Name.CopyTo(_bytes.AsSpan(head.Length));
        DataFrom = head.Length + Name.Length;
        DataTo = DataFrom + data.Length;
        data.CopyTo(_bytes.AsSpan(DataFrom));
        Tail.CopyTo(_bytes.AsSpan(DataTo));
        Length = DataTo + TailBytes;
        _bytes.AsSpan(Length, Padding + ChunkBytes - 1).Clear();
        return Scan() || Utf8.IsValid(data);
    }

    /// <summary>The first place from <paramref name="at"/> on where a value may end, or the line does.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public nint EndFrom(nint at) => First(_ends, at);

    /// <summary>As the other, of a text, in which only quotes, and what else is escaped, are an end.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public nint QuoteFrom(nint at) => First(_quotes, at);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static nint First(ulong[] bits, nint at)
    {
        ref var start = ref Unsafe.As<ulong, byte>(ref MemoryMarshal.GetArrayDataReference(bits));
        var found = Unsafe.ReadUnaligned<ulong>(ref Unsafe.Add(ref start, at >> 3)) >> (int)(at & 7);
        while (found == 0)
        {
            at = (at & ~7) + ChunkBytes;
            found = Unsafe.ReadUnaligned<ulong>(ref Unsafe.Add(ref start, at >> 3));
        }

        return at + BitOperations.TrailingZeroCount(found);
    }

    /// <summary>True when all is ASCII. The zeros behind the line are ends.</summary>
    private bool Scan()
    {
        ref var bytes = ref Start;
        var all = Vector256<byte>.Zero;
        var chunk = 0;
        for (var at = 0; at <= Length; at += ChunkBytes, chunk++)
        {
            var low = Vector256.LoadUnsafe(ref bytes, (nuint)at);
            var high = Vector256.LoadUnsafe(ref bytes, (nuint)(at + Vector256<byte>.Count));
            all |= low | high;
            var lowQuotes = Quotes(low);
            var highQuotes = Quotes(high);
            _quotes[chunk] = Bits(lowQuotes, highQuotes);
            _ends[chunk] = Bits(lowQuotes | Separators(low), highQuotes | Separators(high));
        }

        _quotes[chunk] = ulong.MaxValue;
        _ends[chunk] = ulong.MaxValue;
        return all.ExtractMostSignificantBits() == 0;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Bits(Vector256<byte> low, Vector256<byte> high) => low.ExtractMostSignificantBits() | ((ulong)high.ExtractMostSignificantBits() << Vector256<byte>.Count);

    /// <summary>What is escaped.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<byte> Quotes(Vector256<byte> bytes) => Vector256.Equals(bytes, Vector256.Create((byte)'"')) | Vector256.Equals(bytes, Vector256.Create((byte)'\\'))
        | Vector256.LessThan(bytes, Vector256.Create((byte)' '));

    /// <summary>Commas and closing brackets, square or curly.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<byte> Separators(Vector256<byte> bytes) =>
        Vector256.Equals(bytes, Vector256.Create((byte)',')) | Vector256.Equals(bytes | Vector256.Create((byte)0x20), Vector256.Create((byte)'}'));
}
