using System.Buffers.Binary;
using System.IO.Hashing;
using System.Text;

namespace StreamPipeline.Embedded.Kinesis.Protocol;

/// <summary>What a shard iterator or a next token stands for. Opaque to callers, and good for five minutes.</summary>
/// <param name="Kind">'I' of an iterator, 'L' of ListShards.</param>
/// <param name="IssuedMs">When it was given out, ms since 1970.</param>
/// <param name="StreamCreatedMs">Tells the stream from a later one of the same name.</param>
/// <param name="Shard">Index of the shard to read, or of the last one that was listed.</param>
/// <param name="Index">First record index to read; of a list 1 when it holds open shards only.</param>
/// <param name="Extra">Of a list: the time that its shards were open at, ms since 1970, or −1.</param>
/// <param name="Stream">Name of the stream.</param>
internal readonly record struct OpaqueToken(byte Kind, long IssuedMs, long StreamCreatedMs, int Shard, long Index, long Extra, string Stream)
{
    private const int FixedBytes = 1 + 8 + 8 + 4 + 8 + 8;
    private const int ChecksumBytes = 8;

    public string Write()
    {
        var name = Encoding.UTF8.GetBytes(Stream);
        var bytes = new byte[FixedBytes + name.Length + ChecksumBytes];
        bytes[0] = Kind;
        BinaryPrimitives.WriteInt64BigEndian(bytes.AsSpan(1), IssuedMs);
        BinaryPrimitives.WriteInt64BigEndian(bytes.AsSpan(9), StreamCreatedMs);
        BinaryPrimitives.WriteInt32BigEndian(bytes.AsSpan(17), Shard);
        BinaryPrimitives.WriteInt64BigEndian(bytes.AsSpan(21), Index);
        BinaryPrimitives.WriteInt64BigEndian(bytes.AsSpan(29), Extra);
        name.CopyTo(bytes.AsSpan(FixedBytes));
        BinaryPrimitives.WriteUInt64BigEndian(bytes.AsSpan(bytes.Length - ChecksumBytes), XxHash3.HashToUInt64(bytes.AsSpan(0, bytes.Length - ChecksumBytes)));
        return Convert.ToBase64String(bytes);
    }

    /// <summary>False when the text is not whole, or none of this kind. Nothing secret is in it and nothing is guarded by it: the checksum is against damage.</summary>
    public static bool TryRead(string text, byte kind, out OpaqueToken token)
    {
        token = default;
        Span<byte> room = stackalloc byte[FixedBytes + ChecksumBytes + KinesisLimits.StreamNameCharsMax];
        if (!Convert.TryFromBase64String(text, room, out var length) || length <= FixedBytes + ChecksumBytes)
        {
            return false;
        }

        var bytes = room[..length];
        if (bytes[0] != kind || XxHash3.HashToUInt64(bytes[..^ChecksumBytes]) != BinaryPrimitives.ReadUInt64BigEndian(bytes[^ChecksumBytes..]))
        {
            return false;
        }

        token = new OpaqueToken(
            kind,
            BinaryPrimitives.ReadInt64BigEndian(bytes[1..]),
            BinaryPrimitives.ReadInt64BigEndian(bytes[9..]),
            BinaryPrimitives.ReadInt32BigEndian(bytes[17..]),
            BinaryPrimitives.ReadInt64BigEndian(bytes[21..]),
            BinaryPrimitives.ReadInt64BigEndian(bytes[29..]),
            Encoding.UTF8.GetString(bytes[FixedBytes..^ChecksumBytes]));
        return true;
    }

    /// <summary>Whether it is older than five minutes.</summary>
    public bool IsExpired(long nowMs) => nowMs - IssuedMs > KinesisLimits.IteratorLife.TotalMilliseconds;
}
