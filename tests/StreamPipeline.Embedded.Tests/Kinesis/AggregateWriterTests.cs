using System.Text;
using CsCheck;
using StreamPipeline.Core.Decoding;
using StreamPipeline.Embedded.Kinesis;

namespace StreamPipeline.Embedded.Tests.Kinesis;

public sealed class AggregateWriterTests
{
    private static readonly Gen<(string Key, byte[] Data)[]> _records =
        Gen.Select(Gen.OneOf(Gen.String[1, 20], Gen.Const("same"), Gen.String[256, 256]), Gen.OneOf(Gen.Byte.Array[0, 40], Gen.Byte.Array[120, 140], Gen.Byte.Array[16_380, 16_390])).Array[1, 300];

    [Fact]
    public void What_is_packed_is_unpacked_by_the_reader_in_its_order() => _records.Sample(records =>
    {
        var writer = new AggregateWriter(16 << 20);
        foreach (var (key, data) in records)
        {
            Assert.True(writer.TryAdd(key, data));
        }

        Assert.Equal(records.Length, writer.Count);
        var announced = writer.Bytes;
        var packed = writer.Finish();
        Assert.Equal(announced, packed.Length);
        Assert.Equal(records.Select(record => Convert.ToHexString(record.Data)), Unpack(packed));
        Assert.Equal(0, writer.Count);
    }, iter: 30);

    [Fact]
    public void It_never_grows_beyond_its_bound_and_starts_over_when_it_is_taken() => Gen.Select(_records, Gen.Int[30, 40_000]).Sample((records, bytesMax) =>
    {
        var writer = new AggregateWriter(bytesMax);
        var unpacked = new List<string>();
        var expected = new List<string>();
        foreach (var (key, data) in records)
        {
            if (!writer.TryAdd(key, data))
            {
                unpacked.AddRange(Unpack(writer.Finish()));
                if (!writer.TryAdd(key, data))
                {
                    // Alone it is too large, too.
                    Assert.True(data.Length + Encoding.UTF8.GetByteCount(key) + 36 > bytesMax);
                    continue;
                }
            }

            Assert.True(writer.Bytes <= bytesMax);
            expected.Add(Convert.ToHexString(data));
        }

        unpacked.AddRange(Unpack(writer.Finish()));
        Assert.Equal(expected, unpacked);
    }, iter: 30);

    [Fact]
    public void The_bytes_are_those_of_the_format()
    {
        var writer = new AggregateWriter(1_000);
        writer.TryAdd("k", "ab"u8);
        writer.TryAdd("k", "c"u8);

        // Magic; key table "k"; record { index 0, data "ab" }; record { index 0, data "c" }; MD5.
        var packed = writer.Finish();
        Assert.Equal("F3899AC2" + "0A016B" + "1A06" + "0800" + "1A026162" + "1A05" + "0800" + "1A0163", Convert.ToHexString(packed[..^16]));
    }

    private static List<string> Unpack(byte[] packed)
    {
        if (packed.Length == 20)
        {
            return [];
        }

        Assert.True(KplAggregate.TryOpen(packed, out var message));
        var records = new List<ReadOnlyMemory<byte>>();
        Assert.Null(KplAggregate.Read(message, records));
        return records.ConvertAll(record => Convert.ToHexString(record.Span));
    }
}
