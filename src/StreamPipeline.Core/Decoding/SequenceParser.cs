namespace StreamPipeline.Core.Decoding;

/// <summary>
/// Parses sequence numbers that follow each other: those of one shard differ in their last thirty digits or so, and only these are read again.
/// Not thread-safe.
/// </summary>
internal sealed class SequenceParser
{
    private const int HeadDigitsMax = SequenceNumber.DigitsMax - SequenceNumber.LongTailDigits;

    // The digits before the tail, and what they are worth: a multiple of 10^32. Empty: none are known.
    private readonly PaddedText _head = new();
    private ulong _headHigh;
    private UInt128 _headLow;

    /// <summary>As <see cref="SequenceNumber.TryParse"/>.</summary>
    public bool TryParse(ReadOnlySpan<byte> digits, out SequenceNumber value)
    {
        var headDigits = digits.Length - SequenceNumber.LongTailDigits;
        if (headDigits <= 0 || headDigits > HeadDigitsMax || !SequenceNumber.TryParseLongTail(digits[headDigits..], out var tail))
        {
            return SequenceNumber.TryParse(digits, out value);
        }

        if (headDigits == _head.Length && _head.Begins(digits))
        {
            var low = _headLow + tail;
            value = new SequenceNumber(_headHigh + (low < tail ? 1UL : 0), (ulong)(low >> 64), (ulong)low);
            return true;
        }

        if (!SequenceNumber.TryParse(digits, out value))
        {
            return false;
        }

        var whole = new UInt128(value.Middle, value.Low);
        (_headHigh, _headLow) = (value.High - (whole < tail ? 1UL : 0), whole - tail);
        _head.Set(digits[..headDigits]);
        return true;
    }
}
