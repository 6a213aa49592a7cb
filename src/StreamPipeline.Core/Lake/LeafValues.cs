using System.Buffers;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;
using Apache.Arrow;
using Parquet;
using Parquet.Schema;

namespace StreamPipeline.Core.Lake;

/// <summary>Least and greatest value of a text chunk in UTF-8 byte order, which is the order that Parquet's STRING defines.</summary>
internal readonly record struct TextRange(ReadOnlyMemory<byte> Min, ReadOnlyMemory<byte> Max);

/// <summary>The present values of one leaf over a row group, in the form that Parquet.Net takes. Disposed once written.</summary>
internal abstract class LeafValues : IDisposable
{
    /// <summary>Null when the leaf is no text or has no value.</summary>
    public virtual TextRange? Range => null;

    public static LeafValues For(ParquetLeaf leaf) => leaf.Form switch
    {
        LeafForm.Boolean => new BooleanValues(),
        LeafForm.Int32 => new FixedValues<int>(),
        LeafForm.Int64 => new FixedValues<long>(),
        LeafForm.Float => new FixedValues<float>(),
        LeafForm.Double => new FixedValues<double>(),
        LeafForm.Text => new TextValues(),
        _ => new BytesValues(),
    };

    /// <summary>Appends the values of these rows, none of which is null.</summary>
    public abstract void Append(ArrayData source, ReadOnlySpan<int> rows);

    public abstract Task Write(ParquetRowGroupWriter group, DataField field, LeafLevels levels, CancellationToken cancellation);

    public abstract void Dispose();
}

/// <summary>A pooled, growing array of the values.</summary>
internal abstract class LeafValues<T> : LeafValues
    where T : struct
{
    private T[] _values = ArrayPool<T>.Shared.Rent(1024);
    private int _count;

    public override Task Write(ParquetRowGroupWriter group, DataField field, LeafLevels levels, CancellationToken cancellation) =>
        group.WriteAllPartsAsync<T>(field, _values.AsMemory(0, _count), levels.Definition, levels.Repetition, cancellation);

    public override void Dispose() => Return();

    protected Span<T> Extend(int count)
    {
        if (_values.Length - _count < count)
        {
            var grown = ArrayPool<T>.Shared.Rent((int)Math.Min(Math.Max(_count + (long)count, 2L * _values.Length), System.Array.MaxLength));
            _values.AsSpan(0, _count).CopyTo(grown);
            Return();
            _values = grown;
        }

        _count += count;
        return _values.AsSpan(_count - count, count);
    }

    private void Return()
    {
        ArrayPool<T>.Shared.Return(_values, clearArray: RuntimeHelpers.IsReferenceOrContainsReferences<T>());
        _values = [];
    }
}

internal sealed class FixedValues<T> : LeafValues<T>
    where T : unmanaged
{
    public override void Append(ArrayData source, ReadOnlySpan<int> rows)
    {
        var from = rows.IsEmpty ? default : MemoryMarshal.Cast<byte, T>(source.Buffers[1].Span)[source.Offset..];
        var to = Extend(rows.Length);
        for (var i = 0; i < rows.Length; i++)
        {
            to[i] = from[rows[i]];
        }
    }
}

internal sealed class BooleanValues : LeafValues<bool>
{
    public override void Append(ArrayData source, ReadOnlySpan<int> rows)
    {
        var bits = source.Buffers[1].Span;
        var to = Extend(rows.Length);
        for (var i = 0; i < rows.Length; i++)
        {
            to[i] = ColumnGather.IsSet(bits, source.Offset + rows[i]);
        }
    }
}

/// <summary>Tracks <see cref="TextRange"/>. The memory it points to is the Arrow batch's, alive until the chunk is written.</summary>
internal struct RangeOfText
{
    private TextRange? _range;

    public readonly TextRange? Value => _range;

    public void Add(ReadOnlyMemory<byte> value)
    {
        if (_range is not { } range)
        {
            _range = new TextRange(value, value);
        }
        else if (value.Span.SequenceCompareTo(range.Min.Span) < 0)
        {
            _range = range with { Min = value };
        }
        else if (value.Span.SequenceCompareTo(range.Max.Span) > 0)
        {
            _range = range with { Max = value };
        }
    }
}

internal sealed class BytesValues : LeafValues<ReadOnlyMemory<byte>>
{
    private RangeOfText _range;

    public override TextRange? Range => _range.Value;

    public override void Append(ArrayData source, ReadOnlySpan<int> rows)
    {
        var offsets = rows.IsEmpty ? default : ColumnGather.Offsets(source)[source.Offset..];
        var bytes = source.Buffers[2].Memory;
        var to = Extend(rows.Length);
        for (var i = 0; i < rows.Length; i++)
        {
            var start = offsets[rows[i]];
            to[i] = bytes[start..offsets[rows[i] + 1]];
            _range.Add(to[i]);
        }
    }
}

internal sealed class TextValues : LeafValues<ReadOnlyMemory<char>>
{
    private readonly List<char[]> _rented = [];
    private RangeOfText _range;

    public override TextRange? Range => _range.Value;

    public override void Append(ArrayData source, ReadOnlySpan<int> rows)
    {
        var offsets = rows.IsEmpty ? default : ColumnGather.Offsets(source)[source.Offset..];
        long length = 0;
        foreach (var row in rows)
        {
            length += offsets[row + 1] - offsets[row];
        }

        // UTF-8 never has fewer bytes than UTF-16 has units, so the byte count is room enough.
        var chars = ArrayPool<char>.Shared.Rent(checked((int)length));
        _rented.Add(chars);
        var bytes = source.Buffers[2].Memory;
        var to = Extend(rows.Length);
        var at = 0;
        for (var i = 0; i < rows.Length; i++)
        {
            var value = bytes[offsets[rows[i]]..offsets[rows[i] + 1]];
            var written = Encoding.UTF8.GetChars(value.Span, chars.AsSpan(at));
            to[i] = chars.AsMemory(at, written);
            at += written;
            _range.Add(value);
        }
    }

    public override void Dispose()
    {
        base.Dispose();
        foreach (var chars in _rented)
        {
            ArrayPool<char>.Shared.Return(chars);
        }

        _rented.Clear();
    }
}
