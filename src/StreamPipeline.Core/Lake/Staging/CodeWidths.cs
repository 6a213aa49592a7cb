using System.Numerics;
using System.Runtime.InteropServices;
using Apache.Arrow.Types;
using StreamPipeline.Core.Lake.Parquet;

namespace StreamPipeline.Core.Lake.Staging;

/// <summary>Codes, and other small numbers, in one byte or two and in four; a vector at a time.</summary>
internal static class CodeWidths
{
    private const int AtOnce = 256;

    /// <param name="values">Numbers of <paramref name="width"/> bytes, little-endian.</param>
    /// <param name="width">1, 2 or 4.</param>
    /// <param name="from">The first of them that is wanted.</param>
    /// <param name="to">Receives as many as it has room for.</param>
    public static void Widen(ReadOnlySpan<byte> values, int width, int from, Span<int> to)
    {
        switch (width)
        {
            case sizeof(sbyte):
                Widen(MemoryMarshal.Cast<byte, sbyte>(values).Slice(from, to.Length), to);
                break;
            case sizeof(short):
                Widen(MemoryMarshal.Cast<byte, short>(values).Slice(from, to.Length), to);
                break;
            default:
                MemoryMarshal.Cast<byte, int>(values).Slice(from, to.Length).CopyTo(to);
                break;
        }
    }

    /// <summary>One of the numbers that <see cref="Widen(ReadOnlySpan{byte}, int, int, Span{int})"/> takes.</summary>
    public static int Of(ReadOnlySpan<byte> values, int width, int at) => width switch
    {
        sizeof(sbyte) => (sbyte)values[at],
        sizeof(short) => MemoryMarshal.Cast<byte, short>(values)[at],
        _ => MemoryMarshal.Cast<byte, int>(values)[at],
    };

    /// <summary>The least and the greatest of the first <paramref name="count"/>, at least one.</summary>
    public static (int Min, int Max) RangeOf(ReadOnlySpan<byte> values, int width, int count) => width switch
    {
        sizeof(sbyte) => IntegerRange.Of(MemoryMarshal.Cast<byte, sbyte>(values)[..count]),
        sizeof(short) => IntegerRange.Of(MemoryMarshal.Cast<byte, short>(values)[..count]),
        _ => IntegerRange.Of(MemoryMarshal.Cast<byte, int>(values)[..count]),
    };

    /// <param name="values">Each fits.</param>
    /// <param name="type">Int8, Int16 or Int32.</param>
    /// <param name="to">Room for as many of that type.</param>
    public static void Narrow(ReadOnlySpan<int> values, IntegerType type, Span<byte> to)
    {
        switch (type)
        {
            case Int8Type:
                Narrow(values, MemoryMarshal.Cast<byte, sbyte>(to));
                break;
            case Int16Type:
                Narrow(values, MemoryMarshal.Cast<byte, short>(to));
                break;
            default:
                values.CopyTo(MemoryMarshal.Cast<byte, int>(to));
                break;
        }
    }

    private static void Widen(ReadOnlySpan<short> values, Span<int> to)
    {
        var i = 0;
        for (; i <= values.Length - Vector<short>.Count; i += Vector<short>.Count)
        {
            Vector.Widen(new Vector<short>(values[i..]), out var low, out var high);
            low.CopyTo(to[i..]);
            high.CopyTo(to[(i + Vector<int>.Count)..]);
        }

        for (; i < values.Length; i++)
        {
            to[i] = values[i];
        }
    }

    private static void Widen(ReadOnlySpan<sbyte> values, Span<int> to)
    {
        Span<short> part = stackalloc short[AtOnce];
        for (var at = 0; at < values.Length; at += part.Length)
        {
            var bytes = values.Slice(at, Math.Min(part.Length, values.Length - at));
            var i = 0;
            for (; i <= bytes.Length - Vector<sbyte>.Count; i += Vector<sbyte>.Count)
            {
                Vector.Widen(new Vector<sbyte>(bytes[i..]), out var low, out var high);
                low.CopyTo(part[i..]);
                high.CopyTo(part[(i + Vector<short>.Count)..]);
            }

            for (; i < bytes.Length; i++)
            {
                part[i] = bytes[i];
            }

            Widen(part[..bytes.Length], to[at..]);
        }
    }

    private static void Narrow(ReadOnlySpan<int> values, Span<short> to)
    {
        var i = 0;
        for (; i <= values.Length - Vector<short>.Count; i += Vector<short>.Count)
        {
            Vector.Narrow(new Vector<int>(values[i..]), new Vector<int>(values[(i + Vector<int>.Count)..])).CopyTo(to[i..]);
        }

        for (; i < values.Length; i++)
        {
            to[i] = (short)values[i];
        }
    }

    private static void Narrow(ReadOnlySpan<int> values, Span<sbyte> to)
    {
        Span<short> part = stackalloc short[AtOnce];
        for (var at = 0; at < values.Length; at += part.Length)
        {
            var count = Math.Min(part.Length, values.Length - at);
            Narrow(values.Slice(at, count), part);
            var i = 0;
            for (; i <= count - Vector<sbyte>.Count; i += Vector<sbyte>.Count)
            {
                Vector.Narrow(new Vector<short>(part[i..]), new Vector<short>(part[(i + Vector<short>.Count)..])).CopyTo(to[(at + i)..]);
            }

            for (; i < count; i++)
            {
                to[at + i] = (sbyte)part[i];
            }
        }
    }
}
