using System.Globalization;
using System.Text;
using Apache.Arrow;
using Apache.Arrow.Types;
using CsCheck;
using StreamPipeline.Core.Decoding.Columns;
using StreamPipeline.Core.Lake;
using StreamPipeline.Core.Lake.Parquet;
using StreamPipeline.Core.Lake.Staging;

namespace StreamPipeline.Core.Tests.Lake;

/// <summary>Numbers and UUIDs are staged in fewer bytes where they come back to the bit, and as they are where not.</summary>
public sealed class StagedNumbersTests
{
    private static readonly long[] _outer = [long.MinValue, long.MaxValue, 0, -1, uint.MaxValue, int.MinValue];

    private static readonly Gen<long> _whole = Gen.Frequency(
        (4, Gen.Select(Gen.Long, Gen.Int[1, 63], (value, shift) => value >> shift)), (1, Gen.Int[0, 5].Select(i => _outer[i])));

    /// <summary>Decimals of some places; among them, now and then, what is none.</summary>
    private static readonly Gen<double[]> _reals = Gen.Select(Gen.Int[0, 12], Gen.Int[1, 60], Gen.Int[0, 3], Gen.Int).Select((places, bits, strange, seed) =>
    {
        var random = new Random(seed);
        double[] others = [-0.0, double.NaN, double.PositiveInfinity, 0.1 + 0.2, double.Epsilon, 1e300, 2_147_483_648, BitConverter.Int64BitsToDouble(-1)];
        var values = new double[random.Next(1, 700)];
        for (var i = 0; i < values.Length; i++)
        {
            var digits = (random.NextInt64() >> (63 - bits)) * (random.Next(2) == 0 ? 1 : -1);
            // More places later on, or at any time.
            var most = seed % 2 == 0 ? places : places * i / values.Length;
            values[i] = double.Parse(digits.ToString(CultureInfo.InvariantCulture) + "E-" + random.Next(most + 1).ToString(CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);
        }

        if (strange == 0)
        {
            values[random.Next(values.Length)] = others[random.Next(others.Length)];
        }

        return values;
    });

    [Fact]
    public void Whole_numbers_and_times_come_back_whatever_they_are_counted_from() =>
        Gen.Select(_whole, Gen.Select(Gen.ULong, Gen.Int[0, 63], (value, shift) => value >> shift).Array[1, 700], Gen.Bool, Gen.Bool, Gen.Int[0, 5]).Sample((from, distances, isTime, compressed, nulls) =>
        {
            var values = distances.Select(distance => unchecked(from + (long)distance)).ToArray();
            var validity = Validity(values.Length, nulls);
            var data = Data(isTime ? SilverTable.Timestamp : Int64Type.Default, values, validity);
            AssertSame(data, compressed);
            if (unchecked((ulong)(values.Max() - values.Min())) <= uint.MaxValue && !isTime)
            {
                using var columns = new CompactColumns();
                Assert.IsNotType<Int64Type>(columns.Of(Batch(data)).Schema.FieldsList[0].DataType);
            }
        }, iter: 1_000);

    /// <summary>At each number up to which a width is enough, and beside it.</summary>
    [Theory]
    [InlineData(byte.MaxValue)]
    [InlineData(ushort.MaxValue)]
    [InlineData(uint.MaxValue)]
    public void Ranges_that_fill_a_width_come_back(long range)
    {
        for (var distance = range - 1; distance <= range + 1; distance++)
        {
            foreach (var from in (long[])[0, -range, -range / 2, 5_000_000_000, long.MinValue, long.MaxValue - distance])
            {
                foreach (var order in (long[])[0, distance])
                {
                    long[] values = [from + order, from + (distance / 2), from + distance - order];
                    AssertSame(Data(Int64Type.Default, values, []), compressed: false);
                    AssertSame(Data(DoubleType.Default, values.Select(value => value / 100.0).ToArray(), []), compressed: false);
                }
            }
        }
    }

    [Fact]
    public void Doubles_come_back_to_the_bit() =>
        Gen.Select(_reals, Gen.Bool, Gen.Int[0, 5]).Sample((values, compressed, nulls) => AssertSame(Data(DoubleType.Default, values, Validity(values.Length, nulls)), compressed), iter: 2_000);

    [Fact]
    public void Decimals_are_whole_numbers_of_as_few_places_as_they_have() =>
        Gen.Select(Gen.Int[0, 9], Gen.Int.Array[1, 700]).Sample((places, digits) =>
        {
            var values = digits.Select(digit => double.Parse($"{digit}E-{places}", CultureInfo.InvariantCulture)).ToArray();
            var scaled = new int[values.Length];
            var isBeyond = digits.Contains(int.MinValue);
            var fewest = digits.All(digit => digit == 0) ? 0 : Enumerable.Range(0, places + 1).First(fewer => digits.All(digit => digit % (long)Math.Pow(10, places - fewer) == 0));
            var decimals = ScaledReals.TryScale(values, scaled);
            Assert.Equal(isBeyond ? -1 : fewest, decimals);
            if (decimals >= 0)
            {
                Assert.Equal(digits.Select(digit => digit / (int)Math.Pow(10, places - fewest)), scaled);
            }
        }, iter: 1_000);

    [Theory]
    [InlineData(double.NaN)]
    [InlineData(-0.0)]
    [InlineData(double.PositiveInfinity)]
    [InlineData(0.1 + 0.2)]
    [InlineData(2_147_483_648.0)]
    [InlineData(1e-10)]
    public void One_number_that_is_no_such_decimal_keeps_the_column_as_it_is(double other)
    {
        for (var at = 0; at < 300; at += 13)
        {
            var values = Enumerable.Range(0, 300).Select(i => i / 100.0).ToArray();
            values[at] = other;
            Assert.Equal(-1, ScaledReals.TryScale(values, new int[values.Length]));
            values[at] = 0.5;
            Assert.Equal(2, ScaledReals.TryScale(values, new int[values.Length]));
        }
    }

    [Fact]
    public Task A_table_file_of_staged_numbers_has_the_numbers() =>
        Gen.Select(_reals, _whole.Array[700], Gen.Int[0, 5], Gen.Int[0, 5], ParquetColumns.Limits).SampleAsync(async (reals, whole, nulls, otherNulls, limits) =>
        {
            using var memory = new ColumnBuffers();
            var rows = reals.Length;
            var number = Data(Int64Type.Default, whole[..rows], Validity(rows, otherNulls));
            var members = new StructType([new("n", Int64Type.Default, true), new("r", DoubleType.Default, true), new("id", StringType.Default, false)]);
            var group = new ArrayData(members, rows, 0, 0, [ArrowBuffer.Empty], [number, Data(DoubleType.Default, reals, Validity(rows, nulls)), Texts(Ids(rows))]);
            using var batch = Batch(number, Data(DoubleType.Default, reals, Validity(rows, nulls)), group, Texts(Ids(rows)));
            var staged = ParquetColumns.Staged(batch, memory);
            Assert.True(RecordBatches.SameSchema(batch.Schema, staged.Schema));

            // What is held until a fold writes it counts as what it becomes, but for the ends of texts. A single text is a dictionary.
            Assert.True(rows == 1 || RecordBatches.ByteSize(staged) == RecordBatches.ByteSize(batch) - (2 * 4 * rows));
            var expected = await ParquetTableFile.Read(ParquetColumns.Write(batch, limits), CancellationToken.None);
            Assert.Equal(ArrowGen.Render(expected), ArrowGen.Render(await ParquetTableFile.Read(ParquetColumns.Write(staged, limits), CancellationToken.None)));
        }, iter: 300);

    /// <summary>Batches that differ in their decimal places, in what they are counted from and in their nulls.</summary>
    [Fact]
    public void Decimals_in_a_table_are_what_they_are_by_hashing_in_order() =>
        Gen.Select(Gen.Int[0, 4], Gen.Int[0, 20], Gen.Int[0, 3], Gen.Int[1, 1_500], Gen.Int).Array[1, 6].Sample(parts =>
        {
            using var memory = new ColumnBuffers();
            using var scaled = new ScaledValues();
            using var hashed = new RealValues<double>();
            var columns = new List<ArrayData>();
            foreach (var (places, bits, nulls, rows, seed) in parts)
            {
                var random = new Random(seed);
                var values = Enumerable.Range(0, rows).Select(_ => (random.Next(1 << bits) - (random.Next(2) << bits / 2)) / Math.Pow(10, places)).ToArray();
                columns.Add(ParquetColumns.Staged(Batch(Data(DoubleType.Default, values, Validity(rows, nulls))), memory).Column(0).Data);
            }

            if (!scaled.TryBegin(columns))
            {
                var numbers = columns.SelectMany(column => ((DoubleArray)ArrowArrayFactory.BuildArray(new NumberForm(column).Spell())).Values.ToArray()).ToList();
                Assert.True(Math.Round((numbers.Max() - numbers.Min()) * Math.Pow(10, columns.Max(column => new NumberForm(column).Decimals!.Value))) >= 1 << 18);
                return;
            }

            foreach (var column in columns)
            {
                int[] present = [.. Enumerable.Range(0, column.Length).Where(row => column.NullCount == 0 || Apache.Arrow.BitUtility.GetBit(column.Buffers[0].Span, row))];
                foreach (LeafValues values in (LeafValues[])[scaled, hashed])
                {
                    if (column.NullCount == 0)
                    {
                        values.AppendRange(column, 0, column.Length);
                    }
                    else
                    {
                        values.Append(column, present);
                    }
                }
            }

            var pays = scaled.Pays();
            hashed.ChooseEncoding();
            Assert.Equal(hashed.Encoding == ValueEncoding.RleDictionary || hashed.Count == 0, pays);
            if (!pays)
            {
                return;
            }

            scaled.ChooseEncoding();
            Assert.Equal((hashed.Count, hashed.DictionaryCount), (scaled.Count, scaled.DictionaryCount));
            for (var from = 0; from < scaled.Count; from += 97)
            {
                var (some, same) = (scaled.BoundsOf(from, Math.Min(97, scaled.Count - from))!, hashed.BoundsOf(from, Math.Min(97, scaled.Count - from))!);
                Assert.Equal((Convert.ToHexString(same.Min), Convert.ToHexString(same.Max)), (Convert.ToHexString(some.Min), Convert.ToHexString(some.Max)));
            }

            using var entries = new PooledBytes(1_024);
            scaled.WriteDictionary(entries);
            var order = System.Runtime.InteropServices.MemoryMarshal.Cast<byte, double>(entries.WrittenSpan).ToArray();
            Assert.Equal(order.Distinct().Order(), order);
        }, iter: 500, print: parts => string.Join("; ", parts));

    [Theory]
    [InlineData((1 << 18) - 1, true)]
    [InlineData(1 << 18, false)]
    [InlineData((1 << 18) + 1, false)]
    public void A_table_has_room_for_so_many_numbers_and_no_more(int range, bool fits)
    {
        using var memory = new ColumnBuffers();
        using var values = new ScaledValues();
        double[] numbers = [-1.5, .. Enumerable.Repeat((range - 15) / 10.0, 2_000)];
        var column = ParquetColumns.Staged(Batch(Data(DoubleType.Default, numbers, [])), memory).Column(0).Data;
        Assert.Equal(fits, values.TryBegin([column]));
        if (fits)
        {
            values.AppendRange(column, 0, column.Length);
            Assert.True(values.Pays());
            Assert.Equal(2, values.DictionaryCount);
        }
    }

    [Fact]
    public void Uuids_are_sixteen_bytes()
    {
        var texts = Ids(1_000);
        var bytes = Encoding.ASCII.GetBytes(string.Concat(texts));
        var packed = new byte[16_000];
        Assert.True(UuidTexts.TryPack(bytes, packed));
        Assert.Equal(texts.SelectMany(text => Convert.FromHexString(text.Replace("-", "", StringComparison.Ordinal))), packed);
        var spelled = new byte[36_000];
        UuidTexts.Spell(packed, spelled);
        Assert.Equal(bytes, spelled);
        Assert.InRange(StagedFile.Encode(Batch(Texts(texts))).Length, 16_000, 17_000);
    }

    /// <summary>Every byte that is not what it would be spelled as, in every place.</summary>
    [Fact]
    public void What_would_be_spelled_otherwise_is_no_uuid()
    {
        var text = "01234567-89ab-cdef-0123-456789abcdef"u8.ToArray();
        byte[] texts = [.. text, .. text, .. text];
        for (var at = 0; at < 36; at++)
        {
            for (var other = 0; other < 256; other++)
            {
                var isRight = at is 8 or 13 or 18 or 23 ? other == '-' : other is (>= '0' and <= '9') or (>= 'a' and <= 'f');
                texts[36 + at] = (byte)other;
                Assert.Equal(isRight, UuidTexts.TryPack(texts, new byte[48]));
            }

            texts[36 + at] = text[at];
        }
    }

    [Theory]
    [InlineData("01234567-89AB-cdef-0123-456789abcdef")]
    [InlineData("01234567-89ab-cdef-0123-456789abcdeg")]
    [InlineData("01234567089ab-cdef-0123-456789abcdef")]
    public void Texts_that_only_look_like_uuids_come_back_as_they_were(string other)
    {
        var texts = Ids(300);
        texts[17] = other;
        using var read = StagedFile.Decode(StagedFile.Encode(Batch(Texts(texts))), "x");
        Assert.Equal(texts, Enumerable.Range(0, 300).Select(row => ((StringArray)read.Column(0)).GetString(row)));
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(10)]
    [InlineData(long.MaxValue)]
    public void Decimal_places_that_nobody_writes_are_damage(long decimals)
    {
        var field = new Field("r", Int8Type.Default, true, [new(CompactNumbers.Origin, "5"), new(CompactNumbers.Decimals, decimals.ToString(CultureInfo.InvariantCulture))]);
        using var batch = new RecordBatch(new Schema([field], null), [new Int8Array.Builder().Append(1).Build()], 1);
        Assert.Contains("'r'", Assert.Throws<InvalidDataException>(() => RestoredColumns.Compact(batch, memory: null)).Message, StringComparison.Ordinal);
    }

    private static void AssertSame(ArrayData data, bool compressed)
    {
        using var batch = Batch(data);
        using var read = StagedFile.Decode(StagedFile.Encode(batch, compressed), "x");
        Assert.True(RecordBatches.SameSchema(batch.Schema, read.Schema));
        Assert.Equal(data.NullCount, read.Column(0).NullCount);
        for (var row = 0; row < data.Length; row++)
        {
            Assert.Equal(batch.Column(0).IsNull(row), read.Column(0).IsNull(row));
        }

        // To the bit, what nulls stand on included: nobody is to tell from a file that it was staged.
        Assert.Equal(data.Buffers[1].Span, read.Column(0).Data.Buffers[1].Span[..data.Buffers[1].Length]);
    }

    private static RecordBatch Batch(params ArrayData[] columns) =>
        new(new Schema([.. columns.Select((data, i) => new Field($"c{i}", data.DataType, nullable: true))], null), columns.Select(ArrowArrayFactory.BuildArray), columns[0].Length);

    private static ArrayData Data<T>(IArrowType type, T[] values, byte[] validity)
        where T : unmanaged
    {
        var bits = validity.Length == 0 ? ArrowBuffer.Empty : new ArrowBuffer(validity);
        var nulls = Enumerable.Range(0, validity.Length == 0 ? 0 : values.Length).Count(row => (validity[row / 8] >> (row % 8) & 1) == 0);
        return new ArrayData(type, values.Length, nulls, 0, [bits, new ArrowBuffer(System.Runtime.InteropServices.MemoryMarshal.AsBytes(values.AsSpan()).ToArray())]);
    }

    private static byte[] Validity(int rows, int nulls)
    {
        var bits = new byte[nulls == 0 ? 0 : (rows + 7) / 8];
        new Random(nulls).NextBytes(bits);
        return bits;
    }

    private static string[] Ids(int rows)
    {
        var random = new Random(rows);
        var bytes = new byte[16];
        return [.. Enumerable.Range(0, rows).Select(row =>
        {
            random.NextBytes(bytes);
            return new Guid(bytes).ToString();
        })];
    }

    private static ArrayData Texts(string[] texts) => new StringArray.Builder().AppendRange(texts).Build().Data;
}
