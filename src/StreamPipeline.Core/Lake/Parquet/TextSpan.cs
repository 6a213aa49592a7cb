using System.Buffers.Binary;
using System.IO.Hashing;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace StreamPipeline.Core.Lake.Parquet;

/// <summary>
/// Texts one after the other: text i is bytes [offsets[i], offsets[i + 1]). Behind the last one there are <see cref="Slack"/> bytes of anything, so that
/// eight bytes can be loaded wherever a text begins.
/// </summary>
internal readonly ref struct TextSpan(ReadOnlySpan<int> offsets, ReadOnlySpan<byte> bytes)
{
    public const int Slack = sizeof(ulong);

    public readonly ReadOnlySpan<int> Offsets = offsets;
    public readonly ReadOnlySpan<byte> All = bytes;

    public int Count => Offsets.Length - 1;

    public ReadOnlySpan<byte> this[int index] => All[Offsets[index]..Offsets[index + 1]];

    public int Bytes(int from, int count) => Offsets[from + count] - Offsets[from];

    /// <summary>Whether all texts have one length.</summary>
    public bool AreAllOf(int length)
    {
        var starts = Offsets[..^1];
        var ends = Offsets[1..];
        var i = 0;
        for (; i <= starts.Length - Vector<int>.Count; i += Vector<int>.Count)
        {
            if (new Vector<int>(ends[i..]) - new Vector<int>(starts[i..]) != new Vector<int>(length))
            {
                return false;
            }
        }

        for (; i < starts.Length; i++)
        {
            if (ends[i] - starts[i] != length)
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>The first eight bytes as a number that orders as the texts do; what is missing counts as zeros.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ulong StartOf(int index)
    {
        var at = Offsets[index];
        var length = Offsets[index + 1] - at;
        var start = BinaryPrimitives.ReadUInt64BigEndian(All.Slice(at, sizeof(ulong)));
        return length >= sizeof(ulong) ? start : start & ~(ulong.MaxValue >> (8 * length));
    }

    /// <summary>As <see cref="StartOf"/>, of the eight bytes behind them.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ulong NextOf(int index)
    {
        var at = Offsets[index];
        var length = Offsets[index + 1] - at - sizeof(ulong);
        if (length <= 0)
        {
            return 0;
        }

        var next = BinaryPrimitives.ReadUInt64BigEndian(All.Slice(at + sizeof(ulong), sizeof(ulong)));
        return length >= sizeof(ulong) ? next : next & ~(ulong.MaxValue >> (8 * length));
    }

    /// <summary>What tells a text from others.</summary>
    public TextKey KeyOf(int index)
    {
        var at = Offsets[index];
        var length = Offsets[index + 1] - at;
        if (at + sizeof(ulong) > All.Length)
        {
            return KeyOfLast(at, length);
        }

        var low = MemoryMarshal.Read<ulong>(All.Slice(at, sizeof(ulong)));
        return length switch
        {
            < sizeof(ulong) => new TextKey(low & ~(ulong.MaxValue << (8 * length)), 0, length),
            <= TextKey.WholeBytesMax => new TextKey(low, MemoryMarshal.Read<ulong>(All.Slice(at + length - sizeof(ulong), sizeof(ulong))), length),
            _ => new TextKey(XxHash3.HashToUInt64(All.Slice(at, length)), 0, length),
        };
    }

    /// <summary>Of a short text with nothing behind it, as an array that somebody else made ends.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private TextKey KeyOfLast(int at, int length) => TextKey.Of(All.Slice(at, length));

    /// <summary>The order of two texts: that of their bytes.</summary>
    public int Compare(int left, int right) => Order(left, right, Shared(left, right));

    /// <summary>The order of two texts of which it is known how many bytes they share.</summary>
    public int Order(int left, int right, int shared)
    {
        var (leftLength, rightLength) = (Bytes(left, 1), Bytes(right, 1));
        return shared < Math.Min(leftLength, rightLength)
            ? All[Offsets[left] + shared] - All[Offsets[right] + shared]
            : leftLength - rightLength;
    }

    /// <summary>How many bytes a text begins with that another one begins with too.</summary>
    public int Shared(int index, int other)
    {
        var (at, before) = (Offsets[index], Offsets[other]);
        var length = Math.Min(Offsets[other + 1] - before, Offsets[index + 1] - at);

        // Loads reach at most seven bytes behind a text: there is slack behind the last one.
        ref var bytes = ref MemoryMarshal.GetReference(All);
        for (var shared = 0; shared < length; shared += sizeof(ulong))
        {
            var difference = Unsafe.ReadUnaligned<ulong>(ref Unsafe.Add(ref bytes, at + shared))
                ^ Unsafe.ReadUnaligned<ulong>(ref Unsafe.Add(ref bytes, before + shared));
            if (difference != 0)
            {
                var equal = BitConverter.IsLittleEndian ? BitOperations.TrailingZeroCount(difference) : BitOperations.LeadingZeroCount(difference);
                return Math.Min(length, shared + (equal / 8));
            }
        }

        return length;
    }
}

/// <summary>Up to sixteen bytes as they are, in two words that may overlap, or the hash of more; and how many there are.</summary>
internal readonly record struct TextKey(ulong Low, ulong High, int Length)
{
    /// <summary>Up to this length equal keys are equal texts.</summary>
    public const int WholeBytesMax = 2 * sizeof(ulong);

    private const ulong Golden = 0x9E37_79B9_7F4A_7C15;

    /// <summary>The same as <see cref="TextSpan.KeyOf"/>.</summary>
    public static TextKey Of(ReadOnlySpan<byte> text)
    {
        if (text.Length > WholeBytesMax)
        {
            return new TextKey(XxHash3.HashToUInt64(text), 0, text.Length);
        }

        if (text.Length >= sizeof(ulong))
        {
            return new TextKey(MemoryMarshal.Read<ulong>(text), MemoryMarshal.Read<ulong>(text[^sizeof(ulong)..]), text.Length);
        }

        ulong low = 0;
        text.CopyTo(MemoryMarshal.AsBytes(new Span<ulong>(ref low)));
        return new TextKey(low, 0, text.Length);
    }

    public ulong Hash()
    {
        var high = Math.BigMul(Low ^ Golden, (High ^ (ulong)Length) * Golden, out var low);
        return high ^ low;
    }
}
