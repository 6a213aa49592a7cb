namespace StreamPipeline.Core.Decoding;

/// <summary>
/// The decimal digits of one sequence number after the other. Those of a stream ascend, often by little: then only the last sixteen digits are written
/// again. Owner: who writes a batch; not thread-safe.
/// </summary>
internal sealed class SequenceDigits
{
    private const int TailDigits = 16;
    private const ulong TailMax = 9_999_999_999_999_999;

    private readonly byte[] _digits = new byte[SequenceNumber.DigitsMax + 1];
    private SequenceNumber _last;
    private ulong _tail;
    private int _length;

    /// <returns>ASCII; valid until the next call.</returns>
    public ReadOnlySpan<byte> Of(in SequenceNumber number)
    {
        var step = number.Low - _last.Low;
        if (_length >= TailDigits && number.High == _last.High && number.Middle == _last.Middle && number.Low >= _last.Low && step <= TailMax - _tail)
        {
            if (step > 0)
            {
                _tail += step;
                SequenceNumber.WriteSixteen(_tail, _digits.AsSpan(_length - TailDigits));
            }
        }
        else
        {
            _length = number.Format(_digits);
            _tail = _length < TailDigits || !SequenceNumber.TryParse(_digits.AsSpan(_length - TailDigits, TailDigits), out var tail) ? 0 : tail.Low;
        }

        _last = number;
        return _digits.AsSpan(0, _length);
    }
}
