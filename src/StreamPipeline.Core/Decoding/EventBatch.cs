using System.Runtime.InteropServices;
using Apache.Arrow;
using StreamPipeline.Core.Columns;
using StreamPipeline.Core.Decoding.Columns;
using StreamPipeline.Core.Lake;

namespace StreamPipeline.Core.Decoding;

/// <summary>
/// The events of a micro-batch that are still on their way, in sequence order: columns, and beside each row where it came from.
/// Each stage narrows it with <see cref="Drop"/>. Owner: who owns its buffers.
/// </summary>
internal sealed class EventBatch
{
    private readonly MicroBatch _records;
    private readonly DecodedBatch _decoded;
    private readonly Schema _contractColumns;
    private readonly ColumnBuffers _buffers;
    private readonly byte[] _eventTimesUs;
    private readonly byte[] _arrivalsUs;

    /// <summary>The decoded rows that are left, ascending.</summary>
    private RowRun[] _runs;
    private int _runCount;
    private RecordBatch? _rows;
    private RecordBatch? _columns;

    /// <summary>The run in which the last origin was looked up, and its first row.</summary>
    private (int Run, int First) _cursor;

    /// <param name="records">What was decoded.</param>
    /// <param name="decoded">Its columns; they stay the caller's.</param>
    /// <param name="contractColumns">The decoded columns without the last, <c>_extra</c>.</param>
    /// <param name="buffers">Where the memory for times, and for columns after rows were dropped, comes from; they stay the caller's.</param>
    public EventBatch(MicroBatch records, DecodedBatch decoded, Schema contractColumns, ColumnBuffers buffers)
    {
        _records = records;
        _decoded = decoded;
        _contractColumns = contractColumns;
        _buffers = buffers;
        Count = decoded.RowCount;
        _eventTimesUs = buffers.Rent(Count * sizeof(long));
        _arrivalsUs = buffers.Rent(Count * sizeof(long));
        _runs = buffers.Rent<RowRun>(1);
        _runs[0] = new RowRun(0, Count);
        _runCount = Count == 0 ? 0 : 1;
        FillArrivals();
    }

    /// <summary>The contract's columns; the same object until rows are dropped.</summary>
    public RecordBatch Columns => _columns ??= ContractColumns(Rows);

    /// <summary>The contract's columns of all decoded events. With <see cref="DecodedRows"/> they say what <see cref="Columns"/> does, without a copy.</summary>
    public RecordBatch DecodedColumns => ContractColumns(_decoded.Columns);

    /// <summary>The rows of <see cref="DecodedColumns"/> that are still on their way, ascending.</summary>
    public ReadOnlySpan<RowRun> DecodedRows => _runs.AsSpan(0, _runCount);

    /// <summary>Where the decoded rows came from.</summary>
    public ReadOnlySpan<EventOrigin> DecodedOrigins => _decoded.Origins.Span;

    /// <summary>For each record, how many events it held.</summary>
    public ReadOnlySpan<int> EventsPerRecord => _decoded.EventsPerRecord;

    /// <summary>The <c>_extra</c> column.</summary>
    public IArrowArray Extra => Rows.Column(_contractColumns.FieldsList.Count);

    public int Count { get; private set; }

    /// <summary>Microseconds since the epoch, per row; filled in by the event time stage.</summary>
    public Span<long> EventTimesUs => MemoryMarshal.Cast<byte, long>(_eventTimesUs.AsSpan())[..Count];

    /// <summary>When the record of each row arrived, microseconds since the epoch.</summary>
    public ReadOnlySpan<long> ArrivalsUs => MemoryMarshal.Cast<byte, long>(_arrivalsUs.AsSpan())[..Count];

    /// <summary><see cref="EventTimesUs"/> as a column.</summary>
    public ArrowBuffer EventTimes => new(_eventTimesUs.AsMemory(0, Count * sizeof(long)));

    /// <summary><see cref="ArrivalsUs"/> as a column.</summary>
    public ArrowBuffer Arrivals => new(_arrivalsUs.AsMemory(0, Count * sizeof(long)));

    public MicroBatch Records => _records;

    /// <summary>Valid as long as the batch.</summary>
    public ColumnBuffers Buffers => _buffers;

    /// <summary>Columns are copied once, when they are asked for after the last stage that left rows out.</summary>
    private RecordBatch Rows => _rows ??= Count == _decoded.RowCount ? _decoded.Columns : RecordBatches.Take(_decoded.Columns, DecodedRows, Count, _buffers);

    /// <summary>Where a row came from. Cheap when rows are asked for in ascending order.</summary>
    public EventOrigin OriginOf(int row)
    {
        var (run, first) = row < _cursor.First ? (0, 0) : _cursor;
        for (; row >= first + _runs[run].Count; run++)
        {
            first += _runs[run].Count;
        }

        _cursor = (run, first);
        return DecodedOrigins[_runs[run].Start + row - first];
    }

    /// <summary>Leaves rows out.</summary>
    /// <param name="rows">Ascending.</param>
    public void Drop(ReadOnlySpan<int> rows)
    {
        if (rows.IsEmpty)
        {
            return;
        }

        var runs = _buffers.Rent<RowRun>(_runCount + rows.Length);
        var (count, next, first) = (0, 0, 0);
        foreach (var run in DecodedRows)
        {
            var start = run.Start;
            for (; next < rows.Length && rows[next] < first + run.Count; next++)
            {
                var dropped = run.Start + rows[next] - first;
                if (dropped > start)
                {
                    runs[count++] = new RowRun(start, dropped - start);
                }

                start = dropped + 1;
            }

            first += run.Count;
            if (run.Start + run.Count > start)
            {
                runs[count++] = new RowRun(start, run.Start + run.Count - start);
            }
        }

        Close(EventTimesUs, rows);
        Close(MemoryMarshal.Cast<byte, long>(_arrivalsUs.AsSpan())[..Count], rows);
        (_runs, _runCount, _cursor) = (runs, count, default);
        Count -= rows.Length;
        _rows = null;
        _columns = null;
    }

    /// <summary>Leaves out all but some rows.</summary>
    /// <param name="rows">Ascending.</param>
    public void Keep(ReadOnlySpan<int> rows)
    {
        var dropped = _buffers.Rent<int>(Count - rows.Length);
        var (count, next) = (0, 0);
        for (var row = 0; row < Count; row++)
        {
            if (next < rows.Length && rows[next] == row)
            {
                next++;
            }
            else
            {
                dropped[count++] = row;
            }
        }

        Drop(dropped.AsSpan(0, count));
    }

    /// <summary>Moves the values behind each row that is left out.</summary>
    private static void Close(Span<long> values, ReadOnlySpan<int> rows)
    {
        var to = rows[0];
        for (var i = 0; i < rows.Length; i++)
        {
            var kept = values[(rows[i] + 1)..(i + 1 < rows.Length ? rows[i + 1] : values.Length)];
            kept.CopyTo(values[to..]);
            to += kept.Length;
        }
    }

    private void FillArrivals()
    {
        var arrivalsUs = MemoryMarshal.Cast<byte, long>(_arrivalsUs.AsSpan())[..Count];
        var origins = DecodedOrigins;
        var records = _records.Records.Span;
        for (var row = 0; row < arrivalsUs.Length; row++)
        {
            arrivalsUs[row] = records[origins[row].Record].ArrivalTimeUs;
        }
    }

    private RecordBatch ContractColumns(RecordBatch rows) => new(_contractColumns, rows.Arrays.Take(_contractColumns.FieldsList.Count), rows.Length);
}
