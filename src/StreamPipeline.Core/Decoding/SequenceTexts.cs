namespace StreamPipeline.Core.Decoding;

/// <summary>
/// The digits of sequence numbers, one after the other: mostly a number is the one before it and a little more, and then only its last digits change.
/// Reused for many; not thread-safe.
/// </summary>
internal sealed class SequenceTexts
{
    private readonly byte[] _digits = new byte[SequenceNumber.DigitsMax + 1];
    private int _length;
    private SequenceNumber _last;

    /// <summary>The decimal digits of a number as ASCII, valid until the next call.</summary>
    public ReadOnlySpan<byte> Of(SequenceNumber sequence)
    {
        if (_length == 0 || !TryAdd(sequence))
        {
            _length = sequence.Format(_digits);
        }

        _last = sequence;
        return _digits.AsSpan(0, _length);
    }

    /// <summary>Adds what the number is greater than the last one to the digits; false, with digits that mean nothing, when that is too much or takes a digit more.</summary>
    private bool TryAdd(SequenceNumber sequence)
    {
        var more = sequence.Low - _last.Low;
        if (sequence.High != _last.High || sequence.Middle != _last.Middle || sequence.Low < _last.Low || more > long.MaxValue)
        {
            return false;
        }

        var digits = _digits;
        for (var i = _length - 1; more > 0; i--)
        {
            if (i < 0)
            {
                return false;
            }

            more += digits[i] - (ulong)'0';
            var carry = more / 10;
            digits[i] = (byte)('0' + (more - (carry * 10)));
            more = carry;
        }

        return true;
    }
}
