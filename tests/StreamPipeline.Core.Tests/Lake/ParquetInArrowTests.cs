using Apache.Arrow;
using Apache.Arrow.Types;
using CsCheck;
using ParquetSharp.IO;
using StreamPipeline.Core.Decoding.Columns;
using StreamPipeline.Core.Lake;
using StreamPipeline.Core.Lake.Parquet;

namespace StreamPipeline.Core.Tests.Lake;

/// <summary>Arrow C++ (ParquetSharp) reads what was written, value by value, and so do we.</summary>
public sealed class ParquetInArrowTests
{
    [Fact]
    public async Task Every_value_of_every_schema_comes_back()
    {
        await ArrowGen.Schemas.Where(schema => schema.FieldsList.All(field => HasNames(field.Name, field.DataType)))
            .SelectMany(schema => Gen.Select(ArrowGen.MaybeSliced(schema, 40).Array[0, 4], ParquetColumns.Limits, (batches, limits) => (schema, batches, limits)))
            .SampleAsync(
                async (schema, batches, limits) =>
                {
                    var file = ParquetColumns.Write(schema, batches, limits);
                    Assert.Equal(batches.SelectMany(batch => ArrowGen.Render(batch)), await Rows(file));
                },
                iter: 150,
                print: _ => "batches");
    }

    [Fact]
    public async Task Every_way_to_store_a_column_gives_its_values_back()
    {
        var taken = new HashSet<(string, int)>();
        await Gen.Select(ParquetColumns.Batches(3_000), ParquetColumns.Limits).SampleAsync(
            async (batch, limits) =>
            {
                var file = ParquetColumns.Write(batch, limits);
                var expected = ArrowGen.Render(batch);
                Assert.Equal(expected, await Rows(file));
                Assert.Equal(expected, ArrowGen.Render(await ParquetTableFile.Read(file, CancellationToken.None)));
                lock (taken)
                {
                    taken.UnionWith(ParquetIndexes.Of(file).SelectMany(group => group).Select(chunk => (chunk.Physical, chunk.Encoding)));
                }
            },
            iter: 150,
            print: _ => "batch");

        // The generator reaches all of them.
        Assert.Equal(
            [
                ("Boolean", (int)ValueEncoding.Plain),
                ("ByteArray", (int)ValueEncoding.Plain), ("ByteArray", (int)ValueEncoding.DeltaLengthByteArray),
                ("ByteArray", (int)ValueEncoding.DeltaByteArray), ("ByteArray", (int)ValueEncoding.RleDictionary),
                ("Double", (int)ValueEncoding.Plain), ("Double", (int)ValueEncoding.RleDictionary),
                ("Int32", (int)ValueEncoding.Plain), ("Int32", (int)ValueEncoding.DeltaBinaryPacked), ("Int32", (int)ValueEncoding.RleDictionary),
                ("Int64", (int)ValueEncoding.Plain), ("Int64", (int)ValueEncoding.DeltaBinaryPacked), ("Int64", (int)ValueEncoding.RleDictionary),
            ],
            taken.Order());
    }

    [Fact]
    public async Task Dictionaries_of_thousands_and_counters_give_their_values_back()
    {
        await Gen.Select(ParquetColumns.Long, Gen.Bool).SampleAsync(
            async (batch, staged) =>
            {
                using var memory = new ColumnBuffers();
                var file = ParquetColumns.Write(staged ? ParquetColumns.Staged(batch, memory) : batch, ParquetLimits.Usual);
                var expected = ArrowGen.Render(batch);
                Assert.Equal(expected, await Rows(file));
                Assert.Equal(expected, ArrowGen.Render(await ParquetTableFile.Read(file, CancellationToken.None)));
            },
            iter: 12,
            print: _ => "batch");
    }

    [Fact]
    public async Task A_dictionary_is_given_up_or_kept_with_all_rows_of_a_large_group()
    {
        const int Rows = 60_000;
        var random = new Random(7);
        var (ids, devices, values) = (new StringArray.Builder(), new StringArray.Builder(), new DoubleArray.Builder());
        for (var i = 0; i < Rows; i++)
        {
            ids.Append(Guid.CreateVersion7(DateTimeOffset.UnixEpoch.AddMilliseconds(random.NextInt64(1L << 40))).ToString());
            devices.Append("dev-" + random.Next(5_000).ToString("D5", null));
            values.Append(i < 20_000 ? 1.5 : random.NextDouble());
        }

        var schema = new Schema([new("id", StringType.Default, false), new("device", StringType.Default, false), new("value", DoubleType.Default, false)], null);
        var batch = new RecordBatch(schema, [ids.Build(), devices.Build(), values.Build()], Rows);
        var file = ParquetColumns.Write(batch, ParquetLimits.Usual);
        Assert.Equal(ArrowGen.Render(batch), await ParquetInArrowTests.Rows(file));
        Assert.Equal(
            [(int)ValueEncoding.DeltaLengthByteArray, (int)ValueEncoding.RleDictionary, (int)ValueEncoding.Plain],
            ParquetIndexes.Of(file)[0].Select(chunk => chunk.Encoding));
    }

    [Fact]
    public async Task A_text_longer_than_a_page_has_a_page_of_its_own()
    {
        var texts = new StringArray.Builder();
        foreach (var length in new[] { 3, 3_000_000, 1, 1_500_000, 0 })
        {
            texts.Append(new string('é', length));
        }

        var batch = new RecordBatch(new Schema([new Field("t", StringType.Default, false)], null), [texts.Build()], 5);
        var file = ParquetColumns.Write(batch, ParquetLimits.Usual);
        Assert.Equal(ArrowGen.Render(batch), await Rows(file));
        Assert.Equal([0L, 1L, 2L, 3L, 4L], ParquetIndexes.Of(file)[0][0].Pages.Select(page => page.FirstRow));
    }

    private static async Task<List<string>> Rows(byte[] file)
    {
        using var content = new MemoryStream(file);
        using var source = new ManagedRandomAccessFile(content);
        using var reader = new ParquetSharp.Arrow.FileReader(source);
        using var batches = reader.GetRecordBatchReader();
        var rows = new List<string>();
        while (await batches.ReadNextRecordBatchAsync() is { } batch)
        {
            rows.AddRange(ArrowGen.Render(batch));
        }

        return rows;
    }

    /// <summary>Arrow C++ takes no empty names of struct members.</summary>
    private static bool HasNames(string name, IArrowType type) =>
        name.Length > 0 && (type is not NestedType nested || nested.Fields.All(field => HasNames(field.Name, field.DataType)));
}
