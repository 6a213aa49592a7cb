using Apache.Arrow;
using StreamPipeline.Core.Lake;

namespace StreamPipeline.Core.Decoding;

/// <summary>
/// The events of a micro-batch that are still on their way, in sequence order: columns, and beside each row where it came from.
/// Each stage narrows it with <see cref="Keep"/>. Owner: the call of <see cref="Pipeline.Process"/>.
/// </summary>
public sealed class EventBatch
{
    private readonly MicroBatch _records;
    private EventOrigin[] _origins;
    private long[] _eventTimesUs;

    internal EventBatch(MicroBatch records, DecodedBatch decoded)
    {
        _records = records;
        _origins = decoded.Origins;
        _eventTimesUs = new long[decoded.RowCount];
        Columns = decoded.Columns;
    }

    /// <summary>The contract's columns, then <c>_extra</c>.</summary>
    public RecordBatch Columns { get; private set; }

    public int Count => Columns.Length;

    public ReadOnlySpan<EventOrigin> Origins => _origins;

    /// <summary>Microseconds since the epoch, per row; filled in by the event time stage.</summary>
    public Span<long> EventTimesUs => _eventTimesUs;

    public string Shard => _records.Shard;

    public StreamRecord RecordOf(int row) => _records.Records[_origins[row].Record];

    /// <summary>Keeps the rows, ascending; null keeps all.</summary>
    internal void Keep(int[]? rows)
    {
        if (rows is null || rows.Length == Count)
        {
            return;
        }

        Columns = RecordBatches.Take(Columns, rows);
        _origins = System.Array.ConvertAll(rows, row => _origins[row]);
        _eventTimesUs = System.Array.ConvertAll(rows, row => _eventTimesUs[row]);
    }
}
