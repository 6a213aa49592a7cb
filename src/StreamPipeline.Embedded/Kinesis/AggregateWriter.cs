using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;

namespace StreamPipeline.Embedded.Kinesis;

/// <summary>
/// Packs several records into one, as the Kinesis Producer Library does: magic, protobuf <c>AggregatedRecord</c>, MD5 of the protobuf. A partition
/// key that repeats is stored once. Not thread-safe.
/// Source: https://github.com/awslabs/amazon-kinesis-producer/blob/master/aggregation-format.md.
/// </summary>
/// <param name="bytesMax">Most bytes of the result.</param>
public sealed class AggregateWriter(int bytesMax)
{
    /// <summary>Most records in one: what readers here and elsewhere accept.</summary>
    public const int RecordsMax = 100_000;

    // Field numbers of AggregatedRecord (1, 3) and Record (1, 3), with their wire types.
    private const byte KeyTableTag = (1 << 3) | 2;
    private const byte RecordTag = (3 << 3) | 2;
    private const byte KeyIndexTag = 1 << 3;
    private const byte DataTag = (3 << 3) | 2;

    private readonly ArrayBufferWriter<byte> _keys = new();
    private readonly ArrayBufferWriter<byte> _records = new();
    private readonly Dictionary<string, uint> _keyIndex = new(StringComparer.Ordinal);

    private static ReadOnlySpan<byte> Magic => [0xF3, 0x89, 0x9A, 0xC2];

    /// <summary>Records so far.</summary>
    public int Count { get; private set; }

    /// <summary>Size that <see cref="Finish"/> would have now.</summary>
    public int Bytes => Magic.Length + _keys.WrittenCount + _records.WrittenCount + MD5.HashSizeInBytes;

    /// <summary>Adds a record, or leaves all as it is and returns false when it does not fit.</summary>
    public bool TryAdd(string partitionKey, ReadOnlySpan<byte> data)
    {
        var isNew = !_keyIndex.TryGetValue(partitionKey, out var index);
        if (isNew)
        {
            index = (uint)_keyIndex.Count;
        }

        var keyBytes = isNew ? Encoding.UTF8.GetByteCount(partitionKey) : 0;
        var recordBytes = 1 + VarintBytes(index) + 1 + VarintBytes((uint)data.Length) + data.Length;
        long added = (isNew ? 1 + VarintBytes((uint)keyBytes) + keyBytes : 0) + 1 + VarintBytes((uint)recordBytes) + (long)recordBytes;
        if (Count == RecordsMax || Bytes + added > bytesMax)
        {
            return false;
        }

        if (isNew)
        {
            _keyIndex.Add(partitionKey, index);
            WriteHead(_keys, KeyTableTag, (uint)keyBytes);
            Encoding.UTF8.GetBytes(partitionKey, _keys);
        }

        WriteHead(_records, RecordTag, (uint)recordBytes);
        WriteHead(_records, KeyIndexTag, index);
        WriteHead(_records, DataTag, (uint)data.Length);
        _records.Write(data);
        Count++;
        return true;
    }

    /// <summary>The packed record; the writer is empty afterwards.</summary>
    [SuppressMessage("Security", "CA5351:Do Not Use Broken Cryptographic Algorithms", Justification = "The format's checksum; nothing is secured by it.")]
    public byte[] Finish()
    {
        var result = new byte[Bytes];
        Magic.CopyTo(result);
        _keys.WrittenSpan.CopyTo(result.AsSpan(Magic.Length));
        _records.WrittenSpan.CopyTo(result.AsSpan(Magic.Length + _keys.WrittenCount));
        MD5.HashData(result.AsSpan(Magic.Length..^MD5.HashSizeInBytes), result.AsSpan(result.Length - MD5.HashSizeInBytes));
        _keys.ResetWrittenCount();
        _records.ResetWrittenCount();
        _keyIndex.Clear();
        Count = 0;
        return result;
    }

    private static int VarintBytes(uint value) => value switch
    {
        < 1u << 7 => 1,
        < 1u << 14 => 2,
        < 1u << 21 => 3,
        < 1u << 28 => 4,
        _ => 5,
    };

    private static void WriteHead(ArrayBufferWriter<byte> buffer, byte tag, uint value)
    {
        var room = buffer.GetSpan(6);
        room[0] = tag;
        var length = 1;
        for (; value >= 0x80; value >>= 7)
        {
            room[length++] = (byte)(value | 0x80);
        }

        room[length++] = (byte)value;
        buffer.Advance(length);
    }
}
