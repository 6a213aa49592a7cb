using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using Apache.Arrow;
using Apache.Arrow.Ipc;
using Apache.Arrow.Types;
using CsCheck;
using StreamPipeline.Core.Decoding.Columns;
using StreamPipeline.Core.Lake;
using StreamPipeline.Core.Lake.Parquet;
using StreamPipeline.Core.Lake.Staging;

namespace StreamPipeline.Core.Tests.Lake;

/// <summary>Staged rows are shorter than rows, and the same.</summary>
public sealed class StagedColumnsTests
{
    [Fact]
    public void What_is_staged_is_read_back_as_it_was() =>
        Gen.Select(ParquetColumns.Batches(600), Gen.Bool).Sample((batch, compressed) =>
        {
            using var read = StagedFile.Decode(StagedFile.Encode(batch, compressed), "x");
            Assert.True(RecordBatches.SameSchema(batch.Schema, read.Schema));
            Assert.Equal(ArrowGen.Render(batch), ArrowGen.Render(read));
        }, iter: 300, print: _ => "batch");

    [Fact]
    public Task A_table_file_of_batches_that_were_staged_has_their_rows_wherever_the_stream_was_cut() =>
        Gen.Select(ParquetColumns.Batches(2_000), ParquetColumns.Limits, Gen.Double[0, 1].Array[0, 4], Gen.Int[0, 3]).SampleAsync(async (batch, limits, cuts, plain) =>
        {
            using var memory = new ColumnBuffers();
            int[] ends = [0, .. cuts.Select(cut => (int)(cut * batch.Length)).Order(), batch.Length];

            // One part stays as it is: files of an earlier version wait beside those of this one.
            var parts = ends.Zip(ends.Skip(1)).Select((range, i) => Part(batch, range.First, range.Second) is var part && i == plain ? part : ParquetColumns.Staged(part, memory)).ToList();
            Assert.All(parts, part => Assert.True(RecordBatches.SameSchema(batch.Schema, part.Schema)));
            Assert.Equal(ArrowGen.Render(batch), ArrowGen.Render(await ParquetTableFile.Read(ParquetColumns.Write(batch.Schema, parts, limits), CancellationToken.None)));
        }, iter: 200, print: _ => "batch");

    [Fact]
    public void Dictionaries_that_together_are_too_large_become_texts_again()
    {
        using var memory = new ColumnBuffers();
        var texts = Enumerable.Range(0, 60).Select(batch => Enumerable.Range(0, 200).Select(row => new string((char)('a' + (row % 10)), 3_000) + batch.ToString(CultureInfo.InvariantCulture)));
        var batches = texts.Select(batch => Texts(batch)).ToList();
        var staged = batches.ConvertAll(batch => ParquetColumns.Staged(batch, memory));
        Assert.All(staged, batch => Assert.True(TextForm.IsCoded(batch.Column(0).Data)));
        using var values = new CodedTextValues();
        staged.ForEach(batch => values.AppendRange(batch.Column(0).Data, 0, batch.Length));
        Assert.False(values.Pays);

        var file = ParquetColumns.Write(batches[0].Schema, staged, ParquetLimits.Usual);
        Assert.Equal(ParquetColumns.Write(batches[0].Schema, batches, ParquetLimits.Usual), file);
    }

    [Fact]
    public void System_columns_take_a_sixth_of_their_room()
    {
        using var batch = System(10_000);
        var plain = RecordBatches.ByteSize(batch) / batch.Length;
        Assert.InRange(plain, 100, 140);
        Assert.InRange(StagedFile.Encode(batch).Length, 1, plain * batch.Length / 6);
    }

    /// <summary>Each way of the codec: left as they are, by the frequency of bytes, by repetition; and one buffer of each size around the one from which it is asked.</summary>
    [Fact]
    public void Buffers_for_a_store_behind_a_network_are_as_short_as_their_bytes_allow()
    {
        var random = new Random(3);
        var noise = new byte[3_000 * 32];
        random.NextBytes(noise);
        using var raw = new RecordBatch(
            new Schema([new Field("t", BinaryType.Default, nullable: false)], null),
            [new BinaryArray.Builder().AppendRange(noise.Chunk(32)).Build()], 3_000);
        Assert.InRange(StagedFile.Encode(raw, compressed: true).Length, noise.Length, noise.Length + (2 << 10) + (3_000 * 4));

        using var hex = Texts(Enumerable.Range(0, 3_000).Select(row => Convert.ToHexString(noise.AsSpan(row * 32, 32 - (row % 3)))));
        Assert.InRange(StagedFile.Encode(hex, compressed: true).Length, noise.Length, noise.Length * 5 / 4);

        using var lines = Texts(Enumerable.Range(0, 3_000).Select(row => $"connection {random.Next(900)} to the database was closed by the other side after {random.Next(90)} seconds"));
        Assert.InRange(StagedFile.Encode(lines, compressed: true).Length, 1, 3_000 * 25);

        for (var rows = 450; rows < 460; rows++)
        {
            using var some = Texts(Enumerable.Range(0, rows).Select(row => $"{row % 7:D72}"[..(71 + (row & 1))]));
            using var read = StagedFile.Decode(StagedFile.Encode(some, compressed: true), "x");
            Assert.Equal(ArrowGen.Render(some), ArrowGen.Render(read));
        }
    }

    /// <summary>Given back twice, the second time while another one already works with what it had.</summary>
    [Fact]
    public void What_codecs_work_with_is_of_one_at_a_time()
    {
        var text = Encoding.ASCII.GetBytes(string.Concat(Enumerable.Range(0, 9_000).Select(i => $"{i % 97},"))).AsMemory();
        Parallel.For(0, 200, _ =>
        {
            var first = (ITryCompressionCodec)new StagedCodec.Factory().CreateCodec(CompressionCodecType.Zstd);
            first.Dispose();
            using var second = new StagedCodec();
            first.Dispose();
            Assert.Throws<ObjectDisposedException>(() => first.TryCompress(text, new byte[text.Length], out var none));
            var packed = new byte[text.Length];
            Assert.True(second.TryCompress(text, packed, out var length));
            using var unpacked = new ZstdSharp.Decompressor();
            Assert.True(unpacked.Unwrap(packed.AsSpan(0, length)).SequenceEqual(text.Span));
        });
    }

    [Theory]
    [InlineData("ääää", "ääöä", 4)]
    [InlineData("abcdefgh1", "abcdefgh2", 8)]
    [InlineData("abcdefg€x", "abcdefg₭x", 7)]
    [InlineData("abcdefgh", "xbcdefgh", 0)]
    public void A_shared_beginning_ends_between_characters(string first, string second, int shared)
    {
        using var memory = new ColumnBuffers();
        var texts = Enumerable.Range(0, 50).Select(i => (i % 2 == 0 ? first : second) + i.ToString("D3", CultureInfo.InvariantCulture)).ToList();
        using var columns = new CompactColumns();
        using var batch = Texts(texts);
        var prefix = columns.Of(batch).Schema.FieldsList[0].Metadata[CompactColumns.Prefix];
        Assert.Equal(shared, Encoding.UTF8.GetByteCount(prefix));
        Assert.Equal(texts, Enumerable.Range(0, 50).Select(row => ((StringArray)RestoredColumns.Plain(ParquetColumns.Staged(batch, memory)).Column(0)).GetString(row)));
    }

    /// <summary>The first and the last text may begin alike though others do not.</summary>
    [Fact]
    public void A_beginning_is_that_of_all_texts_and_not_only_of_the_outer_ones() =>
        Gen.Select(Gen.Int[6, 90], Gen.Int[0, 89], Gen.Int[1, 48], Gen.Bool).Sample((length, at, row, isWide) =>
        {
            using var memory = new ColumnBuffers();
            at %= length;
            var texts = Enumerable.Range(0, 50).Select(i => (new string('x', length) + i.ToString(isWide ? "D40" : "D2", CultureInfo.InvariantCulture)).ToCharArray()).ToArray();
            texts[row][at] = 'y';
            using var columns = new CompactColumns();
            using var batch = Texts(texts.Select(text => new string(text)));
            var field = columns.Of(batch).Schema.FieldsList[0];
            var shared = field.Metadata?.GetValueOrDefault(CompactColumns.Prefix);
            Assert.True(shared is null || (shared.Length == at && shared.All(character => character == 'x')), $"{shared} for {at}");
            Assert.Equal(at * 2 >= texts[0].Length, shared is not null && shared.Length * 2 >= texts[0].Length);
            Assert.Equal(texts.Select(text => new string(text)), Enumerable.Range(0, 50).Select(i => ((StringArray)RestoredColumns.Plain(ParquetColumns.Staged(batch, memory)).Column(0)).GetString(i)));
        }, iter: 1_000);

    [Fact]
    public void Bytes_that_are_no_text_come_back_as_they_were()
    {
        var bytes = new byte[50 * 9];
        for (var row = 0; row < 50; row++)
        {
            bytes.AsSpan(row * 9, 8).Fill(0xFF);
            bytes[(row * 9) + 8] = (byte)row;
        }

        var offsets = MemoryMarshal.AsBytes<int>([.. Enumerable.Range(0, 51).Select(row => row * 9)]).ToArray();
        var array = new StringArray(50, new ArrowBuffer(offsets), new ArrowBuffer(bytes), ArrowBuffer.Empty, nullCount: 0);
        using var batch = new RecordBatch(new Schema([new Field("t", StringType.Default, nullable: false)], null), [array], 50);
        using var read = StagedFile.Decode(StagedFile.Encode(batch), "x");
        Assert.Equal(bytes, ((StringArray)read.Column(0)).Values.ToArray());
    }

    [Fact]
    public void A_code_without_an_entry_is_damage()
    {
        var type = new DictionaryType(Int8Type.Default, StringType.Default, ordered: false);
        var array = new DictionaryArray(type, new Int8Array.Builder().AppendRange([0, 2, -1]).Build(), new StringArray.Builder().AppendRange(["a", "b"]).Build());
        var codes = new int[1];
        for (var row = 1; row < 3; row++)
        {
            Assert.Throws<InvalidDataException>(() => new TextForm(array.Data).CodesOf(row, codes));
        }
    }

    [Theory]
    [InlineData(100)]
    [InlineData(300)]
    [InlineData(40_000)]
    public void Codes_come_back_as_numbers_and_each_without_an_entry_is_found(int entries)
    {
        var codes = Enumerable.Range(0, 700).Select(row => (row * 31) % entries).ToArray();
        var names = new StringArray.Builder().AppendRange(Enumerable.Range(0, entries).Select(i => $"{i}")).Build();
        for (var count = 0; count <= codes.Length; count += 7)
        {
            var read = new int[count];
            new TextForm(Coded(codes, names).Data).CodesOf(codes.Length - count, read);
            Assert.Equal(codes[^count..], read);
        }

        foreach (var (row, wrong) in new[] { (0, -1), (255, entries), (699, entries), (433, -1) })
        {
            var changed = codes.ToArray();
            changed[row] = wrong;
            Assert.Throws<InvalidDataException>(() => new TextForm(Coded(changed, names).Data).CodesOf(0, new int[codes.Length]));
        }
    }

    [Fact]
    public void Coded_texts_never_take_more_than_they_are_said_to()
    {
        using var memory = new ColumnBuffers();
        using var values = new CodedTextValues();
        using var batch = Texts(Enumerable.Range(0, 4_000).Select(row => new string('x', 39 - (row % 40))));
        values.AppendRange(ParquetColumns.Staged(batch, memory).Column(0).Data, 0, batch.Length);
        Assert.Equal(batch.Length * (4L + 39), values.PlainBytesMax(batch.Length));
        Assert.InRange(values.PlainBytes(0, batch.Length), 1, values.PlainBytesMax(batch.Length));
    }

    private static DictionaryArray Coded(int[] codes, StringArray names)
    {
        IArrowType index = names.Length <= 127 ? Int8Type.Default : names.Length <= short.MaxValue ? Int16Type.Default : Int32Type.Default;
        IArrowArray values = index switch
        {
            Int8Type => new Int8Array.Builder().AppendRange(codes.Select(code => (sbyte)code)).Build(),
            Int16Type => new Int16Array.Builder().AppendRange(codes.Select(code => (short)code)).Build(),
            _ => new Int32Array.Builder().AppendRange(codes).Build(),
        };
        return new DictionaryArray(new DictionaryType(index, StringType.Default, ordered: false), values, names);
    }

    private static RecordBatch Part(RecordBatch batch, int from, int to) => RecordBatches.Take(batch, [.. Enumerable.Range(from, to - from)]);

    private static RecordBatch Texts(IEnumerable<string> texts)
    {
        var column = new StringArray.Builder().AppendRange(texts).Build();
        return new RecordBatch(new Schema([new Field("t", StringType.Default, nullable: false)], null), [column], column.Length);
    }

    /// <summary>As silver has them for a batch of a Kinesis shard.</summary>
    private static RecordBatch System(int rows)
    {
        var times = SilverTable.Timestamps([.. Enumerable.Range(0, rows).Select(row => 1_700_000_000_000_000L + (row * 37L))]);
        var schema = new Schema(
            [
                new Field("at", SilverTable.Timestamp, nullable: true),
                new Field("_event_time", SilverTable.Timestamp, nullable: false),
                new Field("_arrival_time", SilverTable.Timestamp, nullable: false),
                new Field("_shard", StringType.Default, nullable: false),
                new Field("_sequence", StringType.Default, nullable: false),
                new Field("_extra", StringType.Default, nullable: true),
            ],
            null);
        var extra = new StringArray.Builder();
        for (var row = 0; row < rows; row++)
        {
            extra.AppendNull();
        }

        return new RecordBatch(
            schema,
            [
                times,
                times,
                SilverTable.Timestamps([.. Enumerable.Repeat(1_700_000_000_000_000L, rows)]),
                new StringArray.Builder().AppendRange(Enumerable.Repeat("shardId-000000000007", rows)).Build(),
                new StringArray.Builder().AppendRange(Enumerable.Range(0, rows).Select(row => "49573850342584201" + (row * 3L).ToString("D39", CultureInfo.InvariantCulture))).Build(),
                extra.Build(),
            ],
            rows);
    }
}
