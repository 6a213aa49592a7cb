using System.Buffers;
using System.Diagnostics.CodeAnalysis;

namespace StreamPipeline.Core.Decoding;

/// <summary>
/// Hops over records of a Lambda event that look like the one before: Lambda writes the same members in the same order, so that all but a few values is the same
/// text, which a comparison by vectors tells. What is between the constant parts is read where it lies. Whatever is not as expected is left to
/// <see cref="LambdaRecordReader"/>, which is never given another answer by this: text that equals that of a record it accepted, with values of the
/// same form between, is JSON and has the same members. Not thread-safe.
/// </summary>
internal sealed class LambdaRecordLayout
{
    /// <summary>Constant parts, and the values behind them: Lambda's records have five values.</summary>
    private const int PartsMax = 9;

    /// <summary>Text beyond it is not what Lambda writes: such records are read one by one.</summary>
    private const int ConstantBytesMax = 16 << 10;

    /// <summary>Ends a string, or makes it one that the reader has to look at.</summary>
    private static readonly SearchValues<byte> _stringEnd = SearchValues.Create(
        [.. Enumerable.Range(0, 0x20).Select(control => (byte)control), (byte)'"', (byte)'\\']);

    private readonly Part[] _parts = new Part[PartsMax];
    private readonly byte[] _arrivalText = new byte[LambdaNumber.ArrivalBytesMax];
    private readonly List<LambdaPlace> _places = [];
    private readonly SequenceParser _sequences = new();
    private byte[] _constants = [];
    private int _count;
    private int _arrivalBytes;
    private long _arrivalUs;
    private LambdaShard? _shard;

    // A record that nothing resembles is not worth learning: the more often in a row learning was for nothing, the longer the next time is put off.
    private int _fruitless;
    private int _pause;

    /// <summary>Records of the current event that were hopped over.</summary>
    public int Hops { get; private set; }

    /// <summary>To be called when another event begins.</summary>
    public void Begin()
    {
        Hops = 0;
        _pause = 0;
        _fruitless = 0;
        _shard = null;
    }

    /// <summary>Takes a record, from brace to brace, that <see cref="LambdaRecordReader"/> has accepted, as the pattern of the next ones.</summary>
    public void Learn(ReadOnlySpan<byte> record)
    {
        if (_pause > 0)
        {
            _pause--;
            return;
        }

        _fruitless = Math.Min(_fruitless + 1, 10);
        _pause = (1 << (_fruitless - 1)) - 1;
        _count = 0;
        _places.Clear();
        LambdaRecordOutline.Find(record, _places);
        var constantBytes = record.Length;
        foreach (var place in _places)
        {
            constantBytes -= place.Length;
        }

        if (_places.Count >= PartsMax || constantBytes > ConstantBytesMax)
        {
            return;
        }

        if (_constants.Length < constantBytes)
        {
            _constants = new byte[constantBytes];
        }

        var (from, at) = (0, 0);
        foreach (var place in _places)
        {
            record[from..place.At].CopyTo(_constants.AsSpan(at));
            _parts[_count++] = new Part(at, place.At - from, place.Value, place.Length);
            at += place.At - from;
            from = place.At + place.Length;
        }

        record[from..].CopyTo(_constants.AsSpan(at));
        _parts[_count++] = new Part(at, record.Length - from, LambdaValue.None, 0);
    }

    /// <summary>Hops over as many records as look like the learnt one.</summary>
    /// <param name="json">The event.</param>
    /// <param name="at">Behind a record.</param>
    /// <param name="records">Receives them.</param>
    /// <returns>Behind the last record.</returns>
    public int Hop(ReadOnlySpan<byte> json, int at, LambdaRecords records)
    {
        while (_count > 0 && TryHop(json, ref at, records))
        {
            Hops++;
            _fruitless = 0;
            _pause = 0;
        }

        return at;
    }

    private bool TryHop(ReadOnlySpan<byte> json, ref int start, LambdaRecords records)
    {
        var at = start;
        if (!TryTakeComma(json, ref at))
        {
            return false;
        }

        SequenceNumber sequence = default;
        ReadOnlySpan<byte> sequenceText = default;
        var dataBytes = 0;
        LambdaShard? shard = null;
        foreach (ref var part in _parts.AsSpan(0, _count))
        {
            if (json.Length - at < part.Length || !json.Slice(at, part.Length).SequenceEqual(_constants.AsSpan(part.At, part.Length)))
            {
                return false;
            }

            at += part.Length;
            var isRead = part.Value switch
            {
                LambdaValue.Sequence => TryReadSequence(json, ref at, ref part, out sequence, out sequenceText),
                LambdaValue.Data => TryDecode(json, ref at, records, out dataBytes),
                LambdaValue.Arrival => TryReadArrival(json, ref at),
                LambdaValue.EventId => TryReadShard(json, ref at, sequenceText, records, out shard),
                LambdaValue.Text => TrySkipText(json, ref at),
                _ => true,
            };
            if (!isRead)
            {
                return false;
            }
        }

        records.Add(shard!, sequence, dataBytes, _arrivalUs);
        start = at;
        return true;
    }

    /// <param name="json">The event.</param>
    /// <param name="at">Behind the opening quote.</param>
    /// <param name="part">Remembers how many digits there were.</param>
    /// <param name="sequence">The number.</param>
    /// <param name="text">Its digits.</param>
    private bool TryReadSequence(ReadOnlySpan<byte> json, scoped ref int at, scoped ref Part part, out SequenceNumber sequence, out ReadOnlySpan<byte> text)
    {
        var rest = json[at..];
        if (rest.Length <= part.Digits || rest[part.Digits] != '"')
        {
            part.Digits = Math.Max(0, rest[..Math.Min(rest.Length, SequenceNumber.DigitsMax + 1)].IndexOf((byte)'"'));
        }

        text = rest[..part.Digits];
        at += part.Digits;
        return _sequences.TryParse(text, out sequence);
    }

    /// <summary>Into what is left of the buffer, where it is overwritten if the record turns out to be another than expected.</summary>
    private static bool TryDecode(ReadOnlySpan<byte> json, ref int at, LambdaRecords records, out int length)
    {
        var isDecoded = Base64Text.TryDecode(json[at..], records.Room.Span, out var characters, out length);
        at += Math.Max(0, characters);
        return isDecoded;
    }

    private bool TryReadArrival(ReadOnlySpan<byte> json, ref int at)
    {
        // Records that arrived together have the same text. What follows it is compared next, and begins with what can follow a number.
        var rest = json[at..];
        if (_arrivalBytes > 0 && rest.StartsWith(_arrivalText.AsSpan(0, _arrivalBytes)))
        {
            at += _arrivalBytes;
            return true;
        }

        // One that reaches to the end of the text may go on behind it.
        var length = LambdaNumber.ReadArrival(rest, out var arrivalUs);
        if (length == 0 || length == rest.Length)
        {
            return false;
        }

        rest[..length].CopyTo(_arrivalText);
        (_arrivalBytes, _arrivalUs) = (length, arrivalUs);
        at += length;
        return true;
    }

    /// <param name="json">The event.</param>
    /// <param name="at">Behind the opening quote.</param>
    /// <param name="sequence">The record's sequence number, which usually stands behind the colon; empty when it has not been read yet.</param>
    /// <param name="records">Knows the shards.</param>
    /// <param name="shard">The one that is named.</param>
    private bool TryReadShard(ReadOnlySpan<byte> json, ref int at, ReadOnlySpan<byte> sequence, LambdaRecords records, [NotNullWhen(true)] out LambdaShard? shard)
    {
        shard = _shard;
        var rest = json[at..];
        if (shard is { Name: var name } && !sequence.IsEmpty && rest.Length > name.Length + 1 + sequence.Length
            && rest.StartsWith(name) && rest[name.Length] == ':' && rest[(name.Length + 1)..].StartsWith(sequence) && rest[name.Length + 1 + sequence.Length] == '"')
        {
            at += name.Length + 1 + sequence.Length;
            return true;
        }

        var length = rest[..Math.Min(rest.Length, LambdaRecordReader.EventIdBytesMax + 1)].IndexOf((byte)'"');
        if (length <= 0)
        {
            return false;
        }

        var id = rest[..length];
        var colon = id.IndexOf((byte)':');
        if (colon is < 1 or > LambdaRecordReader.ShardCharactersMax || id.ContainsAnyExceptInRange((byte)' ', (byte)'~') || id.Contains((byte)'\\'))
        {
            return false;
        }

        _shard = shard = records.Shard(id[..colon], isNew: false);
        at += length;
        return shard is not null;
    }

    private static bool TrySkipText(ReadOnlySpan<byte> json, ref int at)
    {
        var length = json[at..].IndexOfAny(_stringEnd);
        at += Math.Max(length, 0);
        return length >= 0 && json[at] == '"';
    }

    /// <summary>And the white space around it.</summary>
    private static bool TryTakeComma(ReadOnlySpan<byte> json, ref int at)
    {
        if (json.Length - at > 1 && json[at] == ',' && json[at + 1] > ' ')
        {
            at++;
            return true;
        }

        SkipBlank(json, ref at);
        if (at >= json.Length || json[at] != ',')
        {
            return false;
        }

        at++;
        SkipBlank(json, ref at);
        return true;
    }

    private static void SkipBlank(ReadOnlySpan<byte> json, ref int at)
    {
        while (at < json.Length && json[at] is (byte)' ' or (byte)'\t' or (byte)'\r' or (byte)'\n')
        {
            at++;
        }
    }

    /// <param name="At">Where the constant text is.</param>
    /// <param name="Length">Its bytes.</param>
    /// <param name="Value">What follows it.</param>
    /// <param name="Digits">Of the last such value, when it is a sequence number.</param>
    private record struct Part(int At, int Length, LambdaValue Value, int Digits);
}
