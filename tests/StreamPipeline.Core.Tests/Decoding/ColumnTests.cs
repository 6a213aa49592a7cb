using Apache.Arrow;
using Apache.Arrow.Types;
using CsCheck;
using StreamPipeline.Core.Decoding;
using StreamPipeline.Core.Decoding.Columns;
using StreamPipeline.Core.Tests.Contracts;
using Column = StreamPipeline.Core.Decoding.Columns.Column;

namespace StreamPipeline.Core.Tests.Decoding;

public sealed class ColumnTests
{
    [Fact]
    public void A_column_that_goes_back_equals_one_that_never_went_further() =>
        Gen.Select(Gen.Int[0, 3].Array[0, 40], Gen.Int[0, 3].Array[0, 40], Gen.Int[0, 40]).Sample((first, second, keep) =>
        {
            keep = Math.Min(keep, first.Length);
            var went = new BooleanColumn(nullable: true);
            var straight = new BooleanColumn(nullable: true);
            Append(went, first);
            went.Truncate(keep);
            Append(went, second);
            Append(straight, first[..keep]);
            Append(straight, second);

            var (left, right) = (went.Build(), straight.Build());
            Assert.Equal(right.NullCount, left.NullCount);
            Assert.Equal(Values(right), Values(left));
            Assert.Equal(right.Buffers[1].Span.ToArray(), left.Buffers[1].Span.ToArray());
        });

    /// <summary>Values, nulls one by one and many, and ways back, over several batches: what a batch was like decides how the next one's nulls are kept.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Columns_hold_what_was_appended_and_not_taken_back(bool nullable) =>
        Gen.Select(Gen.Select(Gen.Frequency((6, Gen.Const(0)), (1, Gen.Const(1)), (3, Gen.Const(2)), (1, Gen.Const(3))), Gen.Int[0, 20]).Array[0, 40].Array[1, 5], Gen.Int[0, 2]).Sample((batches, kind) =>
        {
            Column column = kind switch
            {
                0 => new BooleanColumn(nullable),
                1 => new FixedColumn<long>(Int64Type.Default, nullable),
                _ => new Utf8Column(nullable),
            };
            foreach (var batch in batches)
            {
                var expected = new List<int?>();
                foreach (var (what, number) in batch)
                {
                    switch (what)
                    {
                        case 0:
                            column.AppendNull();
                            expected.Add(nullable ? null : 0);
                            break;
                        case 1:
                            column.AppendNulls(number);
                            expected.AddRange(Enumerable.Repeat(nullable ? (int?)null : 0, number));
                            break;
                        case 2:
                            AppendValue(column, number);
                            expected.Add(number);
                            break;
                        default:
                            column.Truncate(expected.Count - Math.Min(number, expected.Count));
                            expected.RemoveRange(column.Count, expected.Count - column.Count);
                            break;
                    }

                    Assert.Equal(expected.Count, column.Count);
                }

                var array = ArrowArrayFactory.BuildArray(column.Build());
                Assert.Equal(expected.Count(value => value is null), array.NullCount);
                Assert.Equal(expected.Select(value => ValueOf(value, kind)), Enumerable.Range(0, array.Length).Select(i => ValueAt(array, i)));
            }
        });

    [Fact]
    public void Required_members_below_a_null_object_hold_no_nulls_of_their_own()
    {
        var contract = Schemas.Compile("""
            {"type":"object","properties":{"o":{"type":"object","required":["x","s"],"properties":{"x":{"type":"integer"},"s":{"type":"string"}}}}}
            """);
        using var decoder = new JsonDecoder(contract, new());
        decoder.Append("""{"o":{"x":1,"s":"a"}}{}"""u8.ToArray(), 0, 0, []);
        using var batch = decoder.Build([2]);

        var nested = Assert.IsType<StructArray>(batch.Columns.Column("o"));
        Assert.Equal(1, nested.NullCount);
        Assert.Equal([0, 0], nested.Fields.Select(field => field.NullCount));
    }

    [Fact]
    public void An_empty_batch_has_all_columns()
    {
        using var decoder = new JsonDecoder(Schemas.OfValue("""{"type":"array","items":{"type":"string"}}"""), new());
        using var batch = decoder.Build([]);

        Assert.Equal((0, 2), (batch.RowCount, batch.Columns.ColumnCount));
    }

    private static void AppendValue(Column column, int number)
    {
        switch (column)
        {
            case BooleanColumn booleans:
                booleans.Append(number % 2 == 1);
                break;
            case FixedColumn<long> numbers:
                // As the plans do it.
                if (!numbers.TryAppend(number))
                {
                    numbers.Append(number);
                }

                break;
            case Utf8Column texts:
                texts.Append(System.Text.Encoding.UTF8.GetBytes(new string('x', number)));
                break;
        }
    }

    private static object? ValueOf(int? value, int kind) => value is not { } number ? null : kind switch
    {
        0 => number % 2 == 1,
        1 => (long)number,
        _ => new string('x', number),
    };

    private static object? ValueAt(IArrowArray array, int index) => array switch
    {
        BooleanArray booleans => booleans.GetValue(index),
        Int64Array numbers => numbers.GetValue(index),
        _ => ((StringArray)array).GetString(index),
    };

    private static void Append(BooleanColumn column, int[] values)
    {
        foreach (var value in values)
        {
            if (value == 0)
            {
                column.AppendNull();
            }
            else
            {
                column.Append(value == 1);
            }
        }
    }

    private static List<bool?> Values(ArrayData data)
    {
        var array = new BooleanArray(data);
        return [.. Enumerable.Range(0, array.Length).Select(array.GetValue)];
    }
}
