using System.Diagnostics.CodeAnalysis;
using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;
using Google.Protobuf;
using StreamPipeline.Core.Decoding;
using ZstdSharp;

namespace StreamPipeline.Core.Tests.Decoding;

/// <summary>What producers do, done with other code than the decoder's.</summary>
internal static class Envelopes
{
    public static byte[] Utf8(string text) => Encoding.UTF8.GetBytes(text);

    public static byte[] Gzip(ReadOnlySpan<byte> content)
    {
        var compressed = new MemoryStream();
        using (var gzip = new GZipStream(compressed, CompressionLevel.Optimal))
        {
            gzip.Write(content);
        }

        return compressed.ToArray();
    }

    public static byte[] Zstd(ReadOnlySpan<byte> content)
    {
        using var compressor = new Compressor();
        return compressor.Wrap(content).ToArray();
    }

    /// <summary>A zstd frame that decoders pass over (RFC 8878 section 3.1.2).</summary>
    public static byte[] Skippable(byte number, byte[] content) => [(byte)(0x50 + number), 0x2A, 0x4D, 0x18, .. BitConverter.GetBytes(content.Length), .. content];

    public static byte[] Kpl(params byte[][] subRecords) => Sealed(KplMessage(subRecords));

    public static byte[] KplMessage(params byte[][] subRecords)
    {
        var message = new MemoryStream();
        using (var output = new CodedOutputStream(message))
        {
            output.WriteTag(1, WireFormat.WireType.LengthDelimited);
            output.WriteString("a key");
            output.WriteTag(2, WireFormat.WireType.LengthDelimited);
            output.WriteString("170141183460469231731687303715884105728");
            foreach (var data in subRecords)
            {
                var record = new MemoryStream();
                using (var inner = new CodedOutputStream(record))
                {
                    inner.WriteTag(1, WireFormat.WireType.Varint);
                    inner.WriteUInt64(0);
                    inner.WriteTag(3, WireFormat.WireType.LengthDelimited);
                    inner.WriteBytes(ByteString.CopyFrom(data));
                    inner.WriteTag(4, WireFormat.WireType.LengthDelimited);
                    inner.WriteBytes(ByteString.CopyFromUtf8("tag"));
                }

                output.WriteTag(3, WireFormat.WireType.LengthDelimited);
                output.WriteBytes(ByteString.CopyFrom(record.ToArray()));
            }
        }

        return message.ToArray();
    }

    /// <summary>A protobuf message, good or not, between the magic and its MD5.</summary>
    [SuppressMessage("Security", "CA5351:Do Not Use Broken Cryptographic Algorithms", Justification = "The format's checksum.")]
    public static byte[] Sealed(byte[] message) => [0xF3, 0x89, 0x9A, 0xC2, .. message, .. MD5.HashData(message)];

    public static StreamRecord Record(byte[] data, RecordFault? fault = null) => new(SequenceNumber.From(1), data, 0, fault);
}
