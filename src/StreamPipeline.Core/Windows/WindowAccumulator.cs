using Apache.Arrow;
using StreamPipeline.Core.Columns;
using StreamPipeline.Core.Decoding.Columns;

namespace StreamPipeline.Core.Windows;

/// <summary>
/// Puts the rows of a batch into the panes of one metric. Rows are matched with pane slots first and the aggregates
/// updated in blocks after that, one column at a time.
/// </summary>
internal sealed class WindowAccumulator
{
    private const int BlockRows = 2048;

    /// <summary>Groups whose latest window is at hand.</summary>
    private const int GroupsNoted = 512;

    /// <summary>0001-01-01 and the last microsecond of 9999: no arithmetic on windows can overflow in between.</summary>
    private const long EventTimeMinUs = -62_135_596_800_000_000;
    private const long EventTimeMaxUs = 253_402_300_799_999_999;

    private readonly PaneTable _table;
    private readonly RecordBatch _batch;
    private readonly ColumnBuffers _memory;
    private readonly ColumnView?[] _arguments;
    private readonly long _latenessUs;
    private readonly int[] _slots;
    private readonly int[] _rows;

    /// <summary>By group, for the first ones.</summary>
    private readonly Latest[] _latest;
    private int _pending;

    /// <param name="table">What the rows add is put here.</param>
    /// <param name="rows">The batch.</param>
    /// <param name="latenessUs">How long after its end a window takes rows.</param>
    /// <param name="memory">For the time that this is used; the caller's.</param>
    public WindowAccumulator(PaneTable table, RecordBatch rows, long latenessUs, ColumnBuffers memory)
    {
        _table = table;
        _batch = rows;
        _memory = memory;
        _latenessUs = latenessUs;
        _slots = memory.Rent<int>(BlockRows);
        _rows = memory.Rent<int>(BlockRows);
        _latest = memory.Rent<Latest>(GroupsNoted);
        _latest.AsSpan().Clear();
        _arguments = System.Array.ConvertAll(table.Metric.Aggregates, aggregate => aggregate.Argument?.In(rows, memory));
    }

    public static long Clamp(long eventTimeUs) => Math.Clamp(eventTimeUs, EventTimeMinUs, EventTimeMaxUs);

    /// <summary>Adds all rows; marks those that were late for a window and returns how many they are.</summary>
    public long Add(ReadOnlySpan<long> eventTimesUs, long watermarkUs, Span<bool> late)
    {
        var metric = _table.Metric;
        var sizeUs = metric.SizeUs;
        var everyUs = metric.EveryUs;
        var groups = new GroupIds(metric.Keys, _batch, _table.Keys, _memory);
        long lateRows = 0;
        var last = metric.LastWindowStart(0);
        for (var row = 0; row < eventTimesUs.Length; row++)
        {
            var timeUs = Clamp(eventTimesUs[row]);
            if ((ulong)(timeUs - last) >= (ulong)everyUs)
            {
                // Mostly it is that of the row before, and to divide takes longer than all else here.
                last = metric.LastWindowStart(timeUs);
            }

            var group = -1;
            for (var start = last; start > timeUs - sizeUs; start -= everyUs)
            {
                if (start + sizeUs + _latenessUs <= watermarkUs)
                {
                    // Earlier windows ended even earlier.
                    late[row] = true;
                    lateRows++;
                    break;
                }

                group = group < 0 ? groups.Of(row) : group;
                Append(row, Slot(start, group));
            }

            watermarkUs = Math.Max(watermarkUs, timeUs);
        }

        Flush();
        foreach (var column in _table.Columns)
        {
            column.Settle();
        }

        return lateRows;
    }

    /// <summary>A group's window is mostly that of its last row.</summary>
    private int Slot(long start, int group)
    {
        var latest = _latest;
        if ((uint)group >= (uint)latest.Length)
        {
            return _table.FindOrAdd(start, group);
        }

        ref var known = ref latest[group];
        if (known.SlotAndOne == 0 || known.StartUs != start)
        {
            known = new Latest { StartUs = start, SlotAndOne = _table.FindOrAdd(start, group) + 1 };
        }

        return known.SlotAndOne - 1;
    }

    private void Append(int row, int slot)
    {
        _rows[_pending] = row;
        _slots[_pending] = slot;
        if (++_pending == BlockRows)
        {
            Flush();
        }
    }

    private void Flush()
    {
        for (var i = 0; i < _arguments.Length; i++)
        {
            var column = _table.Columns[i];
            column.EnsureSlots(_table.Count);
            column.Update(_slots.AsSpan(0, _pending), _rows.AsSpan(0, _pending), _arguments[i]);
        }

        _pending = 0;
    }

    private struct Latest
    {
        public long StartUs;

        /// <summary>0: none.</summary>
        public int SlotAndOne;
    }
}
