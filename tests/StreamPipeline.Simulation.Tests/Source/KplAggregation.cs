using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;

namespace StreamPipeline.Simulation.Tests.Source;

/// <summary>
/// Packs events as the Kinesis Producer Library does, written from its format description:
/// https://github.com/awslabs/amazon-kinesis-producer/blob/master/aggregation-format.md.
/// </summary>
internal static class KplAggregation
{
    [SuppressMessage("Security", "CA5351:Do Not Use Broken Cryptographic Algorithms", Justification = "The format's checksum.")]
    public static byte[] Pack(IReadOnlyList<SourceEvent> events)
    {
        var message = new List<byte>();
        Field(message, 1, "k"u8);
        foreach (var item in events)
        {
            List<byte> record = [1 << 3, 0];
            Field(record, 3, Encoding.UTF8.GetBytes(item.Json()));
            Field(message, 3, [.. record]);
        }

        byte[] body = [.. message];
        return [0xF3, 0x89, 0x9A, 0xC2, .. body, .. MD5.HashData(body)];
    }

    private static void Field(List<byte> target, int number, ReadOnlySpan<byte> content)
    {
        target.Add((byte)((number << 3) | 2));
        var length = (uint)content.Length;
        for (; length >= 0x80; length >>= 7)
        {
            target.Add((byte)(length | 0x80));
        }

        target.Add((byte)length);
        target.AddRange(content);
    }
}
