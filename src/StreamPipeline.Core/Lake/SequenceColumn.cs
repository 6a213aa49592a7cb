using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using StreamPipeline.Core.Decoding;

namespace StreamPipeline.Core.Lake;

/// <summary>The texts of <c>_sequence</c>, one behind the other.</summary>
/// <param name="bytes">As many as <see cref="BytesOf"/> tells.</param>
internal ref struct SequenceColumn(Span<byte> bytes)
{
    private const int Block = 16;

    private readonly Span<byte> _bytes = bytes;
    private readonly SequenceTexts _digits = new();
    private SequenceNumber _last;

    // The digits of _last.
    private int _at;
    private int _digitCount;

    public int Length { get; private set; }

    /// <summary>Room for the texts, and for what is written behind the last one.</summary>
    public static int BytesOf(int rows) => checked((rows * EventSequence.BytesMax) + Block);

    /// <summary>The digits of the next row's record. Mostly they are those before and a little more, which the last digit shows.</summary>
    public void Add(in SequenceNumber sequence)
    {
        var more = sequence.Low - _last.Low;
        if (more <= 9 && _digitCount > 0 && _bytes[_at + _digitCount - 1] + more <= '9' && sequence.Low >= _last.Low
            && sequence.Middle == _last.Middle && sequence.High == _last.High)
        {
            Repeat();
            _bytes[Length - 1] += (byte)more;
        }
        else
        {
            var text = _digits.Of(sequence);
            text.CopyTo(_bytes[Length..]);
            (_at, _digitCount) = (Length, text.Length);
            Length += text.Length;
        }

        _last = sequence;
    }

    /// <summary>What tells the events of a record apart, behind its digits.</summary>
    public void AddEvent(int index) => Length += EventSequence.FormatEvent(index, _bytes[Length..]);

    /// <summary>The digits before, once more: whole blocks, of which the next text overwrites what is too much.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Repeat()
    {
        ref var to = ref MemoryMarshal.GetReference(_bytes.Slice(Length, _digitCount + Block));
        ref var from = ref MemoryMarshal.GetReference(_bytes[_at..]);
        for (nuint at = 0; at < (nuint)_digitCount; at += Block)
        {
            Vector128.LoadUnsafe(ref from, at).StoreUnsafe(ref to, at);
        }

        _at = Length;
        Length += _digitCount;
    }
}
