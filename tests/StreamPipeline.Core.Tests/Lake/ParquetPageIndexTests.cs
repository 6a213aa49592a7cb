using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using Apache.Arrow;
using Apache.Arrow.Types;
using CsCheck;
using StreamPipeline.Core.Lake.Parquet;

namespace StreamPipeline.Core.Tests.Lake;

/// <summary>What a reader skips by must never be wrong.</summary>
public sealed class ParquetPageIndexTests
{
    [Fact]
    public void Bounds_and_nulls_of_each_page_are_those_of_its_rows()
    {
        var indexed = 0;
        Gen.Select(ParquetColumns.Batches(500), ParquetColumns.Limits).Sample(
            (batch, limits) =>
            {
                var row = 0;
                var file = ParquetColumns.Write(batch, limits);
                foreach (var group in ParquetIndexes.Of(file))
                {
                    var rows = Math.Min(limits.GroupRowsMax, batch.Length - row);
                    for (var column = 0; column < group.Count; column++)
                    {
                        indexed += Check(batch.Column(column), group[column], row, rows);
                    }

                    row += rows;
                }

                Assert.Equal(batch.Length, row);
            },
            iter: 150,
            threads: 1,
            print: _ => "batch");
        Assert.True(indexed > 500, $"{indexed} pages had bounds");
    }

    [Fact]
    public void Pages_of_a_nested_column_begin_with_rows()
    {
        ArrowGen.Schemas.SelectMany(schema => Gen.Select(ArrowGen.MaybeSliced(schema, 60), ParquetColumns.Limits)).Sample(
            (batch, limits) =>
            {
                foreach (var chunk in ParquetIndexes.Of(ParquetColumns.Write(batch, limits)).SelectMany(group => group))
                {
                    Assert.Equal(chunk.Pages.Select(page => page.FirstRow).Distinct().Order(), chunk.Pages.Select(page => page.FirstRow));
                    Assert.All(chunk.Pages, page => Assert.InRange(page.FirstRow, 0, batch.Length - 1));
                }
            },
            iter: 200,
            print: _ => "batch");
    }

    [Fact]
    public void Long_text_bounds_are_cut_between_characters_and_stay_bounds()
    {
        string[] parts = ["a", "é", "\uD7FF", "\uE000", "😀", "\U0010FFFF", "z"];
        Gen.Select(Gen.Int[0, parts.Length - 1].Array[0, 80], Gen.Int[0, parts.Length - 1].Array[0, 80]).Sample(
            (left, right) =>
            {
                var texts = new[] { left, right }.Select(picks => Encoding.UTF8.GetBytes(string.Concat(picks.Select(i => parts[i])))).ToArray();
                var (min, max) = texts[0].AsSpan().SequenceCompareTo(texts[1]) <= 0 ? (texts[0], texts[1]) : (texts[1], texts[0]);
                if (ValueBounds.OfText(min, max) is not { } bounds)
                {
                    Assert.True(max.Length > ValueBounds.TextBytesMax && max.AsSpan(0, 60).IndexOf("a"u8) < 0 && max.AsSpan(0, 60).IndexOf("z"u8) < 0);
                    return;
                }

                var strict = new UTF8Encoding(false, throwOnInvalidBytes: true);
                strict.GetString(bounds.Min);
                strict.GetString(bounds.Max);
                Assert.InRange(bounds.Max.Length, 0, ValueBounds.TextBytesMax + 1);
                Assert.InRange(bounds.Min.Length, 0, ValueBounds.TextBytesMax);
                Assert.True(bounds.Min.AsSpan().SequenceCompareTo(min) <= 0);
                Assert.True(bounds.Max.AsSpan().SequenceCompareTo(max) >= 0);
                Assert.Equal(bounds.IsMinExact, bounds.Min.AsSpan().SequenceEqual(min));
                Assert.Equal(bounds.IsMaxExact, bounds.Max.AsSpan().SequenceEqual(max));
            },
            iter: 20_000);
    }

    /// <summary>How many pages have bounds.</summary>
    private static int Check(IArrowArray array, IndexedChunk chunk, int groupRow, int groupRows)
    {
        if (chunk.Columns is not { } columns)
        {
            return 0;
        }

        var indexed = 0;
        for (var page = 0; page < chunk.Pages.Count; page++)
        {
            var from = chunk.Pages[page].FirstRow;
            var end = page + 1 < chunk.Pages.Count ? chunk.Pages[page + 1].FirstRow : groupRows;
            var rows = Enumerable.Range((int)(groupRow + from), (int)(end - from)).ToArray();
            var present = rows.Where(row => !array.IsNull(row)).ToArray();
            Assert.Equal(rows.Length - present.Length, (long)columns.List(5)[page]);
            Assert.Equal(present.Length == 0, (bool)columns.List(1)[page]);
            if (present.Length > 0)
            {
                indexed++;
                var keys = present.Select(row => KeyOf(array, row)).Order(StringComparer.Ordinal).ToArray();
                AssertBound(keys[0], KeyOf(array.Data.DataType, (byte[])columns.List(2)[page]), isMin: true);
                AssertBound(keys[^1], KeyOf(array.Data.DataType, (byte[])columns.List(3)[page]), isMin: false);
            }
        }

        return indexed;
    }

    private static void AssertBound(string value, string bound, bool isMin)
    {
        // Text is in hex here: cut at 64 bytes it stays a bound, and shorter it is the value.
        if (value.Length <= 2 * ValueBounds.TextBytesMax)
        {
            Assert.Equal(value, bound);
        }
        else
        {
            Assert.True(isMin ? string.CompareOrdinal(bound, value) <= 0 : string.CompareOrdinal(bound, value) >= 0, $"{bound} for {value}");
        }
    }

    /// <summary>A text that orders as the value does.</summary>
    private static string KeyOf(IArrowArray array, int row) => array switch
    {
        StringArray a => Convert.ToHexString(a.GetBytes(row)),
        Int64Array a => Ordered(a.Values[row]),
        Int32Array a => Ordered(a.Values[row]),
        DoubleArray a => Ordered(a.Values[row]),
        BooleanArray a => a.GetValue(row)!.Value ? "1" : "0",
        _ => throw new NotSupportedException(array.Data.DataType.Name),
    };

    private static string KeyOf(IArrowType type, byte[] plain) => type switch
    {
        StringType => Convert.ToHexString(plain),
        Int64Type => Ordered(BinaryPrimitives.ReadInt64LittleEndian(plain)),
        Int32Type => Ordered(BinaryPrimitives.ReadInt32LittleEndian(plain)),
        DoubleType => Ordered(BinaryPrimitives.ReadDoubleLittleEndian(plain)),
        _ => plain[0].ToString(CultureInfo.InvariantCulture),
    };

    private static string Ordered(long value) => ((ulong)value ^ (1UL << 63)).ToString("x16", CultureInfo.InvariantCulture);

    private static string Ordered(double value)
    {
        // −0 and +0 are one bound.
        var bits = BitConverter.DoubleToInt64Bits(value == 0 ? 0.0 : value);
        return Ordered(bits < 0 ? ~bits ^ long.MinValue : bits);
    }
}
