using StreamPipeline.Core.Decoding;

namespace StreamPipeline.Embedded.Kinesis;

/// <summary>
/// What a sequence number says, laid out as Kinesis lays out its own (version 2, 188 bits, 56 decimal digits), from the top: 4 bits of value 2,
/// 36 bits of the second in which the shard was created, the low 4 bits of the shard's index, 64 bits of index within the shard, 8 bits
/// unused, 36 bits of the second in which the record arrived, 32 bits of the shard's index, 4 bits of version. So numbers ascend within a
/// shard, and those of a shard are above all those of its parents, which were created in an earlier second.
/// Source: the layout that github.com/mhart/kinesalite (db/index.js, <c>stringifySequence</c>) found in real ones.
/// </summary>
/// <param name="CreatedSeconds">Second of 1970 in which the shard was created, below 2^36.</param>
/// <param name="ShardIndex">Number of the shard in its stream, from 0.</param>
/// <param name="Index">Position in the shard, from 1; 0 is where it starts, <see cref="EndIndex"/> where a closed one ends.</param>
/// <param name="ArrivalSeconds">Second of 1970 in which the record arrived, below 2^36.</param>
internal readonly record struct RecordPosition(long CreatedSeconds, int ShardIndex, long Index, long ArrivalSeconds)
{
    /// <summary>Above the index of every record.</summary>
    public const long EndIndex = long.MaxValue;

    private const int Version = 2;
    private const long SecondsMask = (1L << 36) - 1;

    public SequenceNumber ToSequenceNumber()
    {
        var high = (2UL << 56)
            | ((ulong)(CreatedSeconds & SecondsMask) << 20)
            | ((ulong)(ShardIndex & 0xF) << 16)
            | ((ulong)Index >> 48);
        var low = ((UInt128)(ulong)Index << 80)
            | ((UInt128)(ulong)(ArrivalSeconds & SecondsMask) << 36)
            | ((UInt128)(uint)ShardIndex << 4)
            | Version;
        return new SequenceNumber(high, (ulong)(low >> 64), (ulong)low);
    }

    /// <summary>False when the number is none of this layout.</summary>
    public static bool TryRead(SequenceNumber number, out RecordPosition position)
    {
        var (high, middle, low) = number;
        var index = ((high & 0xFFFF) << 48) | (middle >> 16);
        var arrival = ((middle & 0xFF) << 28) | (low >> 36);
        var shard = (uint)(low >> 4);
        position = new RecordPosition((long)(high >> 20) & SecondsMask, (int)shard, (long)index, (long)arrival);
        return high >> 56 == 2 && (low & 0xF) == Version && shard <= int.MaxValue && index <= long.MaxValue
            && ((high >> 16) & 0xF) == (shard & 0xF) && ((middle >> 8) & 0xFF) == 0;
    }

    /// <summary>False when the text is not a decimal number of this layout.</summary>
    public static bool TryParse(string text, out RecordPosition position)
    {
        position = default;
        Span<byte> digits = stackalloc byte[SequenceNumber.DigitsMax];
        return text.Length <= digits.Length
            && System.Text.Encoding.ASCII.TryGetBytes(text, digits, out var length)
            && SequenceNumber.TryParse(digits[..length], out var number)
            && TryRead(number, out position);
    }

    public override string ToString() => ToSequenceNumber().ToString();
}
