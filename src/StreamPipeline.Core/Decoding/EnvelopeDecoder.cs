using StreamPipeline.Core.Configuration;

namespace StreamPipeline.Core.Decoding;

/// <summary>What a record carries once its envelope is undone: JSON text to decode, or one event that could not be undone.</summary>
/// <param name="Bytes">The bytes to decode; with a fault, the bytes as they were found, for quarantine.</param>
/// <param name="Fault">Set: this counts as one rejected event of its record, and <paramref name="Bytes"/> are not to be decoded.</param>
public readonly record struct Payload(ReadOnlyMemory<byte> Bytes, RecordFault? Fault = null);

/// <summary>
/// Undoes what producers wrap events in: KPL aggregates, gzip and zstd, in any order, up to two layers of compression. What is none of
/// these passes through as it is. Nothing is dropped and nothing throws: what cannot be undone is a payload with a fault.
/// Not thread-safe.
/// </summary>
public sealed class EnvelopeDecoder(DecodeLimits limits) : IDisposable
{
    /// <summary>Most of an oversized record that is kept for quarantine, bytes.</summary>
    public const int OversizedRawBytes = 64 << 10;

    private const int CompressionLayersMax = 2;

    private readonly RecordInflater _inflater = new();
    private readonly ByteArena _arena = new();
    private readonly List<ReadOnlyMemory<byte>> _subRecords = [];
    private int _inflatedBytesLeft;

    /// <summary>Bytes of inflated data that <see cref="Reset"/> would free: a caller may cut its batch when they get many.</summary>
    public long BytesHeld => _arena.BytesHeld;

    /// <summary>
    /// Whether the record's data is its only payload as it is, told by the first byte: what <see cref="Unwrap"/> undoes begins with one that begins no JSON.
    /// False does not mean that there is anything to undo.
    /// </summary>
    public bool IsBare(in StreamRecord record) =>
        record.Fault is null && record.Data.Length <= limits.RecordBytes && (record.Data.IsEmpty || record.Data.Span[0] is not (0x1F or 0x28 or (>= 0x50 and <= 0x5F) or 0xF3));

    /// <summary>
    /// Adds the payloads of one record, in order. At least one is added. Their bytes are slices of the record, or inflated data that is
    /// valid until <see cref="Reset"/>.
    /// </summary>
    public void Unwrap(in StreamRecord record, List<Payload> payloads)
    {
        if (record.Fault is not null)
        {
            payloads.Add(new Payload(record.Data, record.Fault));
            return;
        }

        if (record.Data.Length > limits.RecordBytes)
        {
            payloads.Add(TooLarge(record.Data));
            return;
        }

        // One allowance for all that a record inflates to, tries that failed included: a record of a thousand bombs costs what one does.
        _inflatedBytesLeft = limits.InflatedBytes;
        Undo(record.Data, layers: 0, withinAggregate: false, payloads);
    }

    /// <summary>Hands over the memory of all inflated payloads, which then lives until that is disposed; null when there is none.</summary>
    internal IDisposable? Detach() => _arena.Detach();

    /// <summary>Takes back the memory of all inflated payloads.</summary>
    public void Reset() => _arena.Reset();

    public void Dispose()
    {
        _arena.Dispose();
        _inflater.Dispose();
    }

    private void Undo(ReadOnlyMemory<byte> data, int layers, bool withinAggregate, List<Payload> payloads)
    {
        var kind = Compression.Detect(data.Span);
        if (kind != CompressionKind.None)
        {
            UndoCompression(data, kind, layers, withinAggregate, payloads);
        }
        else if (!withinAggregate && KplAggregate.TryOpen(data, out var message))
        {
            UndoAggregate(data, message, layers, payloads);
        }
        else
        {
            payloads.Add(new Payload(data));
        }
    }

    private void UndoAggregate(ReadOnlyMemory<byte> data, ReadOnlyMemory<byte> message, int layers, List<Payload> payloads)
    {
        _subRecords.Clear();
        if (KplAggregate.Read(message, _subRecords) is { } error)
        {
            payloads.Add(new Payload(data, new RecordFault(QuarantineReason.CorruptAggregate, $"a KPL aggregate of {data.Length:N0} bytes: {error}")));
            return;
        }

        if (_subRecords.Count == 0)
        {
            payloads.Add(new Payload(data, new RecordFault(QuarantineReason.Empty, "a KPL aggregate without sub-records")));
            return;
        }

        // Sub-records are not aggregates themselves, so the list is not touched while it is walked.
        foreach (var subRecord in _subRecords)
        {
            Undo(subRecord, layers, withinAggregate: true, payloads);
        }
    }

    private void UndoCompression(
        ReadOnlyMemory<byte> data, CompressionKind kind, int layers, bool withinAggregate, List<Payload> payloads)
    {
        if (layers == CompressionLayersMax)
        {
            payloads.Add(new Payload(data, new RecordFault(
                QuarantineReason.CorruptCompression,
                $"compressed more than {CompressionLayersMax} times, one within the other; at most {CompressionLayersMax} layers are undone")));
            return;
        }

        var outcome = _inflater.Inflate(data, kind, _inflatedBytesLeft, out var inflated, out var error);
        _inflatedBytesLeft -= _inflater.BytesAttempted;
        switch (outcome)
        {
            case InflateOutcome.Inflated:
                Undo(_arena.Keep(inflated), layers + 1, withinAggregate, payloads);
                break;
            case InflateOutcome.TooLarge:
                payloads.Add(new Payload(data, new RecordFault(
                    QuarantineReason.InflatedTooLarge,
                    $"{data.Length:N0} bytes of {kind} inflate a record to more than {limits.InflatedBytes:N0} bytes; limits.inflatedBytes raises it")));
                break;
            default:
                payloads.Add(new Payload(data, new RecordFault(QuarantineReason.CorruptCompression, $"of {data.Length:N0} bytes: {error}")));
                break;
        }
    }

    private Payload TooLarge(ReadOnlyMemory<byte> data) => new(
        data[..Math.Min(data.Length, OversizedRawBytes)],
        new RecordFault(
            QuarantineReason.RecordTooLarge,
            $"the record is {data.Length:N0} bytes, at most {limits.RecordBytes:N0} are allowed; limits.recordBytes raises it up to 10 MiB"));
}
