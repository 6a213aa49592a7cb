using System.Buffers;
using Apache.Arrow;
using StreamPipeline.Core.Decoding.Columns;

namespace StreamPipeline.Core.Decoding;

/// <summary>
/// The valid events of a micro-batch as Arrow columns. It owns the memory of all of them, so that several batches of one decoder may be alive at a
/// time. Owner: the caller of the decoder, who disposes it once nothing reads a column, a slice of one, or an origin any more. One that is not
/// disposed is safe: its memory then goes the garbage collector's way.
/// </summary>
public sealed class DecodedBatch : IDisposable
{
    private readonly ColumnBuffers _buffers;
    private EventOrigin[] _origins;
    private int[] _eventsPerRecord;
    private IDisposable? _payloads;
    private readonly int _records;

    /// <param name="columns">Over the memory of <paramref name="buffers"/>.</param>
    /// <param name="buffers">Becomes the batch's.</param>
    /// <param name="origins">Taken from an <see cref="OriginList"/>; becomes the batch's.</param>
    /// <param name="eventsPerRecord">Is copied.</param>
    /// <param name="payloads">Memory that origins point into; becomes the batch's.</param>
    internal DecodedBatch(RecordBatch columns, ColumnBuffers buffers, EventOrigin[] origins, ReadOnlySpan<int> eventsPerRecord, IDisposable? payloads)
    {
        Columns = columns;
        _buffers = buffers;
        _origins = origins;
        _payloads = payloads;
        _records = eventsPerRecord.Length;
        _eventsPerRecord = ArrayPool<int>.Shared.Rent(_records);
        eventsPerRecord.CopyTo(_eventsPerRecord);
    }

    /// <summary>The contract's columns in contract order, then <c>_extra</c> (nullable utf8, JSON text).</summary>
    public RecordBatch Columns { get; }

    /// <summary>One per row.</summary>
    public ReadOnlyMemory<EventOrigin> Origins => _origins.AsMemory(0, RowCount);

    /// <summary>For each record of the micro-batch, how many events it held, rejected ones included.</summary>
    public ReadOnlySpan<int> EventsPerRecord => _eventsPerRecord.AsSpan(0, _records);

    /// <summary>Of all records together.</summary>
    public long EventCount
    {
        get
        {
            var sum = 0L;
            foreach (var events in EventsPerRecord)
            {
                sum += events;
            }

            return sum;
        }
    }

    public int RowCount => Columns.Length;

    /// <summary>Gives the memory back. From any thread; a second time it does nothing.</summary>
    public void Dispose()
    {
        _buffers.Dispose();
        Interlocked.Exchange(ref _payloads, null)?.Dispose();
        OriginList.Return(Interlocked.Exchange(ref _origins, []), RowCount);
        var events = Interlocked.Exchange(ref _eventsPerRecord, []);
        if (events.Length > 0)
        {
            ArrayPool<int>.Shared.Return(events);
        }
    }
}
