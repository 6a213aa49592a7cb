using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using StreamPipeline.Core.Decoding;

namespace StreamPipeline.Core.Lake;

/// <summary>The texts of <c>_sequence</c>, one behind the other.</summary>
/// <param name="bytes">As many as <see cref="BytesOf"/> tells.</param>
internal ref struct SequenceColumn(Span<byte> bytes)
{
    private readonly Span<byte> _bytes = bytes;
    private readonly SequenceTexts _texts = new();
    private SequenceNumber _last;

    // The digits of _last and what means nothing behind them, kept here: what was just written cannot be read back without waiting for it.
    private Vector256<byte> _digits;
    private Vector256<byte> _moreDigits;
    private int _digitCount;

    // How much more the last digit can become; below 0 when there is none. And all bits where it is.
    private int _left = -1;
    private Vector256<byte> _unit;
    private Vector256<byte> _moreUnit;

    public int Length { get; private set; }

    /// <summary>Room for the texts, and for what is written behind the last one.</summary>
    public static int BytesOf(int rows) => checked((rows * EventSequence.BytesMax) + SequenceTexts.BlockBytes);

    /// <summary>The digits of the next row's record. Mostly they are those before and a little more, which the last digit shows.</summary>
    public void Add(in SequenceNumber sequence)
    {
        var more = sequence.Low - _last.Low;
        if (more <= 9 && (int)more <= _left && sequence.Low >= _last.Low && sequence.Middle == _last.Middle && sequence.High == _last.High)
        {
            var step = Vector256.Create((byte)more);
            _digits += step & _unit;
            _moreDigits += step & _moreUnit;
            _left -= (int)more;
        }
        else
        {
            Write(sequence);
        }

        // Whole blocks, of which the next text overwrites what is too much.
        var to = _bytes.Slice(Length, SequenceTexts.BlockBytes);
        _digits.CopyTo(to);
        _moreDigits.CopyTo(to[Vector256<byte>.Count..]);
        Length += _digitCount;
        _last = sequence;
    }

    /// <summary>What tells the events of a record apart, behind its digits.</summary>
    public void AddEvent(int index) => Length += EventSequence.FormatEvent(index, _bytes[Length..]);

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void Write(in SequenceNumber sequence)
    {
        var text = _texts.Of(sequence);
        _digits = Vector256.Create(_texts.Block);
        _moreDigits = Vector256.Create(_texts.Block[Vector256<byte>.Count..]);
        _left = '9' - text[^1];
        if (text.Length != _digitCount)
        {
            _digitCount = text.Length;
            Span<byte> unit = stackalloc byte[SequenceTexts.BlockBytes];
            unit.Clear();
            unit[_digitCount - 1] = byte.MaxValue;
            _unit = Vector256.Create<byte>(unit);
            _moreUnit = Vector256.Create<byte>(unit[Vector256<byte>.Count..]);
        }
    }
}
