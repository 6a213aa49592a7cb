using System.Buffers;
using System.Buffers.Binary;

namespace StreamPipeline.Core.Lake;

/// <summary>Writes a <see cref="ThriftStruct"/> in the compact protocol.</summary>
internal readonly struct ThriftWriter(PooledBytes output)
{
    public void Write(ThriftStruct value)
    {
        short last = 0;
        foreach (var (id, field) in value.Fields)
        {
            var type = TypeOf(field);
            var delta = id - last;
            if (delta is > 0 and <= 15)
            {
                WriteByte((byte)((delta << 4) | (byte)type));
            }
            else
            {
                WriteByte((byte)type);
                ZigZag(id);
            }

            if (field is not bool)
            {
                WriteValue(field);
            }

            last = id;
        }

        WriteByte((byte)ThriftType.Stop);
    }

    private static ThriftType TypeOf(object value) => value switch
    {
        true => ThriftType.True,
        false => ThriftType.False,
        sbyte => ThriftType.Byte,
        short => ThriftType.Int16,
        int => ThriftType.Int32,
        long => ThriftType.Int64,
        double => ThriftType.Double,
        byte[] => ThriftType.Binary,
        ThriftList => ThriftType.List,
        ThriftStruct => ThriftType.Struct,
        _ => throw new InvalidOperationException($"{value.GetType()} is no Thrift value"),
    };

    private void WriteValue(object value)
    {
        switch (value)
        {
            case bool b:
                WriteByte(b ? (byte)1 : (byte)2);
                break;
            case sbyte b:
                WriteByte((byte)b);
                break;
            case short s:
                ZigZag(s);
                break;
            case int i:
                ZigZag(i);
                break;
            case long l:
                ZigZag(l);
                break;
            case double d:
                Span<byte> bits = stackalloc byte[8];
                BinaryPrimitives.WriteDoubleLittleEndian(bits, d);
                output.Write(bits);
                break;
            case byte[] bytes:
                Varint((ulong)bytes.Length);
                output.Write(bytes);
                break;
            case ThriftList list:
                WriteList(list);
                break;
            case ThriftStruct nested:
                Write(nested);
                break;
        }
    }

    private void WriteList(ThriftList list)
    {
        var count = list.Items.Count;
        WriteByte((byte)((Math.Min(count, 15) << 4) | (byte)list.ElementType));
        if (count >= 15)
        {
            Varint((ulong)count);
        }

        foreach (var item in list.Items)
        {
            WriteValue(item);
        }
    }

    private void WriteByte(byte value)
    {
        output.GetSpan(1)[0] = value;
        output.Advance(1);
    }

    private void ZigZag(long value) => Parquet.Varint.WriteZigZag(value, output);

    private void Varint(ulong value) => Parquet.Varint.Write(value, output);
}
