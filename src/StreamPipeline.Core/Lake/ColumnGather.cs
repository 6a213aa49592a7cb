using Apache.Arrow;
using Apache.Arrow.Types;
using StreamPipeline.Core.Columns;
using StreamPipeline.Core.Decoding.Columns;
using StreamPipeline.Core.Lake.Staging;

namespace StreamPipeline.Core.Lake;

/// <summary>
/// Grows one Arrow column from chosen rows of other columns of its type. Subclasses move the values; this class keeps
/// the length and the validity bitmap, which exists only once a null was seen.
/// </summary>
/// <param name="type">Of the column.</param>
/// <param name="memory">Where memory comes from, and whose it then is; null: the garbage collector's.</param>
internal abstract class ColumnGather(IArrowType type, ColumnBuffers? memory)
{
    private byte[]? _validity;

    protected IArrowType Type { get; } = type;

    protected int Length { get; private set; }

    /// <exception cref="NotSupportedException">The type is none that the lake stores.</exception>
    public static ColumnGather For(IArrowType type, int rows, string column, ColumnBuffers? memory = null) => type switch
    {
        BooleanType => new BooleanGather(type, rows, memory),
        StringType or BinaryType => new VariableGather(type, rows, memory),
        ListType list => new ListGather(list, rows, For(list.ValueDataType, rows, column + "[]", memory), memory),
        StructType @struct => new StructGather(@struct, StructChildren(@struct, rows, column, memory), memory),
        Decimal128Type or Decimal256Type => throw Unsupported(type, column),
        FixedWidthType { BitWidth: >= 8 } fixedWidth => new FixedGather(fixedWidth, rows, memory),
        _ => throw Unsupported(type, column),
    };

    /// <summary>Appends rows of <paramref name="source"/>, numbered from its offset; the caller has checked their range.</summary>
    /// <param name="source">A column of the type.</param>
    /// <param name="runs">In any order.</param>
    /// <param name="rows">How many they are.</param>
    public void Append(ArrayData source, ReadOnlySpan<RowRun> runs, int rows)
    {
        if (rows == 0)
        {
            return;
        }

        AppendValidity(source, runs, rows);
        AppendValues(source, runs, rows);
        Length = checked(Length + rows);
    }

    /// <summary>Appends one row without a value.</summary>
    public void AppendNull()
    {
        _validity ??= Ones(0);
        ReserveBits(ref _validity, Length, 1);
        AppendNullValue();
        Length++;
    }

    public abstract ArrayData Build();

    /// <summary>Compact numbers and UUIDs count as what they become when they are written: <see cref="CompactColumns"/>. Codes stay codes.</summary>
    public static long ByteSize(ArrayData data, int from, int count)
    {
        var start = data.Offset + from;
        long validity = data.Buffers[0].IsEmpty ? 0 : (count + 7) / 8;
        switch (data.DataType)
        {
            case DictionaryType { IndexType: FixedWidthType index }:
                return validity + ((long)count * index.BitWidth / 8) + ByteSize(data.Dictionary, 0, data.Dictionary.Length);
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
            case IntegerType when NumberForm.IsCompact(data):
                return validity + ((long)count * NumberForm.PlainBytes);
            case FixedSizeBinaryType when TextForm.IsUuids(data):
                return validity + ((long)count * UuidTexts.TextBytes);
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

    protected abstract void AppendValues(ArrayData source, ReadOnlySpan<RowRun> runs, int rows);

    protected ArrayData BuildWith(ArrowBuffer[] buffers, ArrayData[]? children = null)
    {
        var nullCount = _validity is null ? 0 : Length - Bitmap.CountOnes(_validity.AsSpan(0, (Length + 7) / 8));
        buffers[0] = nullCount == 0 ? ArrowBuffer.Empty : new ArrowBuffer(_validity.AsMemory(0, (Length + 7) / 8));
        return new ArrayData(Type, Length, nullCount, 0, buffers, children);
    }

    /// <summary>Bytes that may hold anything.</summary>
    protected byte[] Bytes(long count) => memory is null ? new byte[checked((int)count)] : memory.Rent(checked((int)count));

    /// <summary>Makes room for bytes, growing by doubling, so that appends stay linear.</summary>
    protected void Reserve(ref byte[] bytes, long used, long added)
    {
        if (used + added <= bytes.Length)
        {
            return;
        }

        if (used + added > System.Array.MaxLength)
        {
            throw new InvalidOperationException(
                $"a column would need {used + added:N0} bytes and Arrow holds at most {System.Array.MaxLength:N0}; fold smaller pieces");
        }

        var larger = Bytes(Math.Min(Math.Max(used + added, used == 0 ? 0 : 2L * bytes.Length), System.Array.MaxLength));
        bytes.AsSpan(0, (int)used).CopyTo(larger);
        bytes = larger;
    }

    /// <summary>Makes room for bits, 0 all of them.</summary>
    protected void ReserveBits(ref byte[] bits, int used, int added)
    {
        var usedBytes = (used + 7) / 8;
        var bytes = ((used + (long)added) + 7) / 8;
        Reserve(ref bits, usedBytes, bytes - usedBytes);
        bits.AsSpan(usedBytes, (int)bytes - usedBytes).Clear();
    }

    private static ColumnGather[] StructChildren(StructType type, int rows, string column, ColumnBuffers? memory)
    {
        var children = new ColumnGather[type.Fields.Count];
        for (var i = 0; i < children.Length; i++)
        {
            children[i] = For(type.Fields[i].DataType, rows, $"{column}.{type.Fields[i].Name}", memory);
        }

        return children;
    }

    private static NotSupportedException Unsupported(IArrowType type, string column) =>
        new($"column '{column}' has Arrow type {type.Name}, which lake tables do not store");

    private void AppendValidity(ArrayData source, ReadOnlySpan<RowRun> runs, int rows)
    {
        var bitmap = source.Buffers[0].Span;
        if (bitmap.IsEmpty && _validity is null)
        {
            return;
        }

        _validity ??= Ones(rows);
        ReserveBits(ref _validity, Length, rows);
        if (bitmap.IsEmpty)
        {
            Bitmap.AppendOnes(_validity, Length, rows);
            return;
        }

        AppendBits(bitmap, source.Offset, runs, _validity);
    }

    /// <summary>Appends the bits of rows to as many as the column has rows; there is room, and it is 0.</summary>
    protected void AppendBits(ReadOnlySpan<byte> from, int offset, ReadOnlySpan<RowRun> runs, Span<byte> to)
    {
        var at = Length;
        foreach (var run in runs)
        {
            Bitmap.Append(from, offset + run.Start, to, at, run.Count);
            at += run.Count;
        }
    }

    /// <summary>A one for each row so far, and room for more.</summary>
    private byte[] Ones(int more)
    {
        byte[] bits = [];
        ReserveBits(ref bits, 0, Length + more);
        Bitmap.AppendOnes(bits, 0, Length);
        return bits;
    }
}
