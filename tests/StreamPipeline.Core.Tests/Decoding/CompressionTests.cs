using System.Globalization;
using System.Text.RegularExpressions;
using CsCheck;
using StreamPipeline.Core.Decoding;
using static StreamPipeline.Core.Tests.Decoding.Envelopes;

namespace StreamPipeline.Core.Tests.Decoding;

public sealed class CompressionTests
{
    private static readonly Gen<byte[]> _contents = Gen.Int[0, 255].Select(value => (byte)value).Array[0, 3000];

    [Theory]
    [InlineData(CompressionKind.Gzip)]
    [InlineData(CompressionKind.Zstd)]
    public void Members_in_a_row_inflate_to_their_contents_in_a_row_however_they_are_read(CompressionKind kind) =>
        Gen.Select(_contents.Array[1, 4], Gen.Int[1, 5000], Gen.Int[1, 5000]).Sample((contents, inBytes, outBytes) =>
        {
            byte[] compressed = [.. contents.SelectMany(content => Compress(content, kind))];
            var (inflated, error) = Inflate(compressed, kind, inBytes, outBytes);
            Assert.Null(error);
            Assert.Equal(contents.SelectMany(content => content), inflated);
        });

    [Theory]
    [InlineData(CompressionKind.Gzip)]
    [InlineData(CompressionKind.Zstd)]
    public void Data_cut_anywhere_gives_a_beginning_of_the_content_and_says_that_it_ends_early(CompressionKind kind) =>
        Gen.Select(_contents.Where(content => content.Length > 0).Array[1, 3], Gen.Int[0, 1 << 20], Gen.Int[1, 5000]).Sample((contents, cut, outBytes) =>
        {
            var whole = contents.Select(content => Compress(content, kind)).ToArray();
            byte[] compressed = [.. whole.SelectMany(bytes => bytes)];
            cut = 1 + (cut % (compressed.Length - 1));
            var (inflated, error) = Inflate(compressed[..cut], kind, int.MaxValue, outBytes);
            Assert.True(contents.SelectMany(content => content).Take(inflated.Length).SequenceEqual(inflated));

            // Between two members nothing shows that another one is missing.
            var ends = whole.Select((_, i) => whole.Take(i + 1).Sum(bytes => bytes.Length));
            if (ends.Contains(cut))
            {
                Assert.Null(error);
            }
            else
            {
                Assert.True(error!.EndsEarly, error.Message);
            }
        });

    [Theory]
    [InlineData(CompressionKind.Gzip)]
    [InlineData(CompressionKind.Zstd)]
    public void A_damaged_byte_is_never_passed_over_in_silence_when_the_content_differs(CompressionKind kind) =>
        Gen.Select(_contents.Where(content => content.Length > 0), Gen.Int[0, 1 << 20], Gen.Int[1, 255]).Sample((content, at, change) =>
        {
            var compressed = Compress(content, kind);

            // Zstd has no checksum here, so that only its structure can tell: the property is of gzip, whose CRC covers the content.
            at = kind == CompressionKind.Gzip ? at % compressed.Length : at % 4;
            compressed[at] ^= (byte)change;
            var (inflated, error) = Inflate(compressed, kind, int.MaxValue, 4096);
            Assert.True(error is not null || inflated.AsSpan().SequenceEqual(content));
        });

    [Theory]
    [InlineData(CompressionKind.Gzip)]
    [InlineData(CompressionKind.Zstd)]
    public void Bytes_after_the_compressed_data_are_an_error_and_not_ignored(CompressionKind kind)
    {
        var (inflated, error) = Inflate([.. Compress(Utf8("content"), kind), .. Utf8("more of something else")], kind, int.MaxValue, 100);
        Assert.Equal("content", System.Text.Encoding.UTF8.GetString(inflated));
        Assert.False(error!.EndsEarly, error.Message);
    }

    [Fact]
    public void Damaged_gzip_is_told_with_its_place_in_the_file_and_in_the_content()
    {
        var content = new byte[100_000];
        new Random(5).NextBytes(content);
        var whole = Gzip(content);
        foreach (var at in (int[])[whole.Length - 6, whole.Length - 2, whole.Length / 2])
        {
            byte[] damaged = at == whole.Length / 2 ? [.. whole[..at], .. Enumerable.Repeat((byte)0xFF, 100), .. whole[(at + 100)..]] : [.. whole];
            damaged[at] ^= 0x55;
            var (inflated, error) = Inflate([.. damaged, .. whole], CompressionKind.Gzip, 1000, 500);
            Assert.False(error!.EndsEarly);
            var told = Regex.Match(error.Message, "^the gzip data is damaged within its first ([0-9,]+) bytes, behind ([0-9,]+) decompressed bytes$");
            Assert.True(told.Success, error.Message);
            Assert.Equal(inflated.Length, int.Parse(told.Groups[2].Value, NumberStyles.AllowThousands, CultureInfo.InvariantCulture));
            Assert.InRange(int.Parse(told.Groups[1].Value, NumberStyles.AllowThousands, CultureInfo.InvariantCulture), at, damaged.Length + whole.Length);
        }
    }

    [Fact]
    public void Skippable_frames_before_between_and_behind_zstd_frames_are_passed_over() =>
        Gen.Select(_contents.Array[0, 3], _contents.Array[0, 3].Array[4], Gen.Byte[0, 15], Gen.Int[1, 5000], Gen.Int[1, 5000])
            .Sample((contents, skipped, number, inBytes, outBytes) =>
            {
                byte[] compressed = [.. Skip(0), .. contents.SelectMany((content, i) => (byte[])[.. Zstd(content), .. Skip(i + 1)])];
                Assert.True(compressed.Length == 0 || Compression.Detect(compressed) == CompressionKind.Zstd);
                var (inflated, error) = Inflate(compressed, CompressionKind.Zstd, inBytes, outBytes);
                Assert.Null(error);
                Assert.Equal(contents.SelectMany(content => content), inflated);

                byte[] Skip(int place) => [.. skipped[place].SelectMany(content => Skippable(number, content))];
            });

    [Fact]
    public void A_skippable_frame_that_is_cut_ends_early()
    {
        var compressed = Skippable(7, new byte[100]);
        for (var length = 4; length < compressed.Length; length++)
        {
            var (inflated, error) = Inflate(compressed[..length], CompressionKind.Zstd, int.MaxValue, 100);
            Assert.Empty(inflated);
            Assert.True(error?.EndsEarly, $"{length} bytes: {error?.Message}");
        }
    }

    [Fact]
    public void Compression_is_told_by_the_first_bytes()
    {
        Assert.Equal(CompressionKind.Gzip, Compression.Detect(Gzip("x"u8)));
        Assert.Equal(CompressionKind.Zstd, Compression.Detect(Zstd("x"u8)));
        Assert.Equal(CompressionKind.Zstd, Compression.Detect(Skippable(0, [])));
        Assert.Equal(CompressionKind.Zstd, Compression.Detect(Skippable(15, [])));
        Assert.Equal(CompressionKind.None, Compression.Detect("{}"u8));
        Assert.Equal(CompressionKind.None, Compression.Detect([0x50, 0x2A, 0x4D]));
        Assert.Equal(CompressionKind.None, Compression.Detect([0x60, 0x2A, 0x4D, 0x18]));
        Assert.Equal(CompressionKind.None, Compression.Detect([0x1F]));
        Assert.Equal(CompressionKind.None, Compression.Detect([0x28, 0xB5, 0x2F]));
    }

    private static byte[] Compress(byte[] content, CompressionKind kind) => kind == CompressionKind.Gzip ? Gzip(content) : Zstd(content);

    private static (byte[] Inflated, CompressedDataException? Error) Inflate(byte[] compressed, CompressionKind kind, int inBytes, int outBytes)
    {
        using var stream = Compression.Open(new DribblingStream(compressed, inBytes), kind);
        var inflated = new MemoryStream();
        var buffer = new byte[outBytes];
        try
        {
            int read;
            while ((read = stream.Read(buffer)) > 0)
            {
                inflated.Write(buffer, 0, read);
            }

            Assert.Equal(0, stream.Read(buffer));
            return (inflated.ToArray(), null);
        }
        catch (CompressedDataException exception)
        {
            return (inflated.ToArray(), exception);
        }
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
