using Apache.Arrow;
using Apache.Arrow.Types;
using CsCheck;
using StreamPipeline.Core.Lake;

namespace StreamPipeline.Core.Tests.Lake;

public sealed class RecordBatchesTests
{
    [Fact]
    public void Take_gives_the_named_rows_in_the_named_order()
    {
        ArrowGen.Schemas.SelectMany(schema => Gen.Select(ArrowGen.MaybeSliced(schema, 40), Gen.Int[0, int.MaxValue].Array[0, 60]))
            .Sample((batch, picks) =>
            {
                var rows = batch.Length == 0 ? [] : picks.Select(p => p % batch.Length).ToArray();
                var all = ArrowGen.Render(batch);
                var taken = RecordBatches.Take(batch, rows);
                Assert.Equal(rows.Select(r => all[r]), ArrowGen.Render(taken));
            }, iter: 300, print: _ => "batch");
    }

    [Fact]
    public void A_null_row_comes_after_all_others()
    {
        ArrowGen.Schemas.SelectMany(schema => ArrowGen.MaybeSliced(schema, 40)).Sample(batch =>
        {
            var columns = batch.Arrays.Select(RecordBatches.WithNullRow).ToArray();
            Assert.All(columns, column => Assert.True(column.IsNull(batch.Length)));
            using var rest = new RecordBatch(batch.Schema, columns.Select(column => RecordBatches.Take(column, [.. Enumerable.Range(0, batch.Length)])), batch.Length);
            Assert.Equal(ArrowGen.Render(batch), ArrowGen.Render(rest));
        }, iter: 200, print: _ => "batch");
    }

    [Fact]
    public void Concat_gives_all_rows_of_all_batches()
    {
        ArrowGen.Schemas.SelectMany(schema => ArrowGen.MaybeSliced(schema, 30).Array[1, 5])
            .Sample(batches =>
            {
                var joined = RecordBatches.Concat(batches);
                Assert.Equal(batches.SelectMany(b => ArrowGen.Render(b)), ArrowGen.Render(joined));
            }, iter: 300, print: _ => "batches");
    }

    [Fact]
    public void Staged_files_give_back_the_batch()
    {
        ArrowGen.Schemas.SelectMany(schema => ArrowGen.MaybeSliced(schema, 40)).Sample(batch =>
        {
            using var read = StagedFile.Decode(StagedFile.Encode(batch), "x");
            Assert.True(RecordBatches.SameSchema(batch.Schema, read.Schema));
            Assert.Equal(ArrowGen.Render(batch), ArrowGen.Render(read));
        }, iter: 200, print: _ => "batch");
    }

    [Fact]
    public void A_staged_file_with_any_byte_changed_or_cut_is_refused_by_name()
    {
        var content = StagedFile.Encode(RecordBatches.Empty(new Schema([new Field("a", Int64Type.Default, true)], null)));
        Gen.Select(Gen.Int[0, content.Length - 1], Gen.Int[1, 255]).Sample((at, change) =>
        {
            var damaged = content.ToArray();
            damaged[at] ^= (byte)change;
            var error = Assert.Throws<InvalidDataException>(() => StagedFile.Decode(damaged, "s/7.arrows"));
            Assert.Contains("'s/7.arrows'", error.Message, StringComparison.Ordinal);
            Assert.Throws<InvalidDataException>(() => StagedFile.Decode(content[..at], "s/7.arrows"));
        }, iter: 200);
    }

    [Fact]
    public void A_type_that_tables_do_not_hold_is_named_with_its_column()
    {
        var schema = new Schema([new Field("s", new StructType([new Field("m", new Time64Type(TimeUnit.Microsecond), true), new Field("n", NullType.Default, true)]), true)], null);
        var error = Assert.Throws<NotSupportedException>(() => RecordBatches.Empty(schema));
        Assert.Equal("column 's.n' has Arrow type null, which lake tables do not store", error.Message);
    }

    [Fact]
    public void A_row_outside_the_batch_is_refused()
    {
        var empty = RecordBatches.Empty(new Schema([new Field("a", Int64Type.Default, true)], null));
        var error = Assert.Throws<ArgumentOutOfRangeException>(() => RecordBatches.Take(empty, [0]));
        Assert.Contains("the batch has 0 rows", error.Message, StringComparison.Ordinal);
    }
}
