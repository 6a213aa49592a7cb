using System.Text.Json;

namespace StreamPipeline.Core.Decoding;

/// <summary>
/// Reads a Lambda event through a window that slides over it: what is decoded has been read just before and is still in the processor's cache, and an event takes
/// no memory but for its records' data. Only events as Lambda writes them, <c>{"Records":[…]}</c>; whatever else there is, and whatever is wrong, is left to the
/// reader of the whole text, which knows the words for it.
/// </summary>
internal ref struct LambdaEventBlocks
{
    /// <summary>The window slides on when less of it is left than this part, or than <see cref="RecordBytesUsual"/>: records rarely have more.</summary>
    private const int WindowShareLeft = 8;

    private const int RecordBytesUsual = 64 << 10;

    /// <summary>A record stands in an array in an object: both count in <see cref="LambdaEventReader"/>'s 64.</summary>
    private static readonly JsonReaderOptions _recordOptions = new() { MaxDepth = LambdaEventReader.DepthMax - 2 };

    private readonly Stream _source;
    private readonly Span<byte> _window;
    private readonly int _bytesMax;
    private readonly int _leftMax;
    private readonly LambdaRecords _records;
    private readonly LambdaRecordLayout _layout;
    private int _bytes;
    private int _at;
    private int _end;
    private bool _isWhole;

    /// <param name="source">The event from its first byte on.</param>
    /// <param name="bytesMax">Bytes that it has: the records have room for the data of as many.</param>
    /// <param name="window">Has to have room for a record.</param>
    /// <param name="into">Receives it.</param>
    public LambdaEventBlocks(Stream source, int bytesMax, Span<byte> window, LambdaEvent into)
    {
        _source = source;
        _bytesMax = bytesMax;
        _window = window;
        _leftMax = Math.Min(RecordBytesUsual, window.Length / WindowShareLeft);
        _records = into.Records;
        _layout = into.Layout;
        _records.Begin(bytesMax);
        _layout.Begin();
    }

    private readonly ReadOnlySpan<byte> Rest => _window[_at.._end];

    /// <summary>False: what was read is void, and to be read by other means.</summary>
    public bool TryRead()
    {
        if (!TrySlide() || !TryEnterRecords())
        {
            return false;
        }

        for (var isFirst = true; TryGoTo(out var next); isFirst = false)
        {
            if (next == ']')
            {
                return TryEnd();
            }

            if (!isFirst)
            {
                if (next != ',')
                {
                    return false;
                }

                _at++;
                if (!TryGoTo(out _))
                {
                    return false;
                }
            }

            if (!TryReadRecord() && (!TrySlide() || !TryReadRecord()))
            {
                return false;
            }

            if (!TryHop())
            {
                return false;
            }
        }

        return false;
    }

    /// <summary>To behind the bracket with which the records begin.</summary>
    private bool TryEnterRecords()
    {
        var reader = new Utf8JsonReader(Rest, isFinalBlock: false, default);
        try
        {
            if (reader.Read() && reader.TokenType == JsonTokenType.StartObject
                && reader.Read() && reader.TokenType == JsonTokenType.PropertyName && reader.ValueTextEquals("Records"u8)
                && reader.Read() && reader.TokenType == JsonTokenType.StartArray)
            {
                _at += (int)reader.BytesConsumed;
                return true;
            }
        }
        catch (JsonException)
        {
            // The reader of the whole text says what it is.
        }

        return false;
    }

    /// <summary>One record, which has to be in the window; it teaches the layout what the next ones will look like.</summary>
    private bool TryReadRecord()
    {
        var used = _records.Used;
        var reader = new Utf8JsonReader(Rest, _recordOptions);
        try
        {
            reader.Read();
            if (LambdaRecordReader.Read(ref reader, _records) is null)
            {
                var length = (int)reader.BytesConsumed;
                _layout.Learn(Rest[..length]);
                if (_records.Count == 1)
                {
                    _records.Expect(_bytesMax / length);
                }

                _at += length;
                return true;
            }
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            // It may end behind the window.
        }

        _records.Used = used;
        return false;
    }

    /// <summary>Over the records that look alike, window after window.</summary>
    private bool TryHop()
    {
        while (true)
        {
            _at = _layout.Hop(_window[.._end], _at, _records);
            if (_isWhole || _end - _at > _leftMax)
            {
                return true;
            }

            // The window is full afterwards, or the event is whole: so this ends.
            if (!TrySlide())
            {
                return false;
            }
        }
    }

    /// <summary>To the next byte that is not white space; false when there is none.</summary>
    private bool TryGoTo(out byte next)
    {
        while (true)
        {
            var blank = Rest.IndexOfAnyExcept(" \t\r\n"u8);
            _at = blank < 0 ? _end : _at + blank;
            if (blank >= 0 || _isWhole || !TrySlide())
            {
                next = blank < 0 ? default : _window[_at];
                return blank >= 0;
            }
        }
    }

    /// <summary>Whether nothing follows the records but the end of the object.</summary>
    private bool TryEnd()
    {
        _at++;
        if (!TryGoTo(out var next) || next != '}')
        {
            return false;
        }

        _at++;
        return !TryGoTo(out _) && _isWhole;
    }

    /// <summary>Moves what is left to the front and reads on; false when there is more than was said, or no room.</summary>
    private bool TrySlide()
    {
        Rest.CopyTo(_window);
        (_at, _end) = (0, _end - _at);
        if (_end == _window.Length)
        {
            return false;
        }

        while (_end < _window.Length && !_isWhole)
        {
            var read = _source.Read(_window[_end..]);
            _isWhole = read == 0;
            _end += read;
            _bytes += read;
        }

        return _bytes <= _bytesMax;
    }
}
