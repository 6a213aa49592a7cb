using System.Globalization;

namespace StreamPipeline.Core.Decoding;

/// <summary>
/// The digits of sequence numbers, one after the other: mostly a number is the one before it and a little more, and then only its last digits change. Kinesis
/// leaves wider gaps, which change the last thirty. Reused for many; not thread-safe.
/// </summary>
internal sealed class SequenceTexts
{
    /// <summary>Bytes that can be read from the first digit on, however few there are.</summary>
    public const int BlockBytes = 64;

    private readonly byte[] _digits = new byte[BlockBytes];
    private int _length;
    private SequenceNumber _last;

    // The digits before the last 19, and the last 16, as numbers. 0 and more than any number when there are fewer digits.
    private UInt192 _upper;
    private ulong _tail = ulong.MaxValue;

    /// <summary>The digits of the last number, and behind them what means nothing.</summary>
    public ReadOnlySpan<byte> Block => _digits;

    /// <summary>The decimal digits of a number as ASCII, valid until the next call.</summary>
    public ReadOnlySpan<byte> Of(in SequenceNumber sequence)
    {
        var more = sequence.Low - _last.Low;
        if (_tail < SequenceNumber.SixteenDigits && more < SequenceNumber.SixteenDigits - _tail && !sequence.IsBelow(_last)
            && sequence.Middle == _last.Middle && sequence.High == _last.High)
        {
            _tail += more;
            SequenceNumber.WriteSixteen(_tail, _digits.AsSpan(_length - SequenceNumber.TailDigits));
        }
        else
        {
            Write(sequence);
        }

        _last = sequence;
        return _digits.AsSpan(0, _length);
    }

    private void Write(in SequenceNumber sequence)
    {
        if ((sequence.High | sequence.Middle) == 0 && sequence.Low < SequenceNumber.SixteenDigits)
        {
            sequence.Low.TryFormat(_digits, out _length, default, CultureInfo.InvariantCulture);
            _tail = ulong.MaxValue;
            return;
        }

        var upper = new UInt192(sequence.High, sequence.Middle, sequence.Low).DivideByChunk(out var chunk);
        if (_length > SequenceNumber.ChunkDigits && upper == _upper)
        {
            SequenceNumber.WriteChunk(chunk, _digits.AsSpan(_length - SequenceNumber.ChunkDigits));
        }
        else
        {
            _length = sequence.Format(_digits);
            _upper = upper;
        }

        _tail = _length < SequenceNumber.TailDigits ? ulong.MaxValue : chunk % SequenceNumber.SixteenDigits;
    }
}
