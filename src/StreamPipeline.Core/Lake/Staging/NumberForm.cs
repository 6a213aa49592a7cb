using System.Numerics;
using System.Runtime.InteropServices;
using Apache.Arrow;
using Apache.Arrow.Types;

namespace StreamPipeline.Core.Lake.Staging;

/// <summary>
/// Numbers in the form of <see cref="CompactNumbers"/>: as what they are above or below an origin. The array's dictionary holds the origin and, for doubles, the decimal places.
/// Rows count from the array's offset.
/// </summary>
internal readonly ref struct NumberForm
{
    /// <summary>Of a number as it was.</summary>
    public const int PlainBytes = 8;

    private const int RowsAtOnce = 256;

    private readonly ReadOnlySpan<byte> _numbers;
    private readonly ArrayData _data;
    private readonly int _width;
    private readonly long _origin;
    private readonly long? _decimals;

    /// <param name="data">Compact: <see cref="IsCompact"/>.</param>
    public NumberForm(ArrayData data)
    {
        _data = data;
        _width = ((IntegerType)data.DataType).BitWidth / 8;
        _numbers = data.Buffers[1].Span[(data.Offset * _width)..];
        var terms = MemoryMarshal.Cast<byte, long>(data.Dictionary.Buffers[1].Span);
        _origin = terms[0];
        _decimals = terms.Length > 1 ? terms[1] : null;
    }

    public static bool IsCompact(ArrayData data) => data.Dictionary is not null && data.DataType is IntegerType;

    /// <param name="data">Integers that were staged.</param>
    /// <param name="origin">What they are counted from.</param>
    /// <param name="decimals">Null: they are no doubles.</param>
    public static ArrayData WithOrigin(ArrayData data, long origin, int? decimals)
    {
        long[] terms = decimals is null ? [origin] : [origin, decimals.Value];
        var dictionary = new ArrayData(Int64Type.Default, terms.Length, 0, 0, [ArrowBuffer.Empty, new ArrowBuffer(MemoryMarshal.AsBytes<long>(terms).ToArray())]);
        return new ArrayData(data.DataType, data.Length, data.NullCount, data.Offset, data.Buffers, children: null, dictionary);
    }

    /// <summary>Places of doubles; null: they are none.</summary>
    public int? Decimals => (int?)_decimals;

    /// <summary>The numbers of rows as they were.</summary>
    /// <param name="from">The first row.</param>
    /// <param name="to">One for each; of longs or doubles.</param>
    public void CopyTo<T>(int from, Span<T> to)
        where T : unmanaged
    {
        Span<int> numbers = stackalloc int[RowsAtOnce];
        for (var at = 0; at < to.Length; at += numbers.Length)
        {
            var part = numbers[..Math.Min(numbers.Length, to.Length - at)];
            CodeWidths.Widen(_numbers, _width, from + at, part);
            Restore(part, to.Slice(at, part.Length));
        }
    }

    /// <param name="rows">Which.</param>
    /// <param name="to">One for each; of longs or doubles.</param>
    public void CopyTo<T>(ReadOnlySpan<int> rows, Span<T> to)
        where T : unmanaged
    {
        Span<int> numbers = stackalloc int[RowsAtOnce];
        for (var at = 0; at < rows.Length; at += numbers.Length)
        {
            var part = numbers[..Math.Min(numbers.Length, rows.Length - at)];
            for (var i = 0; i < part.Length; i++)
            {
                part[i] = CodeWidths.Of(_numbers, _width, rows[at + i]);
            }

            Restore(part, to.Slice(at, part.Length));
        }
    }

    /// <summary>The least and the greatest of all numbers, at least one, as whole ones with so many decimal places, which are at least its own.</summary>
    public (long Min, long Max) ScaledRange(int decimals)
    {
        var (min, max) = CodeWidths.RangeOf(_numbers, _width, _data.Length);
        var factor = FactorTo(decimals);
        return ((_origin + min) * factor, (_origin + max) * factor);
    }

    /// <summary>The numbers of rows as whole ones with so many decimal places, less the least.</summary>
    /// <param name="from">The first row.</param>
    /// <param name="decimals">As of <see cref="ScaledRange"/>.</param>
    /// <param name="least">As of <see cref="ScaledRange"/>, or a lesser one.</param>
    /// <param name="to">One for each row.</param>
    public void ScaleTo(int from, int decimals, long least, Span<int> to)
    {
        CodeWidths.Widen(_numbers, _width, from, to);
        Scale(to, decimals, least);
    }

    /// <summary>As the other, of any rows.</summary>
    /// <param name="rows">Which.</param>
    /// <param name="decimals">As of <see cref="ScaledRange"/>.</param>
    /// <param name="least">As of <see cref="ScaledRange"/>, or a lesser one.</param>
    /// <param name="to">One for each row.</param>
    public void ScaleTo(ReadOnlySpan<int> rows, int decimals, long least, Span<int> to)
    {
        for (var i = 0; i < rows.Length; i++)
        {
            to[i] = CodeWidths.Of(_numbers, _width, rows[i]);
        }

        Scale(to, decimals, least);
    }

    /// <summary>The array as Arrow's int64 or double.</summary>
    public ArrayData Spell()
    {
        var values = new byte[_data.Length * PlainBytes];
        CopyTo(0, MemoryMarshal.Cast<byte, long>(values.AsSpan()));
        return new ArrayData(
            _decimals is null ? Int64Type.Default : DoubleType.Default, _data.Length, _data.NullCount, 0, [RestoredColumns.ValidityOf(_data), new ArrowBuffer(values)]);
    }

    private void Scale(Span<int> numbers, int decimals, long least)
    {
        // What does not fit 32 bits on the way does in the end.
        var factor = unchecked((int)FactorTo(decimals));
        var shift = unchecked((int)((_origin * FactorTo(decimals)) - least));
        foreach (ref var vector in MemoryMarshal.Cast<int, Vector<int>>(numbers))
        {
            vector = (vector * factor) + new Vector<int>(shift);
        }

        foreach (ref var number in numbers[(numbers.Length / Vector<int>.Count * Vector<int>.Count)..])
        {
            number = unchecked((number * factor) + shift);
        }
    }

    private long FactorTo(int decimals) => (long)ScaledReals.PowerOf(decimals - (Decimals ?? decimals));

    private void Restore<T>(ReadOnlySpan<int> numbers, Span<T> to)
        where T : unmanaged
    {
        if (_decimals is { } decimals)
        {
            ScaledReals.Restore(numbers, _origin, (int)decimals, MemoryMarshal.Cast<T, double>(to));
        }
        else
        {
            Add(numbers, _origin, MemoryMarshal.Cast<T, long>(to));
        }
    }

    private static void Add(ReadOnlySpan<int> numbers, long origin, Span<long> values)
    {
        var i = 0;
        var origins = new Vector<long>(origin);
        for (; i <= numbers.Length - Vector<int>.Count; i += Vector<int>.Count)
        {
            Vector.Widen(new Vector<int>(numbers[i..]), out var low, out var high);
            (low + origins).CopyTo(values[i..]);
            (high + origins).CopyTo(values[(i + Vector<long>.Count)..]);
        }

        for (; i < numbers.Length; i++)
        {
            values[i] = unchecked(numbers[i] + origin);
        }
    }
}
