using System.Buffers.Binary;
using System.IO.Hashing;
using System.Text;
using System.Text.Json;
using Apache.Arrow;
using Apache.Arrow.Compression;
using Apache.Arrow.Ipc;
using Apache.Arrow.Types;
using CsCheck;
using StreamPipeline.Core.Columns;
using StreamPipeline.Core.Commit;
using StreamPipeline.Core.Decoding.Columns;
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
    public void Schemas_are_the_same_when_their_json_is() =>
        Gen.Select(ArrowGen.Schemas, ArrowGen.Schemas, Gen.Int).Sample((schema, other, seed) =>
        {
            var json = SchemaJson.Write(schema);
            Assert.True(RecordBatches.SameSchema(schema, SchemaJson.Read(JsonDocument.Parse(json).RootElement)));
            Assert.Equal(json == SchemaJson.Write(other), RecordBatches.SameSchema(schema, other));
            var changed = new Schema(Changed(schema.FieldsList, new Random(seed)), null);
            Assert.NotEqual(json, SchemaJson.Write(changed));
            Assert.False(RecordBatches.SameSchema(schema, changed));
        }, iter: 1_000, print: _ => "schemas");

    [Fact]
    public void Runs_of_rows_are_taken_into_rented_memory_whatever_was_in_it()
    {
        ArrowGen.Schemas.SelectMany(schema => Gen.Select(ArrowGen.MaybeSliced(schema, 200), Gen.Int, Gen.Int[0, 60])).Sample(
            (batch, seed, percent) =>
            {
                var random = new Random(seed);
                var rows = Enumerable.Range(0, batch.Length).Where(_ => random.Next(100) >= percent).ToArray();
                using (var dirty = new ColumnBuffers())
                {
                    for (var i = 0; i < 40; i++)
                    {
                        dirty.Rent(16 << (i % 10)).AsSpan().Fill(0xA5);
                    }
                }

                using var memory = new ColumnBuffers();
                var runs = new RowRun[rows.Length];
                var all = ArrowGen.Render(batch);
                var taken = RecordBatches.Take(batch, runs.AsSpan(0, RowRun.Of(rows, runs)), rows.Length, memory);
                Assert.Equal(rows.Select(row => all[row]), ArrowGen.Render(taken));
                Assert.All(taken.Arrays, array => Assert.Equal(Enumerable.Range(0, taken.Length).Count(array.IsNull), array.NullCount));
            },
            iter: 300,
            print: _ => "batch");
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
        Gen.Select(ArrowGen.Schemas.SelectMany(schema => ArrowGen.MaybeSliced(schema, 40)), Gen.Bool).Sample((batch, compressed) =>
        {
            using var read = StagedFile.Decode(StagedFile.Encode(batch, compressed), "x");
            Assert.True(RecordBatches.SameSchema(batch.Schema, read.Schema));
            Assert.Equal(ArrowGen.Render(batch), ArrowGen.Render(read));
        }, iter: 200, print: _ => "batch");
    }

    [Fact]
    public void Two_batches_in_a_staged_file_are_read_and_checked_each_for_itself()
    {
        var batches = ArrowGen.Schemas.SelectMany(schema => ArrowGen.MaybeSliced(schema, 40));
        Gen.Select(batches, batches, Gen.Bool, Gen.Int[0, int.MaxValue]).Sample((silver, quarantine, compressed, place) =>
        {
            using var file = StagedFile.Room(silver, quarantine);
            StagedRef[] parts = [StagedFile.Append(silver, "x", compressed, file)!, StagedFile.Append(quarantine, "x", compressed, file)!];
            RecordBatch[] written = [silver, quarantine];
            for (var part = 0; part < 2; part++)
            {
                using var read = StagedFile.Decode(file.WrittenMemory, parts[part]);
                Assert.Equal(ArrowGen.Render(written[part]), ArrowGen.Render(read));
                var damaged = file.WrittenSpan.ToArray();
                damaged[parts[part].Offset + (place % parts[part].Bytes)] ^= 1;
                Assert.Throws<InvalidDataException>(() => StagedFile.Decode(damaged, parts[part]));
                Assert.Throws<InvalidDataException>(() => StagedFile.Decode(damaged.AsMemory(0, (int)(parts[part].Offset + (place % parts[part].Bytes))), parts[part]));
                using var other = StagedFile.Decode(damaged, parts[1 - part]);
                Assert.Equal(written[1 - part].Length, other.Length);
            }

            Assert.Equal(0, parts[1].Offset % 64);
            Assert.Null(StagedFile.Append(null, "x", compressed, file));
        }, iter: 100, print: _ => "batches");
    }

    /// <summary>The magic's last digit tells versions apart, which read columns in different ways.</summary>
    [Fact]
    public void Every_flipped_bit_of_a_staged_files_trailer_is_noticed()
    {
        ArrowGen.Schemas.SelectMany(schema => ArrowGen.MaybeSliced(schema, 40)).Sample(batch =>
        {
            var file = StagedFile.Encode(batch).ToArray();
            for (var bit = 0; bit < 12 * 8; bit++)
            {
                file[^(1 + (bit / 8))] ^= (byte)(1 << (bit % 8));
                Assert.Throws<InvalidDataException>(() => StagedFile.Decode(file, "x"));
                file[^(1 + (bit / 8))] ^= (byte)(1 << (bit % 8));
            }
        }, iter: 5, print: _ => "batch");
    }

    [Fact]
    public void Staged_files_of_the_formats_before_are_read_and_checked()
    {
        Gen.Select(ArrowGen.Schemas.SelectMany(schema => ArrowGen.MaybeSliced(schema, 40)), Gen.Int[0, int.MaxValue], Gen.Int[1, 3]).Sample((batch, place, version) =>
        {
            var before = Before(batch, version);
            using var read = StagedFile.Decode(before, "x");
            Assert.Equal(ArrowGen.Render(batch), ArrowGen.Render(read));

            before[place % (before.Length - 12)] ^= 1;
            Assert.Throws<InvalidDataException>(() => StagedFile.Decode(before, "x"));
        }, iter: 100, print: _ => "batch");
    }

    [Fact]
    public void A_staged_file_of_a_later_version_is_refused_as_such()
    {
        var file = StagedFile.Encode(ParquetColumns.Measured(50, 20, seed: 1)).ToArray();
        file[^1]++;
        var error = Assert.Throws<InvalidDataException>(() => StagedFile.Decode(file, "x"));
        Assert.Contains("'x' is of version 5, this one reads up to 4", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Compact_texts_of_the_format_before_are_read() =>
        ParquetColumns.Batches(600).Sample(batch =>
        {
            using var read = StagedFile.Decode(Before(batch, version: 3), "x");
            Assert.True(RecordBatches.SameSchema(batch.Schema, read.Schema));
            Assert.Equal(ArrowGen.Render(batch), ArrowGen.Render(read));
        }, iter: 100, print: _ => "batch");

    /// <summary>With plain columns: SPA1 was compressed and hashed by XxHash64, SPA2 neither; SPA3 had compact texts, in which nothing has changed since.</summary>
    private static byte[] Before(RecordBatch batch, int version)
    {
        var stream = version == 3 ? StagedFile.Encode(batch).ToArray()[..^12] : Plain(batch, version == 1);
        var trailer = new byte[12];
        BinaryPrimitives.WriteUInt64LittleEndian(trailer, version == 1 ? XxHash64.HashToUInt64(stream) : XxHash3.HashToUInt64(stream, version == 2 ? 0 : 3));
        Encoding.ASCII.GetBytes($"SPA{version}").CopyTo(trailer, 8);
        return [.. stream, .. trailer];
    }

    private static byte[] Plain(RecordBatch batch, bool compressed)
    {
        var content = new MemoryStream();
        var options = compressed
            ? new IpcOptions { CompressionCodec = CompressionCodecType.Zstd, CompressionCodecFactory = new CompressionCodecFactory(), CompressionLevel = 1 }
            : new IpcOptions();
        using (var writer = new ArrowStreamWriter(content, batch.Schema, leaveOpen: true, options))
        {
            writer.WriteRecordBatch(batch);
            writer.WriteEnd();
        }

        return content.ToArray();
    }

    [Fact]
    public void A_staged_file_is_a_third_of_its_size_for_a_store_behind_a_network()
    {
        using var builder = new Int64Array.Builder().AppendRange(Enumerable.Range(0, 10_000).Select(i => i % 100L << 40)).Build();
        using var batch = new RecordBatch(new Schema([new Field("a", Int64Type.Default, true)], null), [builder], builder.Length);
        Assert.InRange(StagedFile.Encode(batch).Length, 80_000, 82_000);
        Assert.InRange(StagedFile.Encode(batch, compressed: true).Length, 1, 80_000 / 3);
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

    /// <summary>One field, at any depth, of another name, nullability or type, or one less.</summary>
    private static List<Field> Changed(IReadOnlyList<Field> fields, Random random)
    {
        List<Field> changed = [.. fields];
        if (changed.Count == 0)
        {
            return [new Field("more", Int64Type.Default, nullable: true)];
        }

        var at = random.Next(changed.Count);
        var field = changed[at];
        switch (random.Next(4))
        {
            case 0 when field.DataType is StructType nested:
                changed[at] = new Field(field.Name, new StructType(Changed(nested.Fields, random)), field.IsNullable);
                break;
            case 0 when field.DataType is ListType list:
                changed[at] = new Field(field.Name, new ListType(new Field(list.ValueField.Name, list.ValueField.DataType, !list.ValueField.IsNullable)), field.IsNullable);
                break;
            case 0:
                changed[at] = new Field(field.Name, field.DataType is Int64Type ? DoubleType.Default : Int64Type.Default, field.IsNullable);
                break;
            case 1 when changed.Count > 1:
                changed.RemoveAt(at);
                break;
            case 2:
                changed[at] = new Field(field.Name, field.DataType, !field.IsNullable);
                break;
            default:
                changed[at] = new Field(field.Name + "x", field.DataType, field.IsNullable);
                break;
        }

        return changed;
    }
}
