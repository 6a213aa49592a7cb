using System.Buffers;
using System.Text;
using CsCheck;
using StreamPipeline.Core.Decoding;
using StreamPipeline.Core.Lake;
using ZstdSharp;

namespace StreamPipeline.Core.Tests.Lake;

/// <summary>Bronze files as another's decoder reads them: the lines that <see cref="BronzeLines"/> writes, whatever the records are.</summary>
public sealed class BronzeEncoderTests
{
    private const long ArrivalUs = 1_767_225_599_999_000L;

    private static readonly Gen<string> _word = Gen.OneOf(
        Gen.Char["abc019-"].Array[0, 40].Select(chars => new string(chars)),
        Gen.Char["ab,]}:{[ .\"\\\n\t\u0001é€"].Array[0, 12].Select(chars => new string(chars)));

    /// <summary>Texts with a place for a value behind each but the last.</summary>
    private static readonly Gen<string[]> _layout = Gen.OneOf(
        Gen.Const<string[]>(["{\"id\":\"", "\",\"at\":", ",\"in\":{\"name\":\"", "\",\"list\":[", ",", "]},\"ok\":", "}"]),
        Gen.Const<string[]>(["", ""]),
        Gen.Const<string[]>(["{\"text\":\"", "\"}\n"]),
        _word.Array[1, 30]);

    private static readonly Gen<byte[]> _odd = Gen.OneOf(
        Gen.Byte.Array[0, 300],
        Gen.Int[0, 400].Select(length => Encoding.UTF8.GetBytes(new string('"', length))),
        Gen.Select(Gen.Int[0, 30_000], Gen.Byte).Select((length, value) => Enumerable.Repeat(value, length).ToArray()));

    /// <summary>Records of a few layouts, with others between.</summary>
    private static readonly Gen<byte[][]> _data = Gen.Select(_layout.Array[1, 12], Gen.Int, Gen.Int[0, 1_500], Gen.Int[0, 30], _odd.Array[1, 4], _word.Array[1, 30])
        .Select((layouts, seed, count, oddOf100, odd, words) =>
        {
            var random = new Random(seed);
            return Enumerable.Range(0, count).Select(_ => random.Next(100) < oddOf100 ? odd[random.Next(odd.Length)] : Fill(layouts[random.Next(layouts.Length)], words, random)).ToArray();
        });

    [Fact]
    public void Records_of_any_layout_and_content_come_back() =>
        Gen.Select(_data.Array[1, 3], Gen.Const("shard \"é\" 1")).Sample(
            (files, shard) =>
            {
                using var encoder = new BronzeEncoder();
                foreach (var file in files)
                {
                    AssertSame(encoder, Batch(shard, file));
                }
            },
            iter: 100,
            print: _ => "records");

    [Fact]
    public void Records_that_were_mutated_come_back() =>
        Gen.Select(Gen.Int, Gen.Int[2, 60]).Sample(
            (seed, every) =>
            {
                var random = new Random(seed);
                using var encoder = new BronzeEncoder();
                for (var file = 0; file < 2; file++)
                {
                    var records = Events(seed + file, 700);
                    foreach (ref var record in records.AsSpan())
                    {
                        for (; random.Next(every) == 0 && record.Length > 2;)
                        {
                            var at = random.Next(record.Length);
                            record = random.Next(3) switch
                            {
                                0 => [.. record[..at], .. record[(at + 1)..]],
                                1 => [.. record[..at], (byte)random.Next(128), .. record[at..]],
                                _ => [.. record[..at], .. "\"},{\"\n\\:"u8.Slice(random.Next(7), 2), .. record[(at + 1)..]],
                            };
                        }
                    }

                    AssertSame(encoder, Batch("s", records));
                }
            },
            iter: 100,
            print: _ => "records");

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(20_000)]
    [InlineData(130_000)]
    [InlineData(1_000_000)]
    public void A_record_of_any_length_comes_back(int length)
    {
        var random = new Random(length);
        var binary = new byte[length];
        random.NextBytes(binary);
        var digits = binary.Select(value => (byte)('0' + (value % 10))).ToArray();
        var quotes = Enumerable.Repeat((byte)'"', length).ToArray();
        var events = Events(1, 300);
        using var encoder = new BronzeEncoder();
        AssertSame(encoder, Batch("s", [binary]));
        AssertSame(encoder, Batch("s", [digits]));
        AssertSame(encoder, Batch("s", [quotes]));
        AssertSame(encoder, Batch("s", [.. events, digits, .. events, quotes, binary, .. events]));
        using var other = new BronzeEncoder();
        AssertSame(other, Batch("s", [.. events, .. events, digits, .. events, binary, .. events]));
    }

    [Fact]
    public void Records_with_faults_and_those_before_the_first_new_one_are_told_as_ever()
    {
        var batch = Batch("s", Events(1, 2_000));
        var records = batch.Records.Select((record, i) => i % 50 == 3 ? record with { Fault = new RecordFault("record_too_large", "") } : record).ToArray();
        using var encoder = new BronzeEncoder();
        AssertSame(encoder, new MicroBatch("s", records), firstRecord: 1_234);
        AssertSame(encoder, new MicroBatch("s", records), firstRecord: records.Length);
    }

    [Fact]
    public void Events_take_less_than_the_librarys_frame_and_those_without_anything_in_common_no_more_than_a_twentieth_more()
    {
        var events = Batch("s", Events(1, 7_000));
        using var encoder = new BronzeEncoder();
        using var file = encoder.Encode(events, 0);
        Assert.InRange(file.WrittenCount, 1, LibrarysLength(events) * 9 / 10);

        var random = new Random(1);
        var unlike = Batch("s", [.. Enumerable.Range(0, 3_000).Select(_ => Encoding.UTF8.GetBytes(string.Concat(
            Enumerable.Range(0, random.Next(5, 40)).Select(_ => random.Next(3) == 0 ? "{\"some text\":" : "[{\"other text that comes again\":null},"))))]);
        using var second = encoder.Encode(unlike, 0);
        Assert.InRange(second.WrittenCount, 1, LibrarysLength(unlike) * 21 / 20);

        // The trial is over for a while: the library has the next ones.
        using var third = encoder.Encode(events, 0);
        Assert.Equal(LibrarysLength(events), third.WrittenCount);
    }

    [Fact]
    public void A_file_is_read_within_a_window_of_a_megabyte()
    {
        using var encoder = new BronzeEncoder();
        using var file = encoder.Encode(Batch("s", [.. Events(1, 2_000), "{}"u8.ToArray(), .. Events(2, 3_000), "{}"u8.ToArray()]), 0);
        using var decompressor = new Decompressor();
        decompressor.SetParameter(ZstdSharp.Unsafe.ZSTD_dParameter.ZSTD_d_windowLogMax, 20);
        using var stream = new DecompressionStream(new MemoryStream(file.WrittenSpan.ToArray()), decompressor);
        using var text = new MemoryStream();
        stream.CopyTo(text);
        Assert.Equal((long)Decompressor.GetDecompressedSize(file.WrittenSpan), text.Length);
    }

    [Fact]
    public void A_file_that_was_cut_short_is_refused()
    {
        using var encoder = new BronzeEncoder();
        using var file = encoder.Encode(Batch("s", Events(1, 1_000)), 0);
        for (var length = file.WrittenCount - 1; length > 0; length -= 997)
        {
            Assert.Throws<InvalidDataException>(() => BronzeFile.Lines(file.WrittenSpan[..length].ToArray(), "test"));
        }
    }

    private static void AssertSame(BronzeEncoder encoder, MicroBatch batch, int firstRecord = 0)
    {
        var expected = Text(batch, firstRecord);
        using var file = encoder.Encode(batch, firstRecord);
        using var decompressor = new Decompressor();
        Assert.Equal((ulong)expected.Length, Decompressor.GetDecompressedSize(file.WrittenSpan));
        Assert.True(expected.AsSpan().SequenceEqual(decompressor.Unwrap(file.WrittenSpan)));
    }

    private static int LibrarysLength(MicroBatch batch)
    {
        using var zstd = new ZstdBlock(BronzeEncoder.CompressionLevel);
        var text = Text(batch, 0);
        return zstd.Compress(text, new byte[ZstdBlock.Bound(text.Length)]);
    }

    private static byte[] Text(MicroBatch batch, int firstRecord)
    {
        var text = new ArrayBufferWriter<byte>();
        var lines = new BronzeLines(text, batch.Shard);
        for (var i = firstRecord; i < batch.Records.Count; i++)
        {
            lines.Write(batch.Records[i]);
        }

        return text.WrittenSpan.ToArray();
    }

    private static MicroBatch Batch(string shard, byte[][] data) =>
        new(shard, [.. data.Select((bytes, i) => new StreamRecord(SequenceNumber.From(98_765 + ((ulong)i * 7)), bytes, ArrivalUs + (i / 3 * 999)))]);

    private static byte[] Fill(string[] layout, string[] words, Random random) =>
        Encoding.UTF8.GetBytes(string.Concat(layout.Select((text, i) => i == 0 ? text : words[random.Next(words.Length)] + text)));

    private static byte[][] Events(int seed, int count)
    {
        var random = new Random(seed);
        var id = new byte[16];
        return [.. Enumerable.Range(0, count).Select(i =>
        {
            random.NextBytes(id);
            var optional = random.Next(10) == 0 ? "" : $"\"battery\":{random.Next(100)},";
            return Encoding.UTF8.GetBytes(
                $"{{\"event_id\":\"{new Guid(id)}\",\"device\":{{\"id\":\"dev-{random.Next(5_000):D5}\",\"site\":\"{(random.Next(2) == 0 ? "north" : "airport")}\"}},{optional}\"sequence\":{i},\"online\":true}}");
        })];
    }
}
