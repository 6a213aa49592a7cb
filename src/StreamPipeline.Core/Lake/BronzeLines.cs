using System.Buffers;
using System.Buffers.Text;
using System.Text;
using System.Text.Unicode;
using StreamPipeline.Core.Decoding;

namespace StreamPipeline.Core.Lake;

/// <summary>
/// Writes the records of one shard as bronze lines (<see cref="BronzeLine"/>). What comes before a record's data differs from line to line in some digits, so
/// it is kept as text, and only they are changed.
/// </summary>
public sealed class BronzeLines
{
    /// <summary>Bytes of a line beside shard, data and fault: names, 57 digits, a time, quotes, colons and commas.</summary>
    private const int FrameBytes = 192;

    private const int ArrivalBytes = 28;
    private const int FractionBytes = 8;
    private const long SecondUs = 1_000_000;

    private readonly IBufferWriter<byte> _lines;

    /// <summary><c>{"shard":"…","sequence":"…","arrival":"…",</c> of the last record.</summary>
    private readonly byte[] _head;
    private readonly int _digitsAt;
    private int _arrivalAt;
    private int _headLength;
    private SequenceNumber _sequence;
    private long _arrivalUs;

    /// <param name="lines">Receives the lines; the caller's. What was written to it is not read again.</param>
    /// <param name="shard">Shard id.</param>
    public BronzeLines(IBufferWriter<byte> lines, string shard)
    {
        _lines = lines;
        var name = Encoding.UTF8.GetBytes(shard);
        _head = new byte[FrameBytes + JsonText.RoomFor(name)];
        var at = Append(_head, 0, "{\"shard\":\""u8);
        at += JsonText.Escape(name, _head.AsSpan(at));
        _digitsAt = Append(_head, at, "\",\"sequence\":\""u8);
    }

    /// <summary>What a line begins with, up to the name of its data. Valid until the next call.</summary>
    internal ReadOnlySpan<byte> HeadOf(in StreamRecord record)
    {
        MoveHead(record.Sequence, record.ArrivalTimeUs);
        return _head.AsSpan(0, _headLength);
    }

    /// <summary>Appends the line with its line feed.</summary>
    /// <param name="record">At most 10 MiB of data.</param>
    public void Write(in StreamRecord record)
    {
        MoveHead(record.Sequence, record.ArrivalTimeUs);
        var data = record.Data.Span;
        var isText = Utf8.IsValid(data);
        var output = _lines.GetSpan(_headLength + FrameBytes + (isText ? JsonText.RoomFor(data) : Base64.GetMaxEncodedToUtf8Length(data.Length)));
        var at = Append(output, 0, _head.AsSpan(0, _headLength));
        if (isText)
        {
            at = Append(output, at, "\"data\":\""u8);
            at += JsonText.Escape(data, output[at..]);
        }
        else
        {
            at = Append(output, at, "\"data_base64\":\""u8);
            Base64.EncodeToUtf8(data, output[at..], out _, out var written);
            at += written;
        }

        output[at++] = (byte)'"';
        if (record.Fault is null)
        {
            at = Append(output, at, "}\n"u8);
            _lines.Advance(at);
            return;
        }

        // One of the names in QuarantineReason: nothing to escape.
        _lines.Advance(at);
        _lines.Write(",\"fault\":\""u8);
        _lines.Write(Encoding.UTF8.GetBytes(record.Fault.Reason));
        _lines.Write("\"}\n"u8);
    }

    private void MoveHead(SequenceNumber sequence, long arrivalUs)
    {
        if (_headLength == 0 || !TryMoveDigits(sequence))
        {
            _arrivalAt = _digitsAt + sequence.Format(_head.AsSpan(_digitsAt));
            _arrivalAt = Append(_head, _arrivalAt, "\",\"arrival\":\""u8);
            FormatArrival(arrivalUs);
            _headLength = Append(_head, _arrivalAt + ArrivalBytes, "\","u8);
        }
        else if (arrivalUs != _arrivalUs)
        {
            MoveArrival(arrivalUs);
        }

        (_sequence, _arrivalUs) = (sequence, arrivalUs);
    }

    /// <summary>Adds what the number is greater than the last one to the digits; false when that is too much, or takes a digit more.</summary>
    private bool TryMoveDigits(SequenceNumber sequence)
    {
        var digits = _head.AsSpan(_digitsAt..(_arrivalAt - "\",\"arrival\":\""u8.Length));
        var rest = sequence.Low - _sequence.Low;
        if (sequence.High != _sequence.High || sequence.Middle != _sequence.Middle || sequence.Low < _sequence.Low || rest > long.MaxValue)
        {
            return false;
        }

        for (var i = digits.Length - 1; rest > 0; i--)
        {
            if (i < 0)
            {
                return false;
            }

            rest += digits[i] - (ulong)'0';
            var carry = rest / 10;
            digits[i] = (byte)('0' + (rest - (carry * 10)));
            rest = carry;
        }

        return true;
    }

    /// <summary>Within a second only the fraction changes.</summary>
    private void MoveArrival(long arrivalUs)
    {
        var second = Math.DivRem(arrivalUs, SecondUs, out var fraction);
        if (fraction < 0 || _arrivalUs < 0 || second != _arrivalUs / SecondUs)
        {
            FormatArrival(arrivalUs);
            return;
        }

        var text = _head.AsSpan(_arrivalAt + ArrivalBytes - FractionBytes, 6);
        for (var i = text.Length - 1; i >= 0; i--)
        {
            (fraction, var digit) = Math.DivRem(fraction, 10);
            text[i] = (byte)('0' + digit);
        }
    }

    private void FormatArrival(long arrivalUs) =>
        Utf8Formatter.TryFormat(DateTime.UnixEpoch.AddTicks(arrivalUs * 10), _head.AsSpan(_arrivalAt, ArrivalBytes), out _, 'O');

    private static int Append(Span<byte> output, int at, ReadOnlySpan<byte> text)
    {
        text.CopyTo(output[at..]);
        return at + text.Length;
    }
}
