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

    /// <summary>
    /// Inflated bytes after which a part of a batch ends: as much as a batch of ordinary compressed records inflates to, and never more than one record beyond it, so that a batch of bombs is
    /// processed in parts and not in gigabytes.
    /// </summary>
    internal const int PartRecordsInflated = 4;

    /// <summary>Decodes the records from <paramref name="firstRecord"/> on; what is not valid goes to <paramref name="rejections"/>.</summary>
    /// <returns>
    /// The caller disposes it; its memory is its own, so several may be alive. Raw bytes of its origins and of the rejections point into the records, or
    /// into inflated data that is the batch's too.
    /// </returns>
    public DecodedBatch Decode(MicroBatch batch, int firstRecord, List<Rejection> rejections) =>
        DecodeRange(batch, firstRecord, batch.Records.Count, long.MaxValue, rejections);

    /// <summary>
    /// The same, up to the record with which <see cref="PartRecordsInflated"/> times <c>limits.inflatedBytes</c> are inflated. Where that is depends on the records alone.
    /// </summary>
    /// <returns>As of <see cref="Decode"/>; its events per record end with the last record that was decoded, and there is at least one.</returns>
    internal DecodedBatch DecodePart(MicroBatch batch, int firstRecord, List<Rejection> rejections) =>
        DecodeRange(batch, firstRecord, batch.Records.Count, PartBytes, rejections);

    /// <summary>Whether <see cref="DecodePart"/> may end before the last record: only what is wrapped inflates.</summary>
    internal bool MayBeCut(MicroBatch batch, int firstRecord)
    {
        foreach (ref readonly var record in batch.Records.Span[firstRecord..])
        {
            if (!_envelope.IsBare(record))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>How many events the records from <paramref name="from"/> up to before <paramref name="endRecord"/> hold: replays are counted as they were counted the first time.</summary>
    public long CountEvents(MicroBatch batch, int from, int endRecord)
    {
        var events = 0L;
        while (from < endRecord)
        {
            using var decoded = DecodeRange(batch, from, endRecord, PartBytes, []);
            events += decoded.EventCount;
            from = decoded.EventsPerRecord.Length;
        }

        return events;
    }

    /// <summary>How many events each record holds.</summary>
    internal int[] CountEventsOfEach(MicroBatch batch)
    {
        var events = new int[batch.Records.Count];
        for (var from = 0; from < events.Length;)
        {
            using var decoded = DecodePart(batch, from, []);
            decoded.EventsPerRecord[from..].CopyTo(events.AsSpan(from));
            from = decoded.EventsPerRecord.Length;
        }

        return events;
    }

    public void Dispose()
    {
        _envelope.Dispose();
        _json.Dispose();
    }

    private long PartBytes => (long)PartRecordsInflated * limits.InflatedBytes;

    /// <summary>Ends before <paramref name="to"/> once it holds <paramref name="inflatedMax"/> bytes.</summary>
    private DecodedBatch DecodeRange(MicroBatch batch, int from, int to, long inflatedMax, List<Rejection> rejections)
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
                if (unread || _envelope.IsBare(record))
                {
                    eventsPerRecord[i] = _json.Append(record.Data, i, firstEvent: 0, rejections, unread);
                    continue;
                }

                eventsPerRecord[i] = Unwrap(record, i, rejections);
                to = _envelope.BytesHeld < inflatedMax ? to : i + 1;
            }
        }

        return _json.Build(eventsPerRecord[..to], _envelope.Detach());
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
