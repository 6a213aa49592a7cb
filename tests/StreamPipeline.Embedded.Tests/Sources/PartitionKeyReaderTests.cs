using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.IO.Hashing;
using System.Numerics;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using CsCheck;
using StreamPipeline.Embedded.Sources;

namespace StreamPipeline.Embedded.Tests.Sources;

public sealed class PartitionKeyReaderTests
{
    private static readonly Gen<string> _keys = Gen.OneOf(Gen.String[Gen.Char['a', 'd'], 0, 3], Gen.String[0, 80].Where(text => !text.Any(char.IsSurrogate)));

    [Fact]
    public void The_hash_key_of_kinesis_is_the_md5_as_a_big_endian_number() =>
        Assert.Equal(UInt128.Parse("900150983cd24fb0d6963f7d28e17f72", System.Globalization.NumberStyles.HexNumber, null), PartitionKeyReader.HashKey("abc"u8));

    [Fact]
    [SuppressMessage("Security", "CA5351:Do Not Use Broken Cryptographic Algorithms", Justification = "How Kinesis places records.")]
    public void The_hash_key_of_any_key_is_that_of_the_platform() =>
        Gen.Byte.Array[130].Sample(
            bytes =>
            {
                for (var length = 0; length <= bytes.Length; length++)
                {
                    var key = bytes.AsSpan(0, length);
                    Assert.Equal(BinaryPrimitives.ReadUInt128BigEndian(MD5.HashData(key)), PartitionKeyReader.HashKey(key));
                }
            },
            iter: 20);

    [Fact]
    public void A_shard_is_the_range_that_a_hash_key_falls_into() =>
        Gen.Select(Gen.ULong, Gen.ULong, Gen.Int[1, 10_000]).Sample((high, low, shards) =>
        {
            var hash = new UInt128(high, low);
            Assert.Equal((int)((BigInteger)hash * shards >> 128), PartitionKeyReader.ShardOf(hash, shards));
        });

    [Fact]
    public void A_line_goes_to_the_shard_of_its_key_wherever_the_key_stands_in_it()
    {
        var other = Gen.Int[0, 5].Select(i => new[]
        {
            "\"a\":1", "\"b\":\"x\\\"y\"", "\"c\":{\"key\":\"not this\"}", "\"d\":[[],{\"e\":null}]", "\"keys\":-1.5e3", "\"f\":true",
        }[i]);
        var reader = new PartitionKeyReader("key", 16);
        Gen.Select(_keys, other.Array[0, 4], other.Array[0, 4], Gen.Int[0, 2]).Sample(
            (key, before, after, style) =>
            {
                var name = style == 0 ? "\"key\"" : style == 1 ? " \"k\\u0065y\" " : "\"key\" ";
                var line = "{" + string.Join(", ", [.. before, $"{name}:{JsonSerializer.Serialize(key)}", .. after]) + "}";
                Assert.Equal(PartitionKeyReader.ShardOf(PartitionKeyReader.HashKey(Encoding.UTF8.GetBytes(key)), 16), reader.ShardOf(Encoding.UTF8.GetBytes(line)));
            },
            threads: 1);
    }

    [Theory]
    [InlineData("""{"user":{"id":42}}""", "42")]
    [InlineData("""{"user":{"x":{"id":1},"id":true}}""", "true")]
    [InlineData("""{"user" : { "id" : "a\u0062" } }""", "ab")]
    [InlineData("""{"user":{"id":"cut off after the key","x""", "cut off after the key")]
    public void Nested_fields_and_scalars_are_keys(string line, string key) =>
        Assert.Equal(
            PartitionKeyReader.ShardOf(PartitionKeyReader.HashKey(Encoding.UTF8.GetBytes(key)), 1000),
            new PartitionKeyReader("user.id", 1000).ShardOf(Encoding.UTF8.GetBytes(line)));

    [Theory]
    [InlineData("")]
    [InlineData("[1]")]
    [InlineData("not json")]
    [InlineData("""{"user":1}""")]
    [InlineData("""{"user":{"id":null}}""")]
    [InlineData("""{"user":{"id":[1]}}""")]
    [InlineData("""{"user":{"name":"id"}}""")]
    [InlineData("""{"user":{"id":"open""")]
    [InlineData("""{"user":{"id":"\ud800"}}""")]
    [InlineData("""{"user.id":"x"}""")]
    public void A_line_without_its_key_is_spread_by_a_hash_of_itself(string line)
    {
        var bytes = Encoding.UTF8.GetBytes(line);
        Assert.Equal(PartitionKeyReader.ShardOf(XxHash128.HashToUInt128(bytes), 1000), new PartitionKeyReader("user.id", 1000).ShardOf(bytes));
        Assert.Equal(0, new PartitionKeyReader("user.id", 1).ShardOf(bytes));
        Assert.Equal(PartitionKeyReader.ShardOf(XxHash128.HashToUInt128(bytes), 1000), new PartitionKeyReader(null, 1000).ShardOf(bytes));
    }

    [Fact]
    public void Nesting_without_end_is_a_line_without_a_key()
    {
        var line = Encoding.UTF8.GetBytes("{\"a\":" + new string('[', 10_000) + "\"key\":1");
        Assert.Equal(PartitionKeyReader.ShardOf(XxHash128.HashToUInt128(line), 7), new PartitionKeyReader("key", 7).ShardOf(line));
    }

    [Fact]
    public void Any_bytes_have_a_shard()
    {
        var reader = new PartitionKeyReader("user.id", 5);
        var whole = Encoding.UTF8.GetBytes("""{"a":[1,{"b":"c\\"}],"user":{"x":null,"id":"q\u0061"}}""");
        Gen.Select(Gen.Int[0, whole.Length - 1], Gen.Byte, Gen.Bool).Sample(
            (at, value, cut) =>
            {
                byte[] damaged = cut ? whole[..at] : [.. whole[..at], value, .. whole[(at + 1)..]];
                Assert.InRange(reader.ShardOf(damaged), 0, 4);
            },
            threads: 1,
            iter: 5000);
    }

    [Fact]
    public void Finding_a_shard_allocates_nothing()
    {
        var reader = new PartitionKeyReader("user.id", 4);
        var line = """{"a":[1,{"b":"c\\"}],"user":{"x":null,"id":"q\u0061"}}"""u8.ToArray();
        reader.ShardOf(line);
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 1000; i++)
        {
            reader.ShardOf(line);
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }
}
