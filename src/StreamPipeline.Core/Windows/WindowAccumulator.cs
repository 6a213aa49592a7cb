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

    private readonly Metric _metric;
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

    /// <summary>Where the rows go: the table, or its slices.</summary>
    private PaneTable _filled;

    /// <param name="table">What the rows add is put here.</param>
    /// <param name="rows">The batch.</param>
    /// <param name="latenessUs">How long after its end a window takes rows.</param>
    /// <param name="memory">For the time that this is used; the caller's.</param>
    public WindowAccumulator(PaneTable table, RecordBatch rows, long latenessUs, ColumnBuffers memory)
    {
        _metric = table.Metric;
        _table = table;
        _filled = table;
        _batch = rows;
        _memory = memory;
        _latenessUs = latenessUs;
        _slots = memory.Rent<int>(BlockRows);
        _rows = memory.Rent<int>(BlockRows);
        _latest = memory.Rent<Latest>(GroupsNoted);
        _arguments = System.Array.ConvertAll(table.Metric.Aggregates, aggregate => aggregate.Argument?.In(rows, memory));
    }

    public static long Clamp(long eventTimeUs) => Math.Clamp(eventTimeUs, EventTimeMinUs, EventTimeMaxUs);

    /// <summary>Adds all rows; marks those that were late for a window and returns how many they are.</summary>
    public long Add(ReadOnlySpan<long> eventTimesUs, long watermarkUs, Span<bool> late)
    {
        var groups = new GroupIds(_metric.Keys, _batch, _table.Keys, _memory);
        if (_metric.SizeUs == _metric.EveryUs)
        {
            return AddToWindows(groups, eventTimesUs, watermarkUs, late, inTimeToo: true);
        }

        // A row is added once to what its windows have in common, and not to each of them.
        var slices = new PaneTable(_metric);
        var inTime = AddToSlices(slices, groups, eventTimesUs, watermarkUs);
        var lateRows = inTime == eventTimesUs.Length ? 0 : AddToWindows(groups, eventTimesUs, watermarkUs, late, inTimeToo: false);
        MergeSlices(slices);
        return lateRows;
    }

    /// <summary>Adds rows to each of their windows: those that are late for one, and the others if they are wanted too.</summary>
    private long AddToWindows(in GroupIds groups, ReadOnlySpan<long> eventTimesUs, long watermarkUs, Span<bool> late, bool inTimeToo)
    {
        var (sizeUs, everyUs) = (_metric.SizeUs, _metric.EveryUs);
        long lateRows = 0;
        var last = _metric.LastWindowStart(0);
        Begin(_table);
        for (var row = 0; row < eventTimesUs.Length; row++)
        {
            var timeUs = Clamp(eventTimesUs[row]);
            if ((ulong)(timeUs - last) >= (ulong)everyUs)
            {
                // Mostly it is that of the row before, and to divide takes longer than all else here.
                last = _metric.LastWindowStart(timeUs);
            }

            var group = -1;
            var isWanted = inTimeToo || IsLate(_metric.FirstWindowStart(timeUs), watermarkUs);
            for (var start = last; isWanted && start > timeUs - sizeUs; start -= everyUs)
            {
                if (IsLate(start, watermarkUs))
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

        Settle();
        return lateRows;
    }

    /// <summary>Adds the rows that are late for none of their windows; returns how many.</summary>
    private int AddToSlices(PaneTable slices, in GroupIds groups, ReadOnlySpan<long> eventTimesUs, long watermarkUs)
    {
        var count = 0;
        var (slice, end) = (0L, 0L);
        var firstWindow = 0L;
        Begin(slices);
        for (var row = 0; row < eventTimesUs.Length; row++)
        {
            var timeUs = Clamp(eventTimesUs[row]);
            if (timeUs < slice || timeUs >= end)
            {
                (slice, end) = _metric.SliceOf(timeUs);
                firstWindow = _metric.FirstWindowStart(slice);
            }

            if (!IsLate(firstWindow, watermarkUs))
            {
                Append(row, Slot(slice, groups.Of(row)));
                count++;
            }

            watermarkUs = Math.Max(watermarkUs, timeUs);
        }

        Settle();
        return count;
    }

    /// <summary>Merges slices into each of their windows: into all their last ones, all those before them, and so on.</summary>
    private void MergeSlices(PaneTable slices)
    {
        var windows = _memory.Rent<int>(slices.Count).AsSpan(0, slices.Count);
        for (long back = 0; ; back += _metric.EveryUs)
        {
            var any = false;
            for (var slot = 0; slot < windows.Length; slot++)
            {
                var slice = slices.WindowStart(slot);
                var start = _metric.LastWindowStart(slice) - back;
                var isOne = start > slice - _metric.SizeUs;
                any |= isOne;
                windows[slot] = isOne ? _table.FindOrAdd(start, slices.Group(slot)) : -1;
            }

            if (!any)
            {
                return;
            }

            for (var i = 0; i < slices.Columns.Length; i++)
            {
                _table.Columns[i].EnsureSlots(_table.Count);
                _table.Columns[i].Merge(windows, slices.Columns[i]);
            }
        }
    }

    private bool IsLate(long windowStartUs, long watermarkUs) => windowStartUs + _metric.SizeUs + _latenessUs <= watermarkUs;

    private void Begin(PaneTable table)
    {
        _filled = table;
        _latest.AsSpan(0, GroupsNoted).Clear();
    }

    private void Settle()
    {
        Flush();
        foreach (var column in _filled.Columns)
        {
            column.Settle();
        }
    }

    /// <summary>A group's window is mostly that of its last row.</summary>
    private int Slot(long start, int group)
    {
        var latest = _latest;
        if ((uint)group >= (uint)latest.Length)
        {
            return _filled.FindOrAdd(start, group);
        }

        ref var known = ref latest[group];
        if (known.SlotAndOne == 0 || known.StartUs != start)
        {
            known = new Latest { StartUs = start, SlotAndOne = _filled.FindOrAdd(start, group) + 1 };
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
            var column = _filled.Columns[i];
            column.EnsureSlots(_filled.Count);
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
