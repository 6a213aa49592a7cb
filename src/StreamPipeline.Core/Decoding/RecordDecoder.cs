using StreamPipeline.Core.Configuration;
using StreamPipeline.Core.Contracts;

namespace StreamPipeline.Core.Decoding;

/// <summary>Records to events: unwraps each record's envelope and decodes what is in it. Not thread-safe; buffers are reused.</summary>
public sealed class RecordDecoder(Contract contract, DecodeLimits limits, IReadOnlySet<string> concealed) : IDisposable
{
    private readonly EnvelopeDecoder _envelope = new(limits);
    private readonly JsonDecoder _json = new(contract, limits, concealed);
    private readonly List<Payload> _payloads = [];

    /// <summary>Decodes the records from <paramref name="firstRecord"/> on; what is not valid goes to <paramref name="rejections"/>.</summary>
    /// <returns>Valid until the next call; the caller disposes it. Raw bytes of the origins point into the records or this decoder's buffers.</returns>
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
        return decoded.EventsPerRecord.Sum();
    }

    public void Dispose()
    {
        _envelope.Dispose();
        _json.Dispose();
    }

    private DecodedBatch DecodeRange(MicroBatch batch, int from, int to, List<Rejection> rejections)
    {
        _envelope.Reset();
        var eventsPerRecord = new int[batch.Records.Count];
        for (var i = from; i < to; i++)
        {
            var record = batch.Records[i];
            _payloads.Clear();
            _envelope.Unwrap(record, _payloads);
            var events = 0;
            foreach (var payload in _payloads)
            {
                if (payload.Fault is { } fault)
                {
                    rejections.Add(new Rejection(new EventOrigin(i, events, payload.Bytes), fault.Reason, "", fault.Detail));
                    events++;
                }
                else
                {
                    events += _json.Append(payload.Bytes, i, events, rejections);
                }
            }

            eventsPerRecord[i] = events;
        }

        return _json.Build(eventsPerRecord);
    }
}
