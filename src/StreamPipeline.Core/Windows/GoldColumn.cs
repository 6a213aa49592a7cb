using System.Runtime.InteropServices;
using Apache.Arrow;
using Apache.Arrow.Types;
using StreamPipeline.Core.Windows.Aggregates;

namespace StreamPipeline.Core.Windows;

/// <summary>Builds one column of gold rows.</summary>
internal sealed class GoldColumn(IArrowType type, int capacity)
{
    private readonly byte[] _valid = new byte[BitUtility.ByteCount(capacity)];

    /// <summary>Numbers as they are, doubles as their bits; for text, where it ends.</summary>
    private readonly long[] _values = new long[capacity];
    private readonly ByteWriter _text = new();
    private int _count;
    private int _nulls;

    public void Append(long value)
    {
        BitUtility.SetBit(_valid, _count);
        _values[_count++] = value;
    }

    public void Append(double value) => Append(BitConverter.DoubleToInt64Bits(value));

    public void Append(ReadOnlySpan<byte> text)
    {
        _text.Bytes(text);
        Append(_text.Length);
    }

    public void AppendNull()
    {
        _values[_count++] = _text.Length;
        _nulls++;
    }

    public void Append(long? value)
    {
        if (value is { } present)
        {
            Append(present);
        }
        else
        {
            AppendNull();
        }
    }

    public void Append(double? value) => Append(value is { } present ? BitConverter.DoubleToInt64Bits(present) : null);

    public IArrowArray Build()
    {
        var nulls = _nulls == 0 ? ArrowBuffer.Empty : new ArrowBuffer(_valid);
        ArrowBuffer[] buffers = type switch
        {
            StringType => [nulls, Offsets(), new ArrowBuffer(_text.Written.ToArray())],
            BooleanType => [nulls, Bits()],
            Date32Type => [nulls, Days()],
            _ => [nulls, Bytes<long>(_values)],
        };
        return ArrowArrayFactory.BuildArray(new ArrayData(type, _count, _nulls, 0, buffers));
    }

    private ArrowBuffer Offsets()
    {
        var offsets = new int[_count + 1];
        for (var i = 0; i < _count; i++)
        {
            offsets[i + 1] = checked((int)_values[i]);
        }

        return Bytes<int>(offsets);
    }

    private ArrowBuffer Days()
    {
        var days = new int[_count];
        for (var i = 0; i < _count; i++)
        {
            days[i] = (int)_values[i];
        }

        return Bytes<int>(days);
    }

    private ArrowBuffer Bits()
    {
        var bits = new byte[BitUtility.ByteCount(_count)];
        for (var i = 0; i < _count; i++)
        {
            BitUtility.SetBit(bits, i, _values[i] != 0);
        }

        return new ArrowBuffer(bits);
    }

    private static ArrowBuffer Bytes<T>(ReadOnlySpan<T> values)
        where T : unmanaged => new(MemoryMarshal.AsBytes(values).ToArray());
}
