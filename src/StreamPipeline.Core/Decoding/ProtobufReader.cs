namespace StreamPipeline.Core.Decoding;

/// <summary>
/// Walks the fields of one protobuf message without copying. It knows only the wire format; see
/// https://protobuf.dev/programming-guides/encoding/. Groups (deprecated wire types 3 and 4) count as broken.
/// </summary>
internal ref struct ProtobufReader(ReadOnlySpan<byte> message)
{
    private const int Varint = 0, Fixed64 = 1, LengthDelimited = 2, Fixed32 = 5;

    private readonly ReadOnlySpan<byte> _message = message;
    private int _position;

    /// <summary>True once a field did not fit the format; <see cref="Next"/> then returns false.</summary>
    public bool Broken { get; private set; }

    public int FieldNumber { get; private set; }

    /// <summary>True for strings, bytes and messages, whose content is <see cref="Start"/> and <see cref="Length"/>.</summary>
    public bool IsLengthDelimited { get; private set; }

    public int Start { get; private set; }

    public int Length { get; private set; }

    /// <summary>Moves to the next field; false at the end of the message and when it is <see cref="Broken"/>.</summary>
    public bool Next()
    {
        if (Broken || _position == _message.Length)
        {
            return false;
        }

        if (!TryReadVarint(out var tag) || tag >> 3 is 0 or > 536_870_911)
        {
            return Fail();
        }

        FieldNumber = (int)(tag >> 3);
        IsLengthDelimited = false;
        switch ((int)(tag & 7))
        {
            case Varint:
                return TryReadVarint(out _) || Fail();
            case Fixed64:
                return Skip(8);
            case Fixed32:
                return Skip(4);
            case LengthDelimited when TryReadVarint(out var length) && length <= (ulong)(_message.Length - _position):
                IsLengthDelimited = true;
                Start = _position;
                Length = (int)length;
                _position += Length;
                return true;
            default:
                return Fail();
        }
    }

    private bool Skip(int bytes)
    {
        if (_message.Length - _position < bytes)
        {
            return Fail();
        }

        _position += bytes;
        return true;
    }

    private bool Fail()
    {
        Broken = true;
        return false;
    }

    private bool TryReadVarint(out ulong value)
    {
        value = 0;
        for (var shift = 0; shift < 70 && _position < _message.Length; shift += 7)
        {
            var next = _message[_position++];
            value |= (ulong)(next & 0x7F) << shift;
            if (next < 0x80)
            {
                return true;
            }
        }

        return false;
    }
}
