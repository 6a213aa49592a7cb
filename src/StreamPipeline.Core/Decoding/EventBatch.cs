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
    private readonly DecodedBatch _decoded;
    private readonly Schema _contractColumns;
    private int[]? _chosen;
    private EventOrigin[] _origins;
    private long[] _eventTimesUs;
    private long[] _arrivalsUs;
    private RecordBatch? _rows;
    private RecordBatch? _columns;

    /// <param name="records">What was decoded.</param>
    /// <param name="decoded">Its columns; they stay the caller's.</param>
    /// <param name="contractColumns">The decoded columns without the last, <c>_extra</c>.</param>
    public EventBatch(MicroBatch records, DecodedBatch decoded, Schema contractColumns)
    {
        _records = records;
        _decoded = decoded;
        _contractColumns = contractColumns;
        _origins = decoded.Origins;
        _eventTimesUs = new long[decoded.RowCount];
        _arrivalsUs = new long[decoded.RowCount];
        for (var row = 0; row < _arrivalsUs.Length; row++)
        {
            _arrivalsUs[row] = RecordOf(row).ArrivalTimeUs;
        }
    }

    /// <summary>The contract's columns; the same object until rows are dropped.</summary>
    public RecordBatch Columns => _columns ??= ContractColumns(Rows);

    /// <summary>The contract's columns of all decoded events. With <see cref="DecodedRows"/> they say what <see cref="Columns"/> does, without a copy.</summary>
    public RecordBatch DecodedColumns => ContractColumns(_decoded.Columns);

    /// <summary>The rows of <see cref="DecodedColumns"/> that are still on their way, ascending; null: all.</summary>
    public int[]? DecodedRows => _chosen;

    /// <summary>The <c>_extra</c> column.</summary>
    public IArrowArray Extra => Rows.Column(_contractColumns.FieldsList.Count);

    public int Count => _origins.Length;

    public ReadOnlySpan<EventOrigin> Origins => _origins;

    /// <summary>Microseconds since the epoch, per row; filled in by the event time stage.</summary>
    public Span<long> EventTimesUs => _eventTimesUs;

    /// <summary>When the record of each row arrived, microseconds since the epoch.</summary>
    public long[] ArrivalsUs => _arrivalsUs;

    public string Shard => _records.Shard;

    /// <summary>Columns are copied once, when they are asked for after the last stage that left rows out.</summary>
    private RecordBatch Rows => _rows ??= _chosen is null ? _decoded.Columns : RecordBatches.Take(_decoded.Columns, _chosen);

    public StreamRecord RecordOf(int row) => _records.Records[_origins[row].Record];

    /// <summary>Keeps the rows, ascending; null keeps all.</summary>
    public void Keep(int[]? rows)
    {
        if (rows is null || rows.Length == Count)
        {
            return;
        }

        _rows = null;
        _columns = null;
        _chosen = _chosen is null ? rows : Pick(_chosen, rows);
        _origins = Pick(_origins, rows);
        _eventTimesUs = Pick(_eventTimesUs, rows);
        _arrivalsUs = Pick(_arrivalsUs, rows);
    }

    private RecordBatch ContractColumns(RecordBatch rows) => new(_contractColumns, rows.Arrays.Take(_contractColumns.FieldsList.Count), rows.Length);

    private static T[] Pick<T>(T[] from, int[] rows)
    {
        var picked = new T[rows.Length];
        for (var i = 0; i < rows.Length; i++)
        {
            picked[i] = from[rows[i]];
        }

        return picked;
    }
}
