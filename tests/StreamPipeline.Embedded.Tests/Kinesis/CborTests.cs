using System.Formats.Cbor;
using StreamPipeline.Embedded.Kinesis;

namespace StreamPipeline.Embedded.Tests.Kinesis;

public sealed class CborTests
{
    private const string Cbor = "application/x-amz-cbor-1.1";

    [Fact]
    public async Task The_CBOR_of_the_Java_SDK_says_the_same_as_JSON()
    {
        await using var kinesis = await LocalKinesis.Start(streams: new InitialStream("s", 1));
        var put = new CborReader(await kinesis.PostForBytes("PutRecord", Write(writer =>
        {
            writer.WriteStartMap(null);
            writer.WriteTextString("StreamName");
            writer.WriteTextString("s");
            writer.WriteTextString("Data");
            writer.WriteByteString([0, 1, 255]);
            writer.WriteTextString("PartitionKey");
            writer.WriteTextString("k");
            writer.WriteEndMap();
        }), Cbor));
        Assert.Equal("shardId-000000000000", Members(put)["ShardId"]);
        Assert.Equal([0, 1, 255], Assert.Single(await kinesis.Read("s", "shardId-000000000000")).Data!.ToArray());

        // A timestamp is tag 1 and milliseconds.
        var iterator = Members(new CborReader(await kinesis.PostForBytes("GetShardIterator", Write(writer =>
        {
            writer.WriteStartMap(4);
            writer.WriteTextString("StreamName");
            writer.WriteTextString("s");
            writer.WriteTextString("ShardId");
            writer.WriteTextString("shardId-000000000000");
            writer.WriteTextString("ShardIteratorType");
            writer.WriteTextString("AT_TIMESTAMP");
            writer.WriteTextString("Timestamp");
            writer.WriteTag(CborTag.UnixTimeSeconds);
            writer.WriteInt64(kinesis.Time.GetUtcNow().ToUnixTimeMilliseconds());
            writer.WriteEndMap();
        }), Cbor)))["ShardIterator"];
        var got = Members(new CborReader(await kinesis.PostForBytes("GetRecords", Write(writer =>
        {
            writer.WriteStartMap(1);
            writer.WriteTextString("ShardIterator");
            writer.WriteTextString((string)iterator!);
            writer.WriteEndMap();
        }), Cbor)));
        var record = Assert.IsType<Dictionary<string, object?>>(Assert.Single(Assert.IsType<List<object?>>(got["Records"])));
        Assert.Equal(new byte[] { 0, 1, 255 }, record["Data"]);
        Assert.Equal(kinesis.Time.GetUtcNow(), DateTimeOffset.FromUnixTimeMilliseconds(Assert.IsType<long>(record["ApproximateArrivalTimestamp"])));
        Assert.Equal(0L, got["MillisBehindLatest"]);
    }

    [Fact]
    public async Task An_error_is_CBOR_too()
    {
        await using var kinesis = await LocalKinesis.Start();
        var fault = Members(new CborReader(await kinesis.PostForBytes("ListShards", Write(writer =>
        {
            writer.WriteStartMap(1);
            writer.WriteTextString("StreamName");
            writer.WriteTextString("none");
            writer.WriteEndMap();
        }), Cbor)));
        Assert.Equal("ResourceNotFoundException", fault["__type"]);
    }

    [Fact]
    public async Task CBOR_that_is_nested_deeply_or_is_none_is_refused()
    {
        await using var kinesis = await LocalKinesis.Start();
        foreach (var body in (byte[][])[Enumerable.Repeat((byte)0x81, 100_000).ToArray(), [0xFF], [], [0x1C], [0xBF, 0x61, 0x61, 0xF9]])
        {
            Assert.Equal("SerializationException", Members(new CborReader(await kinesis.PostForBytes("ListStreams", body, Cbor)))["__type"]);
        }
    }

    private static byte[] Write(Action<CborWriter> write)
    {
        var writer = new CborWriter(CborConformanceMode.Lax, convertIndefiniteLengthEncodings: false);
        write(writer);
        return writer.Encode();
    }

    private static Dictionary<string, object?> Members(CborReader reader) => Assert.IsType<Dictionary<string, object?>>(Value(reader));

    private static object? Value(CborReader reader)
    {
        switch (reader.PeekState())
        {
            case CborReaderState.StartMap:
                var map = new Dictionary<string, object?>();
                reader.ReadStartMap();
                while (reader.PeekState() != CborReaderState.EndMap)
                {
                    map.Add(reader.ReadTextString(), Value(reader));
                }

                reader.ReadEndMap();
                return map;
            case CborReaderState.StartArray:
                var list = new List<object?>();
                reader.ReadStartArray();
                while (reader.PeekState() != CborReaderState.EndArray)
                {
                    list.Add(Value(reader));
                }

                reader.ReadEndArray();
                return list;
            case CborReaderState.Tag:
                Assert.Equal(CborTag.UnixTimeSeconds, reader.ReadTag());
                return reader.ReadInt64();
            case CborReaderState.ByteString:
                return reader.ReadByteString();
            case CborReaderState.TextString:
                return reader.ReadTextString();
            case CborReaderState.Boolean:
                return reader.ReadBoolean();
            default:
                return reader.ReadInt64();
        }
    }
}
