using CsCheck;
using StreamPipeline.Core.Lake;
using StreamPipeline.Core.Lake.Parquet;

namespace StreamPipeline.Core.Tests.Lake;

/// <summary>Packed numbers and differences, unpacked bit by bit as the format describes them.</summary>
public sealed class PackedNumbersTests
{
    [Fact]
    public void Numbers_of_any_width_are_unpacked_bit_by_bit()
    {
        Gen.Select(Gen.Int[0, 32], Gen.Int[0, 40], Gen.Int).Sample((width, groups, seed) =>
        {
            var random = new Random(seed);
            var values = new uint[8 * groups];
            foreach (ref var value in values.AsSpan())
            {
                value = (uint)(random.NextInt64() & ((1L << width) - 1));
            }

            using var output = new PooledBytes(16);
            BitPacking.Pack(values, width, output);
            Assert.Equal(groups * width, output.WrittenCount);
            var bytes = output.WrittenSpan;
            for (var i = 0; i < values.Length; i++)
            {
                Assert.Equal(values[i], (uint)BitsAt(bytes, (long)i * width, width));
            }
        });
    }

    [Fact]
    public void Differences_come_back_whatever_plan_their_words_were_written_by()
    {
        Gen.Select(Gen.Long, Gen.Long, Gen.Int[3, 8], Values).Sample((least, outlying, bytes, values) =>
        {
            var plan = new DeltaWords<long>(Math.Max(least, outlying), Math.Min(least, outlying), bytes);
            Assert.Equal(values, Written(output => DeltaBinaryPacked.Write<long>(values, plan, output)));
            var small = Array.ConvertAll(values, value => unchecked((int)value));
            var smallPlan = new DeltaWords<int>(unchecked((int)least), int.MinValue, Math.Min(bytes, 4));
            Assert.Equal(small, Array.ConvertAll(Written(output => DeltaBinaryPacked.Write<int>(small, smallPlan, output)), value => unchecked((int)value)));
        });
    }

    [Fact]
    public void Differences_come_back_by_the_plan_made_for_them_and_without_one()
    {
        Values.Where(values => values.Length > 1).Sample(values =>
        {
            Assert.Equal(values, Written(output => DeltaBinaryPacked.Write<long>(values, DeltaWords<long>.Of(values), output)));
            Assert.Equal(values, Written(output => DeltaBinaryPacked.Write<long>(values, output)));
        });
    }

    [Fact]
    public void Blocks_with_an_outlier_have_the_words_of_each_other_and_the_rest_have_three_bytes()
    {
        var random = new Random(7);
        var values = new long[128 * 200];
        for (var i = 0; i < values.Length; i++)
        {
            values[i] = (i * 10_000L) + (1_000L * random.Next(500)) - (i % 1_280 == 1_000 ? 20_000_000 : 0);
        }

        var plan = DeltaWords<long>.Of(values);
        Assert.Equal(3, plan.Bytes);
        Assert.InRange(plan.Least, -500_000, -400_000);
        Assert.InRange(plan.Outlying, -20_500_000, -19_500_000);
    }

    [Fact]
    public void The_range_of_differences_is_that_of_one_after_the_other()
    {
        Values.Where(values => values.Length > 1).Sample(values =>
        {
            var differences = values.Skip(1).Zip(values, (value, before) => unchecked(value - before)).ToList();
            Assert.Equal((differences.Min(), differences.Max()), DeltaWords<long>.RangeOf(values));
        });
    }

    private static Gen<long[]> Values { get; } = Gen.OneOf(
        Gen.Long.Array[0, 400],
        Gen.Long[0, 1_000].Array[0, 400],
        Gen.Select(Gen.Long[0, 1_000], Gen.Frequency((60, Gen.Const(0L)), (1, Gen.Long))).Array[0, 700].Select(pairs => Array.ConvertAll(pairs, pair => unchecked((1_000 * pair.Item1) + pair.Item2))));

    private static long[] Written(Action<PooledBytes> write)
    {
        using var output = new PooledBytes(16);
        write(output);
        var reader = new Reader(output.WrittenSpan.ToArray());
        var values = reader.Differences();
        Assert.Equal(output.WrittenCount, reader.At);
        return values;
    }

    private static ulong BitsAt(ReadOnlySpan<byte> bytes, long from, int count)
    {
        ulong value = 0;
        for (var i = 0; i < count; i++)
        {
            value |= (ulong)((bytes[(int)((from + i) >> 3)] >> (int)((from + i) & 7)) & 1) << i;
        }

        return value;
    }

    /// <summary>DELTA_BINARY_PACKED by the letter of Encodings.md.</summary>
    private sealed class Reader(byte[] bytes)
    {
        public int At { get; private set; }

        public long[] Differences()
        {
            var (block, minis) = ((int)Varint(), (int)Varint());
            var values = new long[(int)Varint()];
            var value = ZigZag();
            for (var i = 0; i < values.Length;)
            {
                values[i++] = value;
                if (i == values.Length)
                {
                    break;
                }

                var least = ZigZag();
                var widths = bytes.AsSpan(At, minis);
                At += minis;
                for (var mini = 0; mini < minis && i < values.Length; mini++)
                {
                    var packed = bytes.AsSpan(At, block / minis * widths[mini] / 8);
                    At += packed.Length;
                    for (var j = 0; j < block / minis && i < values.Length; j++)
                    {
                        value = unchecked(value + least + (long)BitsAt(packed, (long)j * widths[mini], widths[mini]));
                        values[i++] = value;
                    }
                }

                // The last value of a block is the one that the next begins behind.
                i -= i < values.Length ? 1 : 0;
            }

            return values;
        }

        private ulong Varint()
        {
            ulong value = 0;
            for (var shift = 0; ; shift += 7)
            {
                value |= (ulong)(bytes[At] & 127) << shift;
                if (bytes[At++] < 128)
                {
                    return value;
                }
            }
        }

        private long ZigZag()
        {
            var value = Varint();
            return (long)(value >> 1) ^ -(long)(value & 1);
        }
    }
}
