using Apache.Arrow;
using CsCheck;
using StreamPipeline.Core.Decoding;
using StreamPipeline.Core.Decoding.Columns;
using StreamPipeline.Core.Tests.Contracts;

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
