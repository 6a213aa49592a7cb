using System.Runtime.InteropServices;
using System.Text;
using Apache.Arrow;
using Apache.Arrow.Types;
using CsCheck;

namespace StreamPipeline.Core.Tests.Lake;

/// <summary>Random schemas and batches of every type that tables hold, nulls at every level, and a plain rendering to compare by.</summary>
internal static class ArrowGen
{
    private static readonly TimestampType Timestamp = new(TimeUnit.Microsecond, "UTC");

    private static readonly Gen<string> Names = Pick("a", "B", "with space", "with.dot", "", "ünï", "\"quoted\"", "list", "element");

    private static readonly string[] Texts = ["", "a", "b", "ORD", "\uFFFD", "😀", "a\0b", "Ω", "\uE000", "\U0010FFFF"];

    public static Gen<Schema> Schemas { get; } = Gen.Int[1, 5].SelectMany(count => Fields(count, 0)).Select(fields => new Schema(fields, null));

    public static Gen<RecordBatch> Batches(Schema schema, int rowsMax) => Gen.Int[0, rowsMax].SelectMany(rows => Rows(schema, rows));

    /// <summary>Batches, some of which are slices of larger ones.</summary>
    public static Gen<RecordBatch> MaybeSliced(Schema schema, int rowsMax) =>
        Gen.Select(Batches(schema, rowsMax), Gen.Bool, Gen.Double[0, 1], Gen.Double[0, 1]).Select((batch, slice, from, share) =>
        {
            if (!slice)
            {
                return batch;
            }

            var start = (int)(from * batch.Length);
            var length = (int)(share * (batch.Length - start));
            return new RecordBatch(schema, batch.Arrays.Select(a => ArrowArrayFactory.Slice(a, start, length)), length);
        });

    public static List<string> Render(RecordBatch batch) =>
        [.. Enumerable.Range(0, batch.Length).Select(row => string.Join(" | ", batch.Arrays.Select(a => Render(a, row))))];

    public static string Render(IArrowArray array, int row)
    {
        if (array.IsNull(row))
        {
            return "null";
        }

        switch (array)
        {
            case BooleanArray a: return a.GetValue(row)!.Value ? "true" : "false";
            case Int32Array a: return a.Values[row].ToString(null, null);
            case Date32Array a: return $"day {a.Values[row]}";
            case Int64Array a: return a.Values[row].ToString(null, null);
            case TimestampArray a: return $"us {a.Values[row]}";
            case FloatArray a: return $"f{BitConverter.SingleToInt32Bits(a.Values[row]):x}";
            case DoubleArray a: return $"d{BitConverter.DoubleToInt64Bits(a.Values[row]):x}";
            case StringArray a: return "'" + a.GetString(row) + "'";
            case BinaryArray a: return "x" + Convert.ToHexString(a.GetBytes(row));
            case ListArray a:
                var start = a.ValueOffsets[row];
                return "[" + string.Join(",", Enumerable.Range(start, a.ValueOffsets[row + 1] - start).Select(i => Render(a.Values, i))) + "]";
            case StructArray a:
                return "{" + string.Join(",", a.Fields.Select(f => Render(f, row))) + "}";
            default: throw new NotSupportedException(array.Data.DataType.Name);
        }
    }

    private static Gen<Field[]> Fields(int count, int depth) =>
        Gen.Select(Names, Types(depth), Gen.Bool).Array[count].Select(items => items
            .DistinctBy(item => item.Item1)
            .Select(item => new Field(item.Item1, item.Item2, item.Item3))
            .ToArray());

    private static Gen<IArrowType> Types(int depth)
    {
        var flat = Pick<IArrowType>(
            BooleanType.Default, Int32Type.Default, Int64Type.Default, FloatType.Default, DoubleType.Default,
            Date32Type.Default, Timestamp, StringType.Default, BinaryType.Default);
        if (depth >= 3)
        {
            return flat;
        }

        var list = Gen.Select(Gen.Int, Gen.Bool).SelectMany((_, nullable) =>
            Types(depth + 1).Select<IArrowType, IArrowType>(item => new ListType(new Field("element", item, nullable))));
        var nested = Gen.Int[1, 3].SelectMany(count => Fields(count, depth + 1)).Select<Field[], IArrowType>(f => new StructType(f));
        return Gen.Frequency((3, flat), (1, list), (1, nested));
    }

    private static Gen<RecordBatch> Rows(Schema schema, int rows) =>
        Gen.Int.Select(seed =>
        {
            var random = new Random(seed);
            return new RecordBatch(
                schema, schema.FieldsList.Select(f => ArrowArrayFactory.BuildArray(Column(f, rows, random))).ToList(), rows);
        });

    private static ArrayData Column(Field field, int rows, Random random)
    {
        var nulls = 0;
        var bits = new byte[(rows + 7) / 8];
        var nullShare = field.IsNullable ? random.Next(3) * 0.3 : 0;
        for (var i = 0; i < rows; i++)
        {
            if (random.NextDouble() < nullShare)
            {
                nulls++;
            }
            else
            {
                bits[i >> 3] |= (byte)(1 << (i & 7));
            }
        }

        var validity = nulls == 0 ? ArrowBuffer.Empty : new ArrowBuffer(bits);
        ArrayData Build(ArrowBuffer[] values, ArrayData[]? children = null) =>
            new(field.DataType, rows, nulls, 0, [validity, .. values], children);

        switch (field.DataType)
        {
            case BooleanType:
                var flags = new byte[(rows + 7) / 8];
                random.NextBytes(flags);
                return Build([new ArrowBuffer(flags)]);
            case StructType type:
                return Build([], [.. type.Fields.Select(f => Column(f, rows, random))]);
            case ListType type:
                var offsets = Offsets(rows, random, 4);
                return Build([Buffer(offsets)], [Column(type.ValueField, offsets[^1], random)]);
            case StringType:
                var texts = Enumerable.Range(0, rows).Select(_ => Encoding.UTF8.GetBytes(Text(random))).ToArray();
                return Build(Variable(texts));
            case BinaryType:
                return Build(Variable([.. Enumerable.Range(0, rows).Select(_ => Bytes(random))]));
            case Int32Type or Date32Type:
                return Build([Buffer(Values(rows, () => (int)Number(random)))]);
            case FloatType:
                return Build([Buffer(Values(rows, () => (float)Real(random)))]);
            case DoubleType:
                return Build([Buffer(Values(rows, () => Real(random)))]);
            default:
                return Build([Buffer(Values(rows, () => Number(random)))]);
        }
    }

    private static Gen<T> Pick<T>(params T[] values) => Gen.Int[0, values.Length - 1].Select(i => values[i]);

    private static string Text(Random random) =>
        random.Next(4) > 0 ? Texts[random.Next(Texts.Length)] : new string((char)random.Next('a', 'z'), random.Next(90)) + random.Next();

    private static T[] Values<T>(int rows, Func<T> next) => [.. Enumerable.Range(0, rows).Select(_ => next())];

    private static long Number(Random random) => random.Next(6) switch
    {
        0 => long.MinValue,
        1 => long.MaxValue,
        2 => random.Next(-3, 4),
        3 => int.MinValue,
        _ => random.NextInt64(-4_000_000_000_000_000, 4_000_000_000_000_000),
    };

    private static double Real(Random random) => random.Next(8) switch
    {
        0 => double.NaN,
        1 => -0.0,
        2 => double.PositiveInfinity,
        3 => double.Epsilon,
        _ => (random.NextDouble() - 0.5) * 1000,
    };

    private static byte[] Bytes(Random random)
    {
        var bytes = new byte[random.Next(12)];
        random.NextBytes(bytes);
        return bytes;
    }

    private static int[] Offsets(int rows, Random random, int itemsMax)
    {
        var offsets = new int[rows + 1];
        for (var i = 0; i < rows; i++)
        {
            offsets[i + 1] = offsets[i] + random.Next(itemsMax);
        }

        return offsets;
    }

    private static ArrowBuffer[] Variable(byte[][] values)
    {
        var offsets = new int[values.Length + 1];
        for (var i = 0; i < values.Length; i++)
        {
            offsets[i + 1] = offsets[i] + values[i].Length;
        }

        return [Buffer(offsets), new ArrowBuffer(values.SelectMany(v => v).ToArray())];
    }

    private static ArrowBuffer Buffer<T>(T[] values)
        where T : unmanaged => new(MemoryMarshal.AsBytes(values.AsSpan()).ToArray());
}
