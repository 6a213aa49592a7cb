using StreamPipeline.Core.Configuration;
using StreamPipeline.Core.Contracts;

namespace StreamPipeline.Core.Decoding;

/// <summary>Records to events: unwraps each record's envelope and decodes what is in it. Not thread-safe; buffers are reused.</summary>
public sealed class RecordDecoder(Contract contract, DecodeLimits limits, IReadOnlySet<string> concealed) : IDisposable
{
    private readonly EnvelopeDecoder _envelope = new(limits);
    private readonly JsonDecoder _json = new(contract, limits, concealed);
    private readonly List<Payload> _payloads = [];
    private int[] _eventsPerRecord = [];

    /// <summary>Decodes the records from <paramref name="firstRecord"/> on; what is not valid goes to <paramref name="rejections"/>.</summary>
    /// <returns>
    /// The caller disposes it; its memory is its own, so several may be alive. Raw bytes of its origins and of the rejections point into the records, or
    /// into inflated data that is the batch's too.
    /// </returns>
    public DecodedBatch Decode(MicroBatch batch, int firstRecord, List<Rejection> rejections) =>
        DecodeRange(batch, firstRecord, batch.Records.Count, rejections);

    /// <summary>How many events the records before <paramref name="endRecord"/> hold: replays are counted as they were counted the first time.</summary>
    public long CountEvents(MicroBatch batch, int endRecord)
    {
        if (endRecord == 0)
        {
            return 0;
        }

        using var decoded = DecodeRange(batch, 0, endRecord, []);
        return decoded.EventCount;
    }

    public void Dispose()
    {
        _envelope.Dispose();
        _json.Dispose();
    }

    private DecodedBatch DecodeRange(MicroBatch batch, int from, int to, List<Rejection> rejections)
    {
        if (_eventsPerRecord.Length < batch.Records.Count)
        {
            _eventsPerRecord = new int[Math.Max(batch.Records.Count, 2 * _eventsPerRecord.Length)];
        }

        var eventsPerRecord = _eventsPerRecord.AsSpan(0, batch.Records.Count);
        eventsPerRecord.Clear();
        var records = batch.Records.Span;
        for (var i = from; i < to; i++)
        {
            i = _json.AppendSingles(records[..to], i, eventsPerRecord, out var unread);
            if (i < to)
            {
                ref readonly var record = ref records[i];
                eventsPerRecord[i] = unread || _envelope.IsBare(record) ? _json.Append(record.Data, i, firstEvent: 0, rejections, unread) : Unwrap(record, i, rejections);
            }
        }

        return _json.Build(eventsPerRecord, _envelope.Detach());
    }

    private int Unwrap(in StreamRecord record, int index, List<Rejection> rejections)
    {
        _payloads.Clear();
        _envelope.Unwrap(record, _payloads);
        var events = 0;
        foreach (var payload in _payloads)
        {
            if (payload.Fault is { } fault)
            {
                rejections.Add(new Rejection(new EventOrigin(index, events, payload.Bytes), fault.Reason, "", fault.Detail));
                events++;
            }
            else
            {
                events += _json.Append(payload.Bytes, index, events, rejections);
            }
        }

        return events;
    }
}
