using Apache.Arrow;

namespace StreamPipeline.Core.Lake.Parquet;

/// <summary>Booleans, a bit each in pages (PLAIN); here a byte each.</summary>
internal sealed class BooleanValues : LeafValues
{
    private readonly PooledArray<byte> _values = new();

    public override int Count => _values.Count;

    public override int DictionaryCount => 0;

    public override void Clear() => _values.Clear();

    public override void Expect(int values) => _values.Reserve(values);

    public override void AppendRange(ArrayData source, int from, int count)
    {
        var bits = source.Buffers[1].Span;
        var to = _values.Extend(count);
        for (var i = 0; i < count; i++)
        {
            to[i] = BitAt(bits, source.Offset + from + i);
        }
    }

    public override void Append(ArrayData source, ReadOnlySpan<int> rows)
    {
        var bits = source.Buffers[1].Span;
        var to = _values.Extend(rows.Length);
        for (var i = 0; i < rows.Length; i++)
        {
            to[i] = BitAt(bits, source.Offset + rows[i]);
        }
    }

    public override void ChooseEncoding() => Encoding = ValueEncoding.Plain;

    public override void WriteDictionary(PooledBytes output) => throw new InvalidOperationException("booleans have no dictionary");

    public override void WritePage(int from, int count, PooledBytes output)
    {
        var values = _values.Span.Slice(from, count);
        var bytes = (count + 7) / 8;
        var to = output.GetSpan(bytes)[..bytes];
        to.Clear();
        for (var i = 0; i < values.Length; i++)
        {
            to[i >> 3] |= (byte)(values[i] << (i & 7));
        }

        output.Advance(bytes);
    }

    public override long PlainBytes(int from, int count) => (count + 7) / 8;

    public override ValueBounds? BoundsOf(int from, int count)
    {
        var values = _values.Span.Slice(from, count);
        return values.IsEmpty ? null : new ValueBounds([(byte)(values.Contains((byte)0) ? 0 : 1)], [(byte)(values.Contains((byte)1) ? 1 : 0)]);
    }

    public override int Compare(ReadOnlySpan<byte> left, ReadOnlySpan<byte> right) => left[0].CompareTo(right[0]);

    public override void Dispose() => _values.Dispose();

    private static byte BitAt(ReadOnlySpan<byte> bits, int index) => (byte)((bits[index >> 3] >> (index & 7)) & 1);
}
