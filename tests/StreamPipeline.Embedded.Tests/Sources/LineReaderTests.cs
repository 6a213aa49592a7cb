using System.Text;
using CsCheck;
using StreamPipeline.Core.Configuration;
using StreamPipeline.Core.Decoding;
using StreamPipeline.Embedded.Sources;

namespace StreamPipeline.Embedded.Tests.Sources;

public sealed class LineReaderTests
{
    private static readonly DecodeLimits _small = new(RecordBytes: 50);

    /// <summary>Lines short and long, blank ones too, with either line break.</summary>
    private static readonly Gen<(string Text, string Break)[]> _lines = Gen.Select(
        Gen.Frequency(
            (8, Gen.String[Gen.Char['a', 'z'], 1, 50]),
            (1, Gen.String[Gen.Char['a', 'z'], 51, 200]),
            (1, Gen.String[Gen.Char['a', 'z'], 100_000, 300_000]),
            (2, Gen.Int[0, 2].Select(i => new[] { "", " ", "\t " }[i]))),
        Gen.Bool.Select(carriage => carriage ? "\r\n" : "\n")).Array[0, 60];

    [Fact]
    public void Every_line_comes_once_in_order_however_the_stream_hands_out_its_bytes() =>
        Gen.Select(_lines, Gen.Int[1, 400_000], Gen.Bool, Gen.Bool).Sample((lines, readBytes, fill, lastBreak) =>
        {
            var text = string.Concat(lines.Select(line => line.Text + line.Break));
            text = lastBreak ? text : text.TrimEnd('\r', '\n');
            using var reader = new LineReader(new DribblingStream(Encoding.UTF8.GetBytes(text), readBytes), "input", _small, fill);
            var expected = lines.Select(line => line.Text).Where(line => line.Trim().Length > 0).ToArray();
            var read = ReadAll(reader);
            Assert.Equal(expected.Select(line => line.Length <= 50 ? line : line[..50]), read.Select(line => line.Text));
            Assert.Equal(expected.Select(line => line.Length > 50), read.Select(line => line.Fault?.Reason == QuarantineReason.RecordTooLarge));
            Assert.Equal(expected.Length, reader.Lines);
            Assert.Equal(text.Length, reader.BytesRead);
            Assert.Null(reader.Damage);
        }, iter: 300);

    /// <summary>Lines around the size of a block and around the limit: buffers are enlarged, and what is left over behind a long line is longer than a usual block.</summary>
    [Fact]
    public void Lines_longer_than_a_block_come_whole_between_short_ones()
    {
        const int block = LineReader.BlockBytes;
        var limits = new DecodeLimits();
        var length = Gen.OneOf(Gen.Int[1, 2_000], Gen.Int[block - 3, block + 3], Gen.Int[block, limits.RecordBytes], Gen.Int[limits.RecordBytes - 3, limits.RecordBytes + 3], Gen.Int[limits.RecordBytes, 3 * block]);
        Gen.Select(length.Array[1, 8], Gen.Int[1_000, 4 << 20], Gen.Bool, Gen.Int[0, 25]).Sample((lengths, readBytes, fill, letter) =>
        {
            var lines = lengths.Select((count, line) => string.Create(count, letter + line, static (text, start) =>
            {
                for (var i = 0; i < text.Length; i++)
                {
                    text[i] = (char)('a' + ((start + i) % 26));
                }
            })).ToArray();
            using var reader = new LineReader(new DribblingStream(Encoding.UTF8.GetBytes(string.Join('\n', lines)), readBytes), "input", limits, fill);
            var read = ReadAll(reader);
            Assert.Equal(lines.Select(line => line.Length <= limits.RecordBytes ? line : line[..65_536]), read.Select(line => line.Text));
            Assert.Equal(lines.Select(line => line.Length > limits.RecordBytes), read.Select(line => line.Fault?.Reason == QuarantineReason.RecordTooLarge));
        }, iter: 100);
    }

    [Fact]
    public void A_line_of_fifty_megabytes_keeps_its_beginning_and_says_how_long_it_is()
    {
        byte[] text = [.. Encoding.UTF8.GetBytes("one\n\ntwo\n"), .. new byte[52_428_800], .. Encoding.UTF8.GetBytes("\nlast")];
        text.AsSpan(9, 52_428_800).Fill((byte)'x');
        using var reader = new LineReader(new MemoryStream(text), "input", new DecodeLimits());
        var read = ReadAll(reader);
        Assert.Equal(["one", "two", new string('x', 65_536), "last"], read.Select(line => line.Text));
        Assert.Equal(
            new RecordFault(
                QuarantineReason.RecordTooLarge,
                "line 4 is 52,428,800 bytes, at most 1,048,576 are allowed; limits.recordBytes raises it up to 10 MiB"),
            read[2].Fault);
    }

    [Fact]
    public void A_line_as_long_as_the_limit_is_whole()
    {
        var text = new string('x', 1 << 20) + "\r\n" + new string('y', 1 << 20) + "\n" + new string('z', 1 << 20);
        using var reader = new LineReader(new MemoryStream(Encoding.UTF8.GetBytes(text)), "input", new DecodeLimits());
        Assert.All(ReadAll(reader), line => Assert.Null(line.Fault));
        Assert.Equal(3, reader.Lines);
    }

    [Fact]
    public void A_byte_order_mark_is_skipped_at_the_beginning_only()
    {
        using var reader = new LineReader(new MemoryStream(Encoding.UTF8.GetBytes("\uFEFFone\n\uFEFFtwo")), "input", _small);
        Assert.Equal(["one", "\uFEFFtwo"], ReadAll(reader).Select(line => line.Text));
    }

    [Fact]
    public void Blank_lines_by_the_megabyte_hold_nothing_up()
    {
        var text = new string('\n', 5 << 20) + "one" + new string('\n', 5 << 20);
        using var reader = new LineReader(new MemoryStream(Encoding.UTF8.GetBytes(text)), "input", _small);
        Assert.Equal(["one"], ReadAll(reader).Select(line => line.Text));
    }

    [Fact]
    public void A_pipe_delivers_lines_as_soon_as_they_are_there()
    {
        using var reader = new LineReader(new DribblingStream("one\ntwo\nthr"u8.ToArray(), 8), "input", _small, fillBlocks: false);
        var block = reader.ReadBlock()!;
        Assert.Equal(2, block.Count);
        block.Release();
        Assert.Equal(["thr"], ReadAll(reader).Select(line => line.Text));
    }

    [Theory]
    [InlineData(CompressionKind.Gzip)]
    [InlineData(CompressionKind.Zstd)]
    public void Data_cut_anywhere_gives_all_whole_lines_and_the_last_one_as_cut(CompressionKind kind)
    {
        var lines = Enumerable.Range(0, 2000).Select(i => $"line {i * 7919 % 2003}").ToArray();
        var text = Encoding.UTF8.GetBytes(string.Join('\n', lines));
        var compressed = kind == CompressionKind.Gzip ? TemporaryFolder.Gzip(text) : TemporaryFolder.Zstd(text);
        Gen.Int[kind == CompressionKind.Gzip ? 2 : 4, compressed.Length - 1].Sample(cut =>
        {
            using var reader = new LineReader(Compression.Open(new MemoryStream(compressed[..cut]), kind), "flights", new DecodeLimits());
            var read = ReadAll(reader);
            var whole = read.TakeWhile(line => line.Fault is null).Count();
            Assert.Equal(lines.Take(whole), read.Take(whole).Select(line => line.Text));
            Assert.InRange(read.Count - whole, 0, 1);
            Assert.All(read.Skip(whole), line =>
            {
                Assert.Equal(QuarantineReason.InputTruncated, line.Fault!.Reason);
                Assert.StartsWith(line.Text, lines[whole]);
            });
            Assert.Equal(
                $"flights: the {(kind == CompressionKind.Gzip ? "gzip" : "zstd")} data ends early, after {cut:N0} bytes; "
                + $"{read.Count:N0} lines ({reader.BytesRead:N0} bytes) were read",
                reader.Damage);
        });
    }

    [Theory]
    [InlineData(CompressionKind.Gzip)]
    [InlineData(CompressionKind.Zstd)]
    public void A_bomb_of_zeros_stops_at_a_gigabyte_with_bounded_memory(CompressionKind kind)
    {
        using var reader = new LineReader(Compression.Open(Zeros(kind, (1 << 30) + (64 << 20)), kind), "bomb", new DecodeLimits());
        var before = GC.GetAllocatedBytesForCurrentThread();
        var read = Assert.Single(ReadAll(reader));
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 16 << 20);
        Assert.Equal(QuarantineReason.RecordTooLarge, read.Fault!.Reason);
        Assert.StartsWith("bomb: line 1 is beyond 1,073,741,824 bytes: this looks like a decompression bomb, or not like lines; 1 lines (", reader.Damage);
    }

    [Fact]
    public void Noise_becomes_lines_and_never_an_exception() =>
        Gen.Select(Gen.Byte.Array[0, 5000], Gen.Int[1, 6000]).Sample((noise, readBytes) =>
        {
            using var reader = new LineReader(
                Compression.Open(new DribblingStream(noise, readBytes), Compression.Detect(noise)), "noise", _small);
            var read = ReadAll(reader);
            Assert.Equal(reader.Lines, read.Count);
        });

    [Fact]
    public void Line_breaks_of_an_earlier_block_behind_what_is_read_end_no_line()
    {
        var buffers = new LineBuffers();
        using (var breaks = new LineReader(new MemoryStream([.. Enumerable.Repeat((byte)'\n', 2 * LineReader.BlockBytes)]), "breaks", _small, buffers: buffers))
        {
            Assert.Empty(ReadAll(breaks));
        }

        Gen.Select(Gen.String[Gen.Char['a', 'z'], 1, 50].Array[1, 20], Gen.Int[1, 130]).Sample((lines, readBytes) =>
        {
            using var reader = new LineReader(new DribblingStream(Encoding.UTF8.GetBytes(string.Join('\n', lines)), readBytes), "input", _small, buffers: buffers);
            Assert.Equal(lines, ReadAll(reader).Select(line => line.Text));
            var buffer = buffers.Take();
            buffer.Bytes.AsSpan().Fill((byte)'\n');
            buffers.Return(buffer);
        }, iter: 200, threads: 1);
    }

    [Fact]
    public void A_block_outlives_the_reader_and_its_last_reference_ends_it()
    {
        LineBlock block;
        using (var reader = new LineReader(new MemoryStream("one\n"u8.ToArray()), "input", _small))
        {
            block = reader.ReadBlock()!;
        }

        block.AddReference();
        block.Release();
        Assert.Equal("one", Encoding.UTF8.GetString(block.Line(0).Span));
        block.Release();
        Assert.Throws<InvalidOperationException>(block.AddReference);
        Assert.Throws<InvalidOperationException>(block.Release);
    }

    internal static List<(string Text, RecordFault? Fault)> ReadAll(LineReader reader)
    {
        var lines = new List<(string, RecordFault?)>();
        var first = reader.Lines;
        while (reader.ReadBlock() is { } block)
        {
            Assert.Equal(first + lines.Count, block.FirstLine);
            Assert.NotEqual(0, block.Count);
            for (var i = 0; i < block.Count; i++)
            {
                lines.Add((Encoding.UTF8.GetString(block.Line(i).Span), block.Fault(i)));
            }

            block.Release();
        }

        Assert.Null(reader.ReadBlock());
        return lines;
    }

    internal static MemoryStream Zeros(CompressionKind kind, long bytes)
    {
        var compressed = new MemoryStream();
        using (Stream stream = kind == CompressionKind.Gzip
            ? new System.IO.Compression.GZipStream(compressed, System.IO.Compression.CompressionLevel.Fastest, leaveOpen: true)
            : new ZstdSharp.CompressionStream(compressed, leaveOpen: true))
        {
            var zeros = new byte[1 << 20];
            for (; bytes > 0; bytes -= zeros.Length)
            {
                stream.Write(zeros);
            }
        }

        compressed.Position = 0;
        return compressed;
    }

    /// <summary>Hands out at most so many bytes at once, as pipes do.</summary>
    private sealed class DribblingStream(byte[] content, int bytesMax) : MemoryStream(content)
    {
        private readonly byte[] _content = content;

        public override int Read(Span<byte> buffer)
        {
            var count = (int)Math.Min(Math.Min(buffer.Length, bytesMax), Length - Position);
            _content.AsSpan((int)Position, count).CopyTo(buffer);
            Position += count;
            return count;
        }

        public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));
    }
}
