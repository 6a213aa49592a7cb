using System.Buffers;
using System.Numerics;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace StreamPipeline.Core.Decoding;

/// <summary>
/// Hops over records of a Lambda event that look like the one before: Lambda writes the same members in the same order, so that all but a few values is the same
/// text, which a comparison by vectors tells. What is between the constant parts is read where it lies. Whatever is not as expected is left to
/// <see cref="LambdaRecordReader"/>, which is never given another answer by this: text that equals that of a record it accepted, with values of the
/// same form between, is JSON and has the same members. Not thread-safe.
/// </summary>
internal sealed unsafe class LambdaRecordLayout
{
    /// <summary>Constant parts, and the values behind them: Lambda's records have five values.</summary>
    private const int PartsMax = 9;

    /// <summary>Text beyond it is not what Lambda writes: such records are read one by one.</summary>
    private const int ConstantBytesMax = 16 << 10;

    /// <summary>Ends a string, or makes it one that the reader has to look at.</summary>
    private static readonly SearchValues<byte> _stringEnd = SearchValues.Create(
        [.. Enumerable.Range(0, 0x20).Select(control => (byte)control), (byte)'"', (byte)'\\']);

    private readonly Part[] _parts = [.. Enumerable.Range(0, PartsMax).Select(_ => new Part(new PaddedText(), LambdaValue.None, 0))];
    private readonly PaddedText _arrivalText = new();
    private readonly List<LambdaPlace> _places = [];
    private readonly SequenceParser _sequences = new();
    private int _count;
    private long _arrivalUs;

    // The last one, and its name with the colon behind it.
    private readonly PaddedText _shardText = new();
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

        var from = 0;
        foreach (var place in _places)
        {
            AddPart(record[from..place.At], place.Value, place.Length);
            from = place.At + place.Length;
        }

        AddPart(record[from..], LambdaValue.None, 0);
    }

    private void AddPart(ReadOnlySpan<byte> constant, LambdaValue value, int length)
    {
        ref var part = ref _parts[_count++];
        part.Text.Set(constant);
        (part.Value, part.Digits) = (value, length);
    }

    /// <summary>Hops over as many records as look like the learnt one.</summary>
    /// <param name="json">The event.</param>
    /// <param name="at">Behind a record.</param>
    /// <param name="records">Receives them.</param>
    /// <returns>Behind the last record.</returns>
    public int Hop(ReadOnlySpan<byte> json, int at, LambdaRecords records)
    {
        fixed (byte* start = json)
        {
            var behind = start + at;
            for (byte* next; _count > 0 && (next = Hop(behind, start + json.Length, records)) != null; behind = next)
            {
                Hops++;
                _fruitless = 0;
                _pause = 0;
            }

            return (int)(behind - start);
        }
    }

    /// <summary>Over one record. As all that follow: behind what is read, or null when it is not as expected.</summary>
    private byte* Hop(byte* at, byte* end, LambdaRecords records)
    {
        at = BehindComma(at, end);
        if (at == null)
        {
            return null;
        }

        SequenceNumber sequence = default;
        ReadOnlySpan<byte> sequenceText = default;
        var dataBytes = 0;
        foreach (ref var part in _parts.AsSpan(0, _count))
        {
            if (!part.Text.Begins(at, end))
            {
                return null;
            }

            at += part.Text.Length;
            switch (part.Value)
            {
                case LambdaValue.Sequence:
                    sequenceText = SequenceText(at, end, ref part);
                    at = _sequences.TryParse(sequenceText, out sequence) ? at + sequenceText.Length : null;
                    break;
                case LambdaValue.Data:
                    at = Decode(at, end, records, out dataBytes);
                    break;
                case LambdaValue.Arrival:
                    at = ReadArrival(at, end);
                    break;
                case LambdaValue.EventId:
                    at = ReadShard(at, end, sequenceText, records);
                    break;
                case LambdaValue.Text:
                    at = BehindText(at, end);
                    break;
            }

            if (at == null)
            {
                return null;
            }
        }

        records.Add(_shard!, sequence, dataBytes, _arrivalUs);
        return at;
    }

    /// <param name="at">Behind the opening quote.</param>
    /// <param name="end">Of the text.</param>
    /// <param name="part">Remembers how many digits there were.</param>
    private static ReadOnlySpan<byte> SequenceText(byte* at, byte* end, ref Part part)
    {
        var left = end - at;
        if (left <= part.Digits || at[part.Digits] != '"')
        {
            part.Digits = Math.Max(0, new ReadOnlySpan<byte>(at, (int)Math.Min(left, SequenceNumber.DigitsMax + 1)).IndexOf((byte)'"'));
        }

        return new ReadOnlySpan<byte>(at, part.Digits);
    }

    /// <summary>Into what is left of the buffer, where it is overwritten if the record turns out to be another than expected.</summary>
    private static byte* Decode(byte* at, byte* end, LambdaRecords records, out int length) =>
        Base64Text.TryDecode(new ReadOnlySpan<byte>(at, (int)(end - at)), records.Room, out var characters, out length) ? at + characters : null;

    private byte* ReadArrival(byte* at, byte* end)
    {
        // Records that arrived together have the same text. What follows it is compared next, and begins with what can follow a number.
        if (_arrivalText.Length > 0 && _arrivalText.Begins(at, end))
        {
            return at + _arrivalText.Length;
        }

        // One that reaches to the end of the text may go on behind it.
        var rest = new ReadOnlySpan<byte>(at, (int)(end - at));
        var length = LambdaNumber.ReadArrival(rest, out var arrivalUs);
        if (length == 0 || length == rest.Length)
        {
            return null;
        }

        _arrivalText.Set(rest[..length]);
        _arrivalUs = arrivalUs;
        return at + length;
    }

    /// <summary>The shard becomes the one that is named.</summary>
    /// <param name="at">Behind the opening quote.</param>
    /// <param name="end">Of the text.</param>
    /// <param name="sequence">The record's sequence number, which usually stands behind the colon; empty when it has not been read yet.</param>
    /// <param name="records">Knows the shards.</param>
    private byte* ReadShard(byte* at, byte* end, ReadOnlySpan<byte> sequence, LambdaRecords records)
    {
        var number = at + _shardText.Length;
        if (_shard is not null && !sequence.IsEmpty && _shardText.Begins(at, end)
            && PaddedText.IsAt(number, end, in MemoryMarshal.GetReference(sequence), sequence.Length)
            && end - number > sequence.Length && number[sequence.Length] == '"')
        {
            return number + sequence.Length;
        }

        var length = new ReadOnlySpan<byte>(at, (int)Math.Min(end - at, LambdaRecordReader.EventIdBytesMax + 1)).IndexOf((byte)'"');
        if (length <= 0)
        {
            return null;
        }

        var id = new ReadOnlySpan<byte>(at, length);
        var colon = id.IndexOf((byte)':');
        if (colon is < 1 or > LambdaRecordReader.ShardCharactersMax || id.ContainsAnyExceptInRange((byte)' ', (byte)'~') || id.Contains((byte)'\\'))
        {
            return null;
        }

        _shard = records.Shard(id[..colon], isNew: false);
        _shardText.Set(id[..(colon + 1)]);
        return _shard is null ? null : at + length;
    }

    private static byte* BehindText(byte* at, byte* end)
    {
        if (Vector256.IsHardwareAccelerated && end - at >= Vector256<byte>.Count)
        {
            var text = Vector256.Load(at);
            var ends = Vector256.Equals(text, Vector256.Create((byte)'"')) | Vector256.Equals(text, Vector256.Create((byte)'\\')) | Vector256.LessThan(text, Vector256.Create((byte)' '));
            if (ends != Vector256<byte>.Zero)
            {
                at += BitOperations.TrailingZeroCount(ends.ExtractMostSignificantBits());
                return *at == '"' ? at : null;
            }
        }

        var length = new ReadOnlySpan<byte>(at, (int)(end - at)).IndexOfAny(_stringEnd);
        return length >= 0 && at[length] == '"' ? at + length : null;
    }

    /// <summary>And the white space around it.</summary>
    private static byte* BehindComma(byte* at, byte* end)
    {
        if (end - at > 1 && *at == ',' && at[1] > ' ')
        {
            return at + 1;
        }

        at = BehindBlank(at, end);
        return at < end && *at == ',' ? BehindBlank(at + 1, end) : null;
    }

    private static byte* BehindBlank(byte* at, byte* end)
    {
        while (at < end && *at is (byte)' ' or (byte)'\t' or (byte)'\r' or (byte)'\n')
        {
            at++;
        }

        return at;
    }

    /// <param name="Text">The constant text.</param>
    /// <param name="Value">What follows it.</param>
    /// <param name="Digits">Of the last such value, when it is a sequence number.</param>
    private record struct Part(PaddedText Text, LambdaValue Value, int Digits);
}
