using Apache.Arrow;
using StreamPipeline.Core.Lake;

namespace StreamPipeline.Core.Decoding;

/// <summary>
/// The events of a micro-batch that are still on their way, in sequence order: columns, and beside each row where it came from.
/// Each stage narrows it with <see cref="Keep"/>. Owner: the call of <see cref="Pipeline.Process"/>.
/// </summary>
internal sealed class EventBatch
{
    private readonly MicroBatch _records;
    private readonly Schema _contractColumns;
    private EventOrigin[] _origins;
    private long[] _eventTimesUs;
    private RecordBatch _rows;
    private RecordBatch? _columns;

    /// <param name="records">What was decoded.</param>
    /// <param name="decoded">Its columns; they stay the caller's.</param>
    /// <param name="contractColumns">The decoded columns without the last, <c>_extra</c>.</param>
    public EventBatch(MicroBatch records, DecodedBatch decoded, Schema contractColumns)
    {
        _records = records;
        _contractColumns = contractColumns;
        _origins = decoded.Origins;
        _eventTimesUs = new long[decoded.RowCount];
        _rows = decoded.Columns;
    }

    /// <summary>The contract's columns; the same object until rows are dropped.</summary>
    public RecordBatch Columns => _columns ??= new(_contractColumns, _rows.Arrays.Take(_contractColumns.FieldsList.Count), _rows.Length);

    /// <summary>The <c>_extra</c> column.</summary>
    public IArrowArray Extra => _rows.Column(_contractColumns.FieldsList.Count);

    public int Count => _rows.Length;

    public ReadOnlySpan<EventOrigin> Origins => _origins;

    /// <summary>Microseconds since the epoch, per row; filled in by the event time stage.</summary>
    public Span<long> EventTimesUs => _eventTimesUs;

    public string Shard => _records.Shard;

    public StreamRecord RecordOf(int row) => _records.Records[_origins[row].Record];

    /// <summary>Keeps the rows, ascending; null keeps all.</summary>
    public void Keep(int[]? rows)
    {
        if (rows is null || rows.Length == Count)
        {
            return;
        }

        _rows = RecordBatches.Take(_rows, rows);
        _columns = null;
        _origins = System.Array.ConvertAll(rows, row => _origins[row]);
        _eventTimesUs = System.Array.ConvertAll(rows, row => _eventTimesUs[row]);
    }
}
