using System.Runtime.Intrinsics;

namespace StreamPipeline.Core.Lake.Zstd;

/// <summary>Texts of which a line has all, in this order, each but the last with a value behind it.</summary>
internal sealed class LineForm
{
    /// <summary>Most texts.</summary>
    public const int PartsMax = 256;

    // Shorter ones take more than what they save. They are copied as four bytes.
    private const int MatchMin = 4;

    private readonly Part[] _parts = new Part[PartsMax];
    private byte[] _texts = [];
    private byte[] _escaped = [];
    private int _count;
    private int _textBytes;
    private int _escapedBytes;

    public Span<Part> Parts => _parts.AsSpan(0, _count);

    /// <summary>The texts as they are in a record, at <see cref="Part.At"/>, and <see cref="LineText.Padding"/> behind them.</summary>
    public ReadOnlySpan<byte> Texts => _texts;

    /// <summary>The texts as they are in bronze, at <see cref="Part.EscapedAt"/>.</summary>
    public ReadOnlySpan<byte> Escaped => _escaped;

    /// <summary>Which text has the beginning of the data in it or ends there.</summary>
    public int DataPart { get; private set; }

    /// <summary>How many of its bytes are before that.</summary>
    public int DataOffset { get; private set; }

    /// <param name="bytes">Of all texts that will be appended, at most.</param>
    public void Clear(int bytes)
    {
        (_count, _textBytes, _escapedBytes) = (0, 0, 0);
        if (_texts.Length < bytes + LineText.Padding)
        {
            _texts = new byte[bytes + LineText.Padding];
        }

        var escaped = (bytes * JsonText.EscapeBytesMax) + JsonText.RoomFor([]);
        if (_escaped.Length < escaped)
        {
            _escaped = new byte[escaped];
        }
    }

    /// <summary>Appends a text; without one between them two values are one. False when there is no room.</summary>
    /// <param name="line">Has it.</param>
    /// <param name="from">Where.</param>
    /// <param name="count">Bytes of it.</param>
    /// <param name="lastAt">Where in the frame it was last.</param>
    /// <param name="escaped">Bytes of it in bronze.</param>
    public bool TryAppend(LineText line, int from, int count, int lastAt, out int escaped)
    {
        escaped = 0;
        if (count == 0 && _count > 0)
        {
            return true;
        }

        if (_count == PartsMax)
        {
            return false;
        }

        var text = line.Bytes.Slice(from, count);
        text.CopyTo(_texts.AsSpan(_textBytes));
        if (line.DataFrom > from && line.DataFrom <= from + count)
        {
            (DataPart, DataOffset) = (_count, line.DataFrom - from);
        }

        var before = Math.Clamp(line.DataFrom - from, 0, count);
        var data = Math.Clamp(line.DataTo - from, 0, count);
        var start = _escapedBytes;
        Copy(text[..before]);
        _escapedBytes += JsonText.Escape(text[before..data], _escaped.AsSpan(_escapedBytes));
        Copy(text[data..]);
        escaped = _escapedBytes - start;
        _parts[_count++] = new Part
        {
            At = _textBytes,
            Length = count,
            LastMask = uint.MaxValue >> (-count & (Vector256<byte>.Count - 1)),
            EscapedAt = start,
            EscapedLength = escaped,
            IsMatch = escaped >= MatchMin,
            Match = SequenceCodes.OfMatch(Math.Max(escaped, MatchMin)),
            LastAt = lastAt,
        };
        _textBytes += count;
        return true;

        void Copy(ReadOnlySpan<byte> bytes)
        {
            bytes.CopyTo(_escaped.AsSpan(_escapedBytes));
            _escapedBytes += bytes.Length;
        }
    }

    /// <summary>After the last text. False when it does not hold the end of a line.</summary>
    public bool TryEnd()
    {
        for (var i = 0; i < _count - 1; i++)
        {
            _parts[i].EndsAtQuote = _texts[_parts[i + 1].At] is < (byte)' ' or (byte)'"' or (byte)'\\';
        }

        return _parts[_count - 1].Length >= LineText.TailBytes;
    }

    /// <summary>A text.</summary>
    internal struct Part
    {
        /// <summary>Where it is in <see cref="Texts"/>.</summary>
        public int At;
        public int Length;

        /// <summary>A bit for each byte of its last vector.</summary>
        public uint LastMask;

        /// <summary>Whether the value behind it may have commas and brackets in it.</summary>
        public bool EndsAtQuote;

        /// <summary>Where it is in <see cref="Escaped"/>.</summary>
        public int EscapedAt;
        public int EscapedLength;

        /// <summary>Whether it is not too short for a match.</summary>
        public bool IsMatch;

        /// <summary>How long that is.</summary>
        public SequenceCodes.Coded Match;

        /// <summary>Where in the frame's content it was last.</summary>
        public int LastAt;
    }
}
