using Apache.Arrow;
using Apache.Arrow.Types;
using CsCheck;
using StreamPipeline.Core.Lake;
using StreamPipeline.Core.Lake.Parquet;

namespace StreamPipeline.Core.Tests.Lake;

/// <summary>When a dictionary is made, and that it costs little when it is not.</summary>
public sealed class ParquetDictionaryTests
{
    [Fact]
    public void The_number_of_distinct_values_is_foreseen_from_the_first_thousand()
    {
        Gen.Select(Gen.Int[2, 20_000], Gen.Int).Sample(
            (distinct, seed) =>
            {
                const int Total = 50_000;
                var random = new Random(seed);
                var seen = new HashSet<int>();
                var early = 0;
                for (var i = 0; i < Total; i++)
                {
                    early = i == 2_048 ? seen.Count : early;
                    seen.Add(random.Next(distinct));
                }

                Assert.InRange(DictionaryOdds.EstimateDistinct(2_048, early, Total), (seen.Count * 0.7) - 1, (seen.Count * 1.5) + 1);
            },
            iter: 100);
    }

    [Fact]
    public void Ids_that_never_repeat_are_given_up_after_the_first_look()
    {
        var odds = new DictionaryOdds(total: 100_000, entryBytes: 40, otherBytes: 20);
        Assert.False(odds.Pays(1_024, 1_024));
    }

    [Fact]
    public void Ids_of_five_thousand_devices_are_kept_although_most_are_new_at_first()
    {
        var odds = new DictionaryOdds(total: 100_000, entryBytes: 13, otherBytes: 6);
        Assert.True(odds.Pays(1_024, 928));
    }

    [Fact]
    public void Numbers_chosen_to_collide_cost_the_dictionary_and_not_the_time()
    {
        // The inverse of the hash's factor: these all come to the same slot of any table.
        const ulong Golden = 0x9E37_79B9_7F4A_7C15;
        var inverse = 1UL;
        for (var i = 0; i < 6; i++)
        {
            inverse *= 2 - (Golden * inverse);
        }

        using var dictionary = new NumberDictionary();
        using var codes = new PooledArray<int>();
        var colliding = new ulong[2_000];
        for (var i = 0; i < colliding.Length; i++)
        {
            colliding[i] = inverse * (ulong)(i % 100);
        }

        Assert.False(dictionary.TryBuild<ulong>(colliding, codes, otherBytes: 8));
        Assert.InRange(dictionary.Count, 1, 100);
        for (var i = 0; i < colliding.Length; i++)
        {
            colliding[i] = (ulong)(i % 100);
        }

        Assert.True(dictionary.TryBuild<ulong>(colliding, codes, otherBytes: 8));
        Assert.Equal(colliding, codes.Span.ToArray().Select(code => dictionary[code]));
    }

    [Fact]
    public void A_dictionary_is_in_order_when_all_of_it_comes_early_and_as_it_comes_when_not()
    {
        using var order = new DictionaryOrder();
        ulong[] entries = [.. Enumerable.Range(0, 100).Select(i => (ulong)(i * 37 % 100) << 50)];
        int[] codes = [.. Enumerable.Range(0, 1_000).Select(i => i % 100)];
        order.OfNumbers(entries, codes);
        Assert.Equal(entries.Order(), order.Entries.ToArray().Select(entry => entries[entry]));
        Assert.Equal(Enumerable.Range(0, 1_000).Select(i => entries[i % 100]), codes.Select(code => entries[order.Entries[code]]));

        codes = [.. Enumerable.Range(0, 1_000).Select(i => i / 10)];
        order.OfNumbers(entries, codes);
        Assert.Equal(Enumerable.Range(0, 100), order.Entries.ToArray());
        Assert.Equal(Enumerable.Range(0, 1_000).Select(i => i / 10), codes);
    }

    /// <summary>Of any width, equal in any digits; those that differ only in bits there is no room for stay as they came.</summary>
    [Fact]
    public void Any_entries_are_put_into_order() =>
        Gen.Select(Gen.Int[64, 3_000], Gen.Int[1, 64], Gen.Int[0, 63], Gen.ULong, Gen.Int).Sample((count, bits, shift, offset, seed) =>
        {
            var random = new Random(seed);
            ulong[] entries = [.. Enumerable.Range(0, count).Select(_ => ((ulong)random.NextInt64(long.MinValue, long.MaxValue) >> (64 - bits) << shift) + offset)];
            int[] codes = [.. Enumerable.Range(0, 8 * count).Select(i => i % count)];
            using var order = new DictionaryOrder();
            order.OfNumbers(entries, codes);
            Assert.Equal(Enumerable.Range(0, 8 * count).Select(i => i % count), codes.Select(code => order.Entries[code]));

            var least = entries.Min();
            var entryBits = 64 - System.Numerics.BitOperations.LeadingZeroCount((ulong)count);
            var lost = Math.Max(0, entryBits - System.Numerics.BitOperations.LeadingZeroCount(entries.Max() - least));
            Assert.Equal(Enumerable.Range(0, count).OrderBy(entry => (entries[entry] - least) >> lost), order.Entries.ToArray());
        });

    /// <summary>Bytes per row, the dictionary included; without order the first three take 1.72, 1.79 and 1.70.</summary>
    [Fact]
    public void Measurements_names_and_counters_take_hardly_more_than_they_tell()
    {
        const int Rows = 130_000;
        var file = ParquetColumns.Write(ParquetColumns.Measured(Rows, 5_000, seed: 1), ParquetLimits.Usual);
        var chunks = ParquetFooter.Read(file, out _).List(4).Cast<ThriftStruct>().Single().List(1).Cast<ThriftStruct>();
        var bytes = chunks.Select(chunk => (long)chunk.Struct(3)![7]! / (double)Rows).ToList();
        Assert.InRange(bytes[0], 0, 1.66);
        Assert.InRange(bytes[1], 0, 1.73);
        Assert.InRange(bytes[2], 0, 1.63);
        Assert.InRange(bytes[3], 0, 0.2);
    }

    [Fact]
    public void A_column_equal_to_an_earlier_one_is_a_copy_of_its_bytes()
    {
        var schema = new Schema([new Field("a", Int64Type.Default, false), new Field("b", Int64Type.Default, false), new Field("c", Int64Type.Default, true)], null);
        var numbers = new Int64Array.Builder().AppendRange(Enumerable.Range(0, 5_000).Select(i => i * 77_777L % 10_007)).Build();
        var file = ParquetColumns.Write(schema, [new RecordBatch(schema, [numbers, numbers, numbers], 5_000)], ParquetLimits.Usual);
        var pages = ParquetIndexes.Of(file)[0].Select(chunk => chunk.Pages[0]).ToArray();
        Assert.NotEqual(pages[0].Offset, pages[1].Offset);
        Assert.Equal(file[(int)pages[0].Offset..(int)(pages[0].Offset + pages[0].Bytes)], file[(int)pages[1].Offset..(int)(pages[1].Offset + pages[1].Bytes)]);

        // A nullable one has levels besides.
        Assert.NotEqual(pages[0].Bytes, pages[2].Bytes);
    }
}
