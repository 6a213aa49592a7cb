using System.Buffers.Binary;
using System.Text;
using CsCheck;
using StreamPipeline.Core.Lake;
using StreamPipeline.Core.Lake.Zstd;
using ZstdSharp;

namespace StreamPipeline.Core.Tests.Lake;

/// <summary>Frames that this project writes itself, read by another's decoder.</summary>
public sealed class ZstdFrameTests
{
    private static readonly Gen<int> Lengths = Gen.OneOf(Gen.Int[0, 300], Gen.Int[0, 20_000], Gen.Int[100_000, 300_000]);

    [Fact]
    public void Bytes_of_any_alphabet_and_frequency_come_back_from_their_codes()
    {
        Gen.Select(Lengths, Gen.Int[1, 256], Gen.Double[0, 12], Gen.Int).Sample(
            (length, symbols, skew, seed) => AssertSame(Page(length, symbols, skew, seed), (frame, page, output) => frame.WriteLiterals(page, 0, output)),
            iter: 400);
    }

    [Fact]
    public void Bytes_of_unlike_stretches_come_back_from_their_codes()
    {
        Gen.Select(Gen.Select(Gen.Int[0, 40_000], Gen.Int[1, 256], Gen.Double[0, 12]).Array[0, 12], Gen.Int).Sample(
            (stretches, seed) =>
            {
                var page = stretches.SelectMany((stretch, i) => Page(stretch.Item1, stretch.Item2, stretch.Item3, seed + i)).ToArray();
                AssertSame(page, (frame, bytes, output) => frame.WriteLiterals(bytes, 0, output));
            },
            iter: 100);
    }

    [Fact]
    public void Words_that_come_again_come_back()
    {
        Gen.Select(Gen.Int[3, 8], Gen.Int[0, 60_000], Gen.Int[1, 20_000], Gen.Int[0, 400], Gen.Int).Sample(
            (width, words, distinct, every, seed) => AssertSame(
                WordPage(width, words, distinct, every, seed), (frame, page, output) => frame.WriteWords(page, 0, width, output)),
            iter: 200);
    }

    [Fact]
    public void Words_that_are_none_come_back_too()
    {
        Gen.Select(Lengths, Gen.Int[1, 256], Gen.Double[0, 12], Gen.Int[3, 8], Gen.Int).Sample(
            (length, symbols, skew, width, seed) => AssertSame(
                Page(length, symbols, skew, seed), (frame, page, output) => frame.WriteWords(page, 0, width, output)),
            iter: 200);
    }

    [Fact]
    public void Stored_bytes_come_back()
    {
        Gen.Select(Lengths, Gen.Int).Sample(
            (length, seed) => AssertSame(Page(length, 256, 0, seed), (frame, page, output) => frame.Store(page, 0, output)), iter: 50);
    }

    [Fact]
    public void What_a_page_begins_with_comes_back_from_blocks_of_its_own()
    {
        Gen.Select(Gen.Int[0, 300_000], Gen.Int[0, 200_000], Gen.Int[1, 40], Gen.Int[3, 8], Gen.Int).Sample(
            (levels, values, symbols, width, seed) =>
            {
                byte[] page = [.. Page(levels, symbols, 2, seed), .. Page(values, 256, 0, seed + 1)];
                AssertSame(page, (frame, bytes, output) => frame.Store(bytes, levels, output));
                AssertSame(page, (frame, bytes, output) => frame.WriteLiterals(bytes, levels, output));
                AssertSame(page, (frame, bytes, output) => frame.WriteWords(bytes, levels, width, output));
            },
            iter: 100);
    }

    [Fact]
    public void Few_nulls_among_values_that_are_stored_take_less_than_a_bit_each()
    {
        // Bits of which one in ten is zero, before bytes without any order.
        var random = new Random(1);
        var page = new byte[40_000];
        random.NextBytes(page.AsSpan(8_000));
        for (var bit = 0; bit < 8 * 8_000; bit++)
        {
            page[bit / 8] |= (byte)(random.Next(10) > 0 ? 1 << (bit % 8) : 0);
        }

        Assert.InRange(Written(page, (frame, bytes, output) => frame.Store(bytes, 8_000, output)).Length, 1, 32_000 + (int)(8_000 * 0.5));
    }

    [Fact]
    public void Ids_in_hex_take_as_few_bits_as_a_prefix_code_can_give_them()
    {
        var random = new Random(1);
        var text = new StringBuilder();
        var id = new byte[16];
        for (var i = 0; i < 20_000; i++)
        {
            random.NextBytes(id);
            text.Append(new Guid(id));
        }

        // Twelve digits of four bits, four of five, a hyphen of three: 148 bits.
        var page = Encoding.ASCII.GetBytes(text.ToString());
        Assert.InRange(Written(page, (frame, bytes, output) => frame.WriteLiterals(bytes, 0, output)).Length, 1, (int)(20_000 * 18.52));
    }

    [Fact]
    public void Nothing_takes_more_than_it_does_stored()
    {
        Gen.Select(Lengths, Gen.Int[1, 256], Gen.Double[0, 12], Gen.Int[3, 8], Gen.Int).Sample(
            (length, symbols, skew, width, seed) =>
            {
                var page = Page(length, symbols, skew, seed);
                var stored = Written(page, (frame, bytes, output) => frame.Store(bytes, 0, output)).Length;
                Assert.InRange(Written(page, (frame, bytes, output) => frame.WriteLiterals(bytes, 0, output)).Length, 0, stored);
                Assert.InRange(Written(page, (frame, bytes, output) => frame.WriteWords(bytes, 0, width, output)).Length, 0, stored);
            },
            iter: 100);
    }

    [Fact]
    public void A_writer_that_was_used_before_writes_the_same()
    {
        using var used = new ZstdFrame();
        Gen.Select(Lengths, Gen.Int[1, 256], Gen.Double[0, 12], Gen.Int).Sample(
            (length, symbols, skew, seed) =>
            {
                var page = Page(length, symbols, skew, seed);
                using var output = new PooledBytes(16);
                used.WriteLiterals(page, 0, output);
                Assert.Equal(Written(page, (frame, bytes, fresh) => frame.WriteLiterals(bytes, 0, fresh)), output.WrittenSpan.ToArray());
                output.Clear();
                used.WriteWords(page, 0, 4, output);
                Assert.Equal(Written(page, (frame, bytes, fresh) => frame.WriteWords(bytes, 0, 4, fresh)), output.WrittenSpan.ToArray());
            },
            iter: 50,
            threads: 1);
    }

    private delegate void FrameWriting(ZstdFrame frame, ReadOnlySpan<byte> page, PooledBytes output);

    private static byte[] Written(byte[] page, FrameWriting write)
    {
        using var frame = new ZstdFrame();
        using var output = new PooledBytes(16);
        write(frame, page, output);
        return output.WrittenSpan.ToArray();
    }

    private static void AssertSame(byte[] page, FrameWriting write)
    {
        using var decompressor = new Decompressor();
        var written = Written(page, write);
        Assert.Equal((ulong)page.Length, Decompressor.GetDecompressedSize(written));
        Assert.True(page.AsSpan().SequenceEqual(decompressor.Unwrap(written)));
    }

    /// <summary>Bytes of an alphabet, the first of it more frequent the greater the skew.</summary>
    private static byte[] Page(int length, int symbols, double skew, int seed)
    {
        var random = new Random(seed);
        var alphabet = new byte[256];
        for (var i = 0; i < alphabet.Length; i++)
        {
            alphabet[i] = (byte)i;
        }

        random.Shuffle(alphabet);
        var page = new byte[length];
        foreach (ref var value in page.AsSpan())
        {
            value = alphabet[(int)(symbols * Math.Pow(random.NextDouble(), 1 + skew))];
        }

        return page;
    }

    /// <summary>Words of so many different values, with a few other bytes after every so many.</summary>
    private static byte[] WordPage(int width, int words, int distinct, int every, int seed)
    {
        var random = new Random(seed);
        var page = new List<byte>();
        var word = new byte[sizeof(ulong)];
        for (var i = 0; i < words; i++)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(word, (ulong)random.Next(distinct) * 0x9E37_79B9_7F4A_7C15);
            page.AddRange(word[..width]);
            for (var other = every > 0 && i % every == 0 ? random.Next(9) : 0; other > 0; other--)
            {
                page.Add((byte)random.Next(256));
            }
        }

        return [.. page];
    }
}
