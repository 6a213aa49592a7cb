using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.IO.Hashing;
using System.Security.Cryptography;
using System.Text;

namespace StreamPipeline.Embedded.Sources;

/// <summary>
/// Picks the shard of a line as Kinesis would: by the MD5 of its partition key, over shards that divide the hash key space evenly.
/// A line without the key (not JSON up to it, too deep, or the field is absent or not a scalar) is spread by a hash of itself.
/// Allocates nothing per line. Not thread-safe.
/// </summary>
/// <param name="dottedPath">Field that holds the key, such as <c>user.id</c>; null: every line is spread by itself.</param>
/// <param name="shards">From 1.</param>
public sealed class PartitionKeyReader(string? dottedPath, int shards)
{
    // Keys repeat (airports, users), and an MD5 costs more than finding the key: the last hash of each slot is remembered.
    private const int Slots = 4096;
    private const int SlotKeyBytes = 48;

    private readonly byte[][] _path = dottedPath is null ? [] : [.. dottedPath.Split('.').Select(Encoding.UTF8.GetBytes)];
    private readonly byte[] _keys = shards == 1 ? [] : new byte[Slots * SlotKeyBytes];
    private readonly int[] _shardOfSlot = shards == 1 ? [] : new int[Slots];
    private readonly byte[] _lengths = shards == 1 ? [] : new byte[Slots];
    private byte[] _unescaped = new byte[256];

    /// <summary>Below the number of shards.</summary>
    public int ShardOf(ReadOnlySpan<byte> line)
    {
        if (shards == 1)
        {
            return 0;
        }

        if (_path.Length == 0 || !JsonFieldFinder.TryFind(line, _path, ref _unescaped, out var key))
        {
            return ShardOf(XxHash128.HashToUInt128(line), shards);
        }

        if (key.Length is 0 or > SlotKeyBytes)
        {
            return ShardOf(HashKey(key), shards);
        }

        var slot = (int)(XxHash3.HashToUInt64(key) % Slots);
        var slotKey = _keys.AsSpan(slot * SlotKeyBytes, SlotKeyBytes);
        if (_lengths[slot] != key.Length || !slotKey[..key.Length].SequenceEqual(key))
        {
            _shardOfSlot[slot] = ShardOf(HashKey(key), shards);
            _lengths[slot] = (byte)key.Length;
            key.CopyTo(slotKey);
        }

        return _shardOfSlot[slot];
    }

    /// <summary>The hash key of a partition key: its MD5 as a big-endian integer. Source: Kinesis Data Streams, PutRecord.</summary>
    [SuppressMessage("Security", "CA5351:Do Not Use Broken Cryptographic Algorithms", Justification = "How Kinesis places records; nothing is secured by it.")]
    public static UInt128 HashKey(ReadOnlySpan<byte> partitionKey)
    {
        if (partitionKey.Length <= ShortMd5.BytesMax)
        {
            return ShortMd5.Hash(partitionKey);
        }

        Span<byte> hash = stackalloc byte[MD5.HashSizeInBytes];
        MD5.HashData(partitionKey, hash);
        return BinaryPrimitives.ReadUInt128BigEndian(hash);
    }

    /// <summary>floor(hash × shards / 2^128): which of so many even ranges a hash key falls into.</summary>
    public static int ShardOf(UInt128 hashKey, int shards)
    {
        var low = (UInt128)(ulong)hashKey * (uint)shards;
        var high = (UInt128)(ulong)(hashKey >> 64) * (uint)shards;
        return (int)(ulong)((high + (low >> 64)) >> 64);
    }
}
