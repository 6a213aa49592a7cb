using System.Globalization;
using Apache.Arrow;
using Apache.Arrow.Types;
using CsCheck;
using StreamPipeline.Core.Commit;
using StreamPipeline.Core.Decoding.Columns;
using StreamPipeline.Core.Lake;
using StreamPipeline.Core.Lake.Parquet;

namespace StreamPipeline.Core.Tests.Lake;

/// <summary>Columns made so that each way of storing them is taken: one value, runs, few values, sequences with gaps, times, random ones, long and like-beginning text.</summary>
internal static class ParquetColumns
{
    private static readonly string[] _words = ["", "north", "south", "harbor-side-longer-than-sixteen", "ä", "😀", "north\0"];

    public static Gen<RecordBatch> Batches(int rowsMax) =>
        Gen.Select(Gen.Int[0, rowsMax], Gen.Int[1, 4], Gen.Int).Select((rows, columns, seed) =>
        {
            var random = new Random(seed);
            var made = Enumerable.Range(0, columns).Select(i => Column(Name(i), rows, random)).ToList();
            return new RecordBatch(new Schema([.. made.Select(c => c.Field)], null), made.Select(c => c.Array), rows);
        });

    /// <summary>Enough rows for a dictionary of thousands to be put in order and given codes of two bytes, and counters with gaps that grow by a digit.</summary>
    public static Gen<RecordBatch> Long { get; } = Gen.Select(Gen.Int[5_000, 40_000], Gen.Int[200, 6_000], Gen.Int).Select(Measured);

    /// <summary>Limits that make many pages and row groups of few rows.</summary>
    public static Gen<ParquetLimits> Limits { get; } =
        Gen.Select(Gen.Int[1, 400], Gen.Int[1, 200], Gen.Int[16, 4_000], Gen.Bool).Select((groupRows, pageRows, pageBytes, usual) => usual
            ? ParquetLimits.Usual
            : new ParquetLimits { GroupRowsMax = groupRows, PageRowsMax = pageRows, PageBytesMax = pageBytes });

    /// <summary>The batch as a fold gets it.</summary>
    public static RecordBatch Staged(RecordBatch batch, ColumnBuffers memory)
    {
        var content = StagedFile.Encode(batch);
        return StagedFile.DecodeCompact(content, new StagedRef("x", batch.Length, content.Length), memory);
    }

    public static byte[] Write(RecordBatch batch, ParquetLimits limits) => Write(batch.Schema, [batch], limits);

    public static byte[] Write(Schema schema, IReadOnlyList<RecordBatch> batches, ParquetLimits limits)
    {
        using var writer = new ParquetFileWriter(limits);
        using var output = new PooledBytes(1_024);
        writer.Write(schema, batches, output, CancellationToken.None);
        return output.WrittenSpan.ToArray();
    }

    /// <param name="rows">Any number.</param>
    /// <param name="distinct">Values of each column but the last.</param>
    /// <param name="seed">Of all values.</param>
    public static RecordBatch Measured(int rows, int distinct, int seed)
    {
        var random = new Random(seed);
        var (real, number, device, counter) = (new DoubleArray.Builder(), new Int64Array.Builder(), new StringArray.Builder(), new StringArray.Builder());
        var count = 10_000_000L - random.Next(rows);
        for (var i = 0; i < rows; i++)
        {
            _ = random.Next(20) == 0 ? real.AppendNull() : real.Append((random.Next(distinct) - 1_000) / 100.0);
            number.Append(random.Next(distinct) * 0x1234_5678_9ABC_DEF);
            _ = random.Next(20) == 0 ? device.AppendNull() : device.Append("dev-" + random.Next(distinct).ToString(CultureInfo.InvariantCulture));
            counter.Append((count += random.Next(30) == 0 ? 2 : 1).ToString(CultureInfo.InvariantCulture));
        }

        var schema = new Schema(
            [new("real", DoubleType.Default, true), new("number", Int64Type.Default, false), new("device", StringType.Default, true), new("counter", StringType.Default, false)], null);
        return new RecordBatch(schema, [real.Build(), number.Build(), device.Build(), counter.Build()], rows);
    }

    private static string Name(int column) => "c" + column.ToString(CultureInfo.InvariantCulture);

    private static (Field Field, IArrowArray Array) Column(string name, int rows, Random random)
    {
        var nullable = random.Next(2) == 0;
        var nullShare = nullable ? random.Next(4) switch { 0 => 1.0, 1 => 0.3, 2 => 0.01, _ => 0 } : 0;
        bool IsNull() => random.NextDouble() < nullShare;
        switch (random.Next(6))
        {
            case 0:
                var text = new StringArray.Builder();
                var next = Texts(random);
                for (var i = 0; i < rows; i++)
                {
                    _ = IsNull() ? text.AppendNull() : text.Append(next(i));
                }

                return (new Field(name, StringType.Default, nullable), text.Build());
            case 1:
                var real = new DoubleArray.Builder();
                var nextReal = Reals(random);
                for (var i = 0; i < rows; i++)
                {
                    _ = IsNull() ? real.AppendNull() : real.Append(nextReal());
                }

                return (new Field(name, DoubleType.Default, nullable), real.Build());
            case 2:
                var flag = new BooleanArray.Builder();
                var often = random.NextDouble();
                for (var i = 0; i < rows; i++)
                {
                    _ = IsNull() ? flag.AppendNull() : flag.Append(random.NextDouble() < often);
                }

                return (new Field(name, BooleanType.Default, nullable), flag.Build());
            case 3:
                var small = new Int32Array.Builder();
                var nextSmall = Integers(random);
                for (var i = 0; i < rows; i++)
                {
                    _ = IsNull() ? small.AppendNull() : small.Append(unchecked((int)nextSmall(i)));
                }

                return (new Field(name, Int32Type.Default, nullable), small.Build());
            default:
                var number = new Int64Array.Builder();
                var nextNumber = Integers(random);
                for (var i = 0; i < rows; i++)
                {
                    _ = IsNull() ? number.AppendNull() : number.Append(nextNumber(i));
                }

                return (new Field(name, Int64Type.Default, nullable), number.Build());
        }
    }

    private static Func<int, string> Texts(Random random) => random.Next(6) switch
    {
        0 => _ => "lane-000000000000",
        1 => _ => _words[random.Next(_words.Length)],
        2 => i => "4957385034258420" + (i + random.Next(2)).ToString("D40", CultureInfo.InvariantCulture),
        3 => _ => new Guid(random.Next(), (short)random.Next(), (short)random.Next(), new byte[8]).ToString(),
        4 => _ => new string((char)random.Next('a', 'z'), random.Next(300)) + "ä😀\uD7FF"[..random.Next(2)],
        _ => i => _words[i / 60 % _words.Length],
    };

    private static Func<double> Reals(Random random) => random.Next(4) switch
    {
        0 => () => random.Next(500) / 10.0,
        1 => () => random.Next(5) switch { 0 => -0.0, 1 => 0.0, 2 => double.NaN, 3 => double.NegativeInfinity, _ => double.Epsilon },
        2 => () => -0.0,
        _ => random.NextDouble,
    };

    private static Func<int, long> Integers(Random random)
    {
        var at = random.NextInt64();
        var width = random.Next(1, 64);
        return random.Next(8) switch
        {
            0 => _ => at,
            1 => i => i / 50,
            2 => i => at + i + random.Next(2),
            3 => i => 1_767_225_600_000_000 + (i * 10_000L) + (1_000L * random.Next(500)),
            4 => _ => random.NextInt64() >> width,
            6 => i => 1_767_225_600_000_000 + (i * 10_000L) + (random.Next(90) == 0 ? -20_000_000 : 1_000L * random.Next(500)),
            5 => _ => random.Next(3) switch { 0 => long.MinValue, 1 => long.MaxValue, _ => 0 },
            _ => _ => 1_000_003L * random.Next(40),
        };
    }

}
