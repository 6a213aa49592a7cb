using Apache.Arrow;
using Apache.Arrow.Types;

namespace StreamPipeline.Core.Lake;

/// <summary>
/// Grows one Arrow column from chosen rows of other columns of its type. Subclasses move the values; this class keeps
/// the length and the validity bitmap, which exists only once a null was seen.
/// </summary>
internal abstract class ColumnGather(IArrowType type)
{
    private byte[]? _validity;
    private int _nullCount;

    protected IArrowType Type { get; } = type;

    protected int Length { get; private set; }

    /// <exception cref="NotSupportedException">The type is none that the lake stores.</exception>
    public static ColumnGather For(IArrowType type, int rows, string column) => type switch
    {
        BooleanType => new BooleanGather(type, rows),
        StringType or BinaryType => new VariableGather(type, rows),
        ListType list => new ListGather(list, rows, For(list.ValueDataType, rows, column + "[]")),
        StructType @struct => new StructGather(@struct, StructChildren(@struct, rows, column)),
        Decimal128Type or Decimal256Type => throw Unsupported(type, column),
        FixedWidthType { BitWidth: >= 8 } fixedWidth => new FixedGather(fixedWidth, rows),
        _ => throw Unsupported(type, column),
    };

    /// <summary>Appends rows of <paramref name="source"/>, numbered from its offset; the caller has checked their range.</summary>
    public void Append(ArrayData source, ReadOnlySpan<int> rows)
    {
        AppendValidity(source, rows);
        AppendValues(source, rows);
        Length = checked(Length + rows.Length);
    }

    /// <summary>Appends one row without a value.</summary>
    public void AppendNull()
    {
        _validity ??= Ones(Length);
        Reserve(ref _validity, (Length / 8) + 1);
        AppendNullValue();
        Length++;
        _nullCount++;
    }

    public abstract ArrayData Build();

    public static long ByteSize(ArrayData data, int from, int count)
    {
        var start = data.Offset + from;
        long validity = data.Buffers[0].IsEmpty ? 0 : (count + 7) / 8;
        switch (data.DataType)
        {
            case BooleanType:
                return validity + ((count + 7) / 8);
            case StringType or BinaryType when count > 0:
                var offsets = Offsets(data);
                return validity + (4L * count) + offsets[start + count] - offsets[start];
            case ListType when count > 0:
                var lists = Offsets(data);
                return validity + (4L * count) + ByteSize(data.Children[0], lists[start], lists[start + count] - lists[start]);
            case StructType:
                foreach (var child in data.Children)
                {
                    validity += ByteSize(child, start, count);
                }

                return validity;
            case FixedWidthType fixedWidth:
                return validity + ((long)count * fixedWidth.BitWidth / 8);
            default:
                return validity;
        }
    }

    public static ReadOnlySpan<int> Offsets(ArrayData data) =>
        System.Runtime.InteropServices.MemoryMarshal.Cast<byte, int>(data.Buffers[1].Span);

    public static bool IsSet(ReadOnlySpan<byte> bitmap, int index) => (bitmap[index >> 3] & (1 << (index & 7))) != 0;

    /// <summary>Makes room for a value that is not there.</summary>
    protected abstract void AppendNullValue();

    protected abstract void AppendValues(ArrayData source, ReadOnlySpan<int> rows);

    protected ArrayData BuildWith(ArrowBuffer[] buffers, ArrayData[]? children = null)
    {
        buffers[0] = _nullCount == 0 ? ArrowBuffer.Empty : new ArrowBuffer(_validity.AsMemory(0, (Length + 7) / 8));
        return new ArrayData(Type, Length, _nullCount, 0, buffers, children);
    }

    /// <summary>Grows by doubling, so that appends stay linear.</summary>
    protected static void Reserve<T>(ref T[] array, long length)
    {
        if (length <= array.Length)
        {
            return;
        }

        if (length > System.Array.MaxLength)
        {
            throw new InvalidOperationException(
                $"a column would need {length:N0} elements and Arrow holds at most {System.Array.MaxLength:N0}; fold smaller pieces");
        }

        System.Array.Resize(ref array, (int)Math.Min(Math.Max(length, 2L * array.Length), System.Array.MaxLength));
    }

    private static ColumnGather[] StructChildren(StructType type, int rows, string column)
    {
        var children = new ColumnGather[type.Fields.Count];
        for (var i = 0; i < children.Length; i++)
        {
            children[i] = For(type.Fields[i].DataType, rows, $"{column}.{type.Fields[i].Name}");
        }

        return children;
    }

    private static NotSupportedException Unsupported(IArrowType type, string column) =>
        new($"column '{column}' has Arrow type {type.Name}, which lake tables do not store");

    private void AppendValidity(ArrayData source, ReadOnlySpan<int> rows)
    {
        var bitmap = source.Buffers[0].Span;
        if (bitmap.IsEmpty && _validity is null)
        {
            return;
        }

        var needed = (Length + rows.Length + 7) / 8;
        _validity ??= Ones(Length);
        Reserve(ref _validity, needed);
        if (bitmap.IsEmpty)
        {
            SetRange(_validity, Length, rows.Length);
            return;
        }

        var validity = _validity;
        var at = Length;
        var nulls = 0;
        foreach (var row in rows)
        {
            if (IsSet(bitmap, source.Offset + row))
            {
                validity[at >> 3] |= (byte)(1 << (at & 7));
            }
            else
            {
                nulls++;
            }

            at++;
        }

        _nullCount += nulls;
    }

    private static byte[] Ones(int count)
    {
        var bitmap = new byte[Math.Max((count + 7) / 8, 64)];
        SetRange(bitmap, 0, count);
        return bitmap;
    }

    private static void SetRange(byte[] bitmap, int from, int count)
    {
        for (var i = from; i < from + count; i++)
        {
            bitmap[i >> 3] |= (byte)(1 << (i & 7));
        }
    }
}
