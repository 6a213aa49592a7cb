using System.Numerics;

namespace StreamPipeline.Core.Lake.Staging;

/// <summary>Codes in one byte or two and in four, a vector at a time.</summary>
internal static class CodeWidths
{
    private const int AtOnce = 256;

    public static void Widen(ReadOnlySpan<short> values, Span<int> to)
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

    public static void Widen(ReadOnlySpan<sbyte> values, Span<int> to)
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

    /// <param name="values">Each fits.</param>
    /// <param name="to">At least as many.</param>
    public static void Narrow(ReadOnlySpan<int> values, Span<short> to)
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

    /// <inheritdoc cref="Narrow(ReadOnlySpan{int}, Span{short})"/>
    public static void Narrow(ReadOnlySpan<int> values, Span<sbyte> to)
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
