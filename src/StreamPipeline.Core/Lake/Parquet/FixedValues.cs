using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Apache.Arrow;
using StreamPipeline.Core.Lake.Staging;

namespace StreamPipeline.Core.Lake.Parquet;

/// <summary>Numbers of a fixed width: PLAIN is their little-endian bytes, as Arrow has them.</summary>
internal abstract class FixedValues<T> : LeafValues
    where T : unmanaged, INumber<T>, IMinMaxValue<T>
{
    /// <summary>What zstd makes of numbers that a dictionary would not shrink, measured on measurements with a few decimals.</summary>
    protected const double PlainShare = 0.45;

    private readonly PooledArray<T> _values = new();
    private readonly PooledArray<int> _codes = new();
    private readonly NumberDictionary _dictionary = new();
    private readonly DictionaryOrder _order = new();
    private bool _isConstant;
    private int _codeWidth;

    public override int Count => _values.Count;

    public override int DictionaryCount => Encoding != ValueEncoding.RleDictionary ? 0 : _isConstant ? 1 : _order.Entries.Length;

    protected ReadOnlySpan<T> Values => _values.Span;

    public override void Clear() => _values.Clear();

    public override void Expect(int values) => _values.Reserve(values);

    public override void AppendRange(ArrayData source, int from, int count)
    {
        if (NumberForm.IsCompact(source))
        {
            new NumberForm(source).CopyTo(from, _values.Extend(count));
        }
        else if (count > 0)
        {
            MemoryMarshal.Cast<byte, T>(source.Buffers[1].Span).Slice(source.Offset + from, count).CopyTo(_values.Extend(count));
        }
    }

    public override void Append(ArrayData source, ReadOnlySpan<int> rows)
    {
        if (NumberForm.IsCompact(source))
        {
            new NumberForm(source).CopyTo(rows, _values.Extend(rows.Length));
            return;
        }

        var from = rows.IsEmpty ? default : MemoryMarshal.Cast<byte, T>(source.Buffers[1].Span)[source.Offset..];
        var to = _values.Extend(rows.Length);
        for (var i = 0; i < rows.Length; i++)
        {
            to[i] = from[rows[i]];
        }
    }

    public override void WriteDictionary(PooledBytes output)
    {
        if (_isConstant)
        {
            WritePlain(0, 1, output);
        }
        else
        {
            _dictionary.WriteTo(_order.Entries, Unsafe.SizeOf<T>(), output);
        }
    }

    public override void WritePage(int from, int count, PooledBytes output)
    {
        if (Encoding != ValueEncoding.RleDictionary)
        {
            WritePlain(from, count, output);
        }
        else if (_isConstant)
        {
            WriteConstant(count, output);
        }
        else
        {
            WriteCodes(_codes.Span.Slice(from, count), _codeWidth, output);
        }
    }

    public override long PlainBytes(int from, int count) => (long)count * Unsafe.SizeOf<T>();

    public override ValueBounds? BoundsOf(int from, int count) =>
        count > 0 && TryRange(Values.Slice(from, count), out var min, out var max) ? new ValueBounds(BytesOf(min), BytesOf(max)) : null;

    public override int Compare(ReadOnlySpan<byte> left, ReadOnlySpan<byte> right) =>
        MemoryMarshal.Read<T>(left).CompareTo(MemoryMarshal.Read<T>(right));

    public override void Dispose()
    {
        _values.Dispose();
        _codes.Dispose();
        _dictionary.Dispose();
        _order.Dispose();
    }

    /// <summary>False when the values have no order (NaN).</summary>
    protected abstract bool TryRange(ReadOnlySpan<T> values, out T min, out T max);

    /// <summary>A dictionary, when it takes less than <paramref name="otherBytes"/> a value.</summary>
    protected bool TryDictionary(double otherBytes)
    {
        // By their bits: 0.0 and −0.0 are two values, NaN is one.
        var bytes = MemoryMarshal.AsBytes(Values);
        _isConstant = bytes[Unsafe.SizeOf<T>()..].SequenceEqual(bytes[..^Unsafe.SizeOf<T>()]);
        if (_isConstant)
        {
            return true;
        }

        var pays = _dictionary.TryBuild(Values, _codes, otherBytes);
        if (pays)
        {
            _order.OfNumbers(_dictionary.Entries, _codes.WritableSpan);
            _codeWidth = WidthOf(_codes.Span, _dictionary.Count);
        }

        return pays;
    }

    protected void WritePlain(int from, int count, PooledBytes output)
    {
        var bytes = MemoryMarshal.AsBytes(Values.Slice(from, count));
        bytes.CopyTo(output.GetSpan(bytes.Length));
        output.Advance(bytes.Length);
    }

    private static void WriteConstant(int count, PooledBytes output)
    {
        output.GetSpan(1)[0] = 0;
        output.Advance(1);
        if (count > 0)
        {
            RleBitPacked.WriteRun(0, count, 0, output);
        }
    }

    private static byte[] BytesOf(T value) => MemoryMarshal.AsBytes(new ReadOnlySpan<T>(ref value)).ToArray();
}
