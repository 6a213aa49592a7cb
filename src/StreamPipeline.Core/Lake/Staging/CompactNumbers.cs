using System.Globalization;
using System.Numerics;
using System.Runtime.InteropServices;
using Apache.Arrow;
using Apache.Arrow.Types;
using StreamPipeline.Core.Decoding.Columns;
using StreamPipeline.Core.Lake.Parquet;

namespace StreamPipeline.Core.Lake.Staging;

/// <summary>
/// Numbers in one, two or four bytes, as what each is above or below a number in the middle of a batch's range: whole ones, times, and decimals of a few places
/// (<see cref="ScaledReals"/>). The field's metadata say how they come back. Owner: <see cref="CompactColumns"/>, whose memory the results lie in.
/// </summary>
internal sealed class CompactNumbers(ColumnBuffers memory) : IDisposable
{
    /// <summary>Metadata of a field: the number that all its values are counted from. A whole number.</summary>
    public const string Origin = "origin";

    /// <summary>Metadata of a field, the same of times: microseconds since the epoch.</summary>
    public const string OriginUs = "origin-us";

    /// <summary>Metadata of a field with an <see cref="Origin"/>: the values are doubles, and their sum with it stands ten to this power too high.</summary>
    public const string Decimals = "decimals";

    private readonly PooledArray<int> _numbers = new();

    /// <summary>The field itself when the column stays as it is.</summary>
    /// <param name="field">Of the column.</param>
    /// <param name="data">Not a slice, and not empty.</param>
    public (Field Field, ArrayData Data) Of(Field field, ArrayData data)
    {
        _numbers.Clear();
        switch (data.DataType)
        {
            case Int64Type:
                return OfWhole(field, data, Origin);
            case TimestampType { Unit: TimeUnit.Microsecond, Timezone: "UTC" }:
                return OfWhole(field, data, OriginUs);
            case DoubleType:
                var values = MemoryMarshal.Cast<byte, double>(data.Buffers[1].Span)[..data.Length];
                var scaled = _numbers.Extend(values.Length);
                var decimals = ScaledReals.TryScale(values, scaled);
                return decimals < 0 ? (field, data) : OfReals(field, data, decimals);
            default:
                return (field, data);
        }
    }

    public void Dispose() => _numbers.Dispose();

    private (Field Field, ArrayData Data) OfWhole(Field field, ArrayData data, string key)
    {
        var values = MemoryMarshal.Cast<byte, long>(data.Buffers[1].Span)[..data.Length];
        var (min, max) = IntegerRange.Of(values);
        if ((ulong)(max - min) > uint.MaxValue)
        {
            return (field, data);
        }

        var type = TypeFor((ulong)(max - min));
        var origin = OriginOf(min, type);
        Subtract(values, origin, _numbers.Extend(values.Length));
        return (With(field, type, (key, origin)), Narrow(data, type));
    }

    private (Field Field, ArrayData Data) OfReals(Field field, ArrayData data, int decimals)
    {
        var (min, max) = IntegerRange.Of(_numbers.Span);
        var type = TypeFor((ulong)((long)max - min));
        var origin = OriginOf(min, type);
        Subtract(_numbers.WritableSpan, unchecked((int)origin));
        return (With(field, type, (Origin, origin), (Decimals, decimals)), Narrow(data, type));
    }

    private static IntegerType TypeFor(ulong range) => range <= byte.MaxValue ? Int8Type.Default : range <= ushort.MaxValue ? Int16Type.Default : Int32Type.Default;

    /// <summary>The least value becomes the least one of its type. May overflow, as the way back does.</summary>
    private static long OriginOf(long min, IntegerType type) => unchecked(min + (1L << (type.BitWidth - 1)));

    private static void Subtract(ReadOnlySpan<long> values, long origin, Span<int> numbers)
    {
        var i = 0;
        var origins = new Vector<long>(origin);
        for (; i <= values.Length - Vector<int>.Count; i += Vector<int>.Count)
        {
            Vector.Narrow(new Vector<long>(values[i..]) - origins, new Vector<long>(values[(i + Vector<long>.Count)..]) - origins).CopyTo(numbers[i..]);
        }

        for (; i < values.Length; i++)
        {
            numbers[i] = unchecked((int)(values[i] - origin));
        }
    }

    private static void Subtract(Span<int> numbers, int origin)
    {
        var origins = new Vector<int>(origin);
        foreach (ref var vector in MemoryMarshal.Cast<int, Vector<int>>(numbers))
        {
            vector -= origins;
        }

        foreach (ref var number in numbers[(numbers.Length / Vector<int>.Count * Vector<int>.Count)..])
        {
            number = unchecked(number - origin);
        }
    }

    private static Field With(Field field, IntegerType type, params ReadOnlySpan<(string Key, long Value)> metadata)
    {
        var texts = new Dictionary<string, string>();
        foreach (var (key, value) in metadata)
        {
            texts.Add(key, value.ToString(CultureInfo.InvariantCulture));
        }

        return new Field(field.Name, type, field.IsNullable, texts);
    }

    private ArrayData Narrow(ArrayData data, IntegerType type)
    {
        var bytes = data.Length * type.BitWidth / 8;
        var narrow = memory.Rent(bytes);
        CodeWidths.Narrow(_numbers.Span, type, narrow);
        return new ArrayData(type, data.Length, data.NullCount, 0, [data.Buffers[0], new ArrowBuffer(narrow.AsMemory(0, bytes))]);
    }
}
