using System.Buffers;
using StreamPipeline.Core.Windows.Aggregates;

namespace StreamPipeline.Core.Windows;

/// <summary>
/// The panes of one metric: a slot per (window start, group), and a column of states per aggregate. One thread fills it;
/// once it is part of a <see cref="PaneLayer"/> it does not change.
/// </summary>
internal sealed class PaneTable
{
    /// <summary>Most groups in all windows of a metric that one layer holds: 64 M slots are gigabytes of state already.</summary>
    private const int SlotsMax = 1 << 26;

    private long[] _starts = new long[16];
    private int[] _groups = new int[16];

    /// <summary>Open addressing; slot + 1, 0 when free. Twice as long as <see cref="_starts"/>.</summary>
    private int[] _buckets = new int[32];

    public PaneTable(Metric metric)
    {
        Metric = metric;
        Columns = Array.ConvertAll(metric.Aggregates, aggregate => aggregate.NewColumn());
    }

    public Metric Metric { get; }

    public GroupKeys Keys { get; } = new();

    /// <summary>One per aggregate of the metric.</summary>
    public AggregateColumn[] Columns { get; }

    /// <summary>Slots.</summary>
    public int Count { get; private set; }

    /// <summary>Microseconds since the epoch.</summary>
    public long WindowStart(int slot) => _starts[slot];

    public ReadOnlySpan<byte> Key(int slot) => Keys[_groups[slot]];

    /// <summary>Its number in <see cref="Keys"/>, or in those of another table.</summary>
    public int Group(int slot) => _groups[slot];

    /// <summary>The slot of a window's group. A new one has no states until the columns are told of it.</summary>
    public int FindOrAdd(long windowStartUs, int group)
    {
        var mask = _buckets.Length - 1;
        var at = Bucket(windowStartUs, group, mask);
        for (; _buckets[at] != 0; at = (at + 1) & mask)
        {
            var slot = _buckets[at] - 1;
            if (_groups[slot] == group && _starts[slot] == windowStartUs)
            {
                return slot;
            }
        }

        if (Count == _starts.Length)
        {
            Grow();
            mask = _buckets.Length - 1;
            for (at = Bucket(windowStartUs, group, mask); _buckets[at] != 0; at = (at + 1) & mask)
            {
            }
        }

        _starts[Count] = windowStartUs;
        _groups[Count] = group;
        _buckets[at] = ++Count;
        return Count - 1;
    }

    /// <summary>Adds the states of <paramref name="other"/>'s windows that <paramref name="keep"/> accepts by start; null: of all.</summary>
    public void Merge(PaneTable other, Func<long, bool>? keep)
    {
        var slots = new int[other.Count];
        var groups = new int[other.Keys.Count];
        groups.AsSpan().Fill(-1);
        for (var slot = 0; slot < slots.Length; slot++)
        {
            if (keep is not null && !keep(other._starts[slot]))
            {
                slots[slot] = -1;
                continue;
            }

            ref var group = ref groups[other._groups[slot]];
            group = group < 0 ? Keys.Intern(other.Key(slot)) : group;
            slots[slot] = FindOrAdd(other._starts[slot], group);
        }

        for (var i = 0; i < Columns.Length; i++)
        {
            Columns[i].EnsureSlots(Count);
            Columns[i].Merge(slots, other.Columns[i]);
        }
    }

    /// <summary>All slots by window start and then group key bytes.</summary>
    public int[] Sorted()
    {
        var startMemory = ArrayPool<long>.Shared.Rent(Count);
        var starts = Starts(startMemory);
        var ranks = Keys.Ranks();
        var order = ArrayPool<long>.Shared.Rent(Count);
        var slots = new int[Count];
        var start = 0;
        for (var slot = 0; slot < slots.Length; slot++)
        {
            start = starts[start] == _starts[slot] ? start : starts.BinarySearch(_starts[slot]);
            order[slot] = ((long)start << 32) | (uint)ranks[_groups[slot]];
            slots[slot] = slot;
        }

        order.AsSpan(0, Count).Sort(slots.AsSpan());
        ArrayPool<long>.Shared.Return(order);
        ArrayPool<long>.Shared.Return(startMemory);
        return slots;
    }

    /// <summary>Each start of a window once, in ascending order.</summary>
    /// <param name="memory">Room for one per slot.</param>
    private Span<long> Starts(long[] memory)
    {
        var count = 0;
        for (var slot = 0; slot < Count; slot++)
        {
            // Most slots are of the window of the one before.
            if (count == 0 || memory[count - 1] != _starts[slot])
            {
                memory[count++] = _starts[slot];
            }
        }

        memory.AsSpan(0, count).Sort();
        var distinct = Math.Min(count, 1);
        for (var i = 1; i < count; i++)
        {
            if (memory[i] != memory[i - 1])
            {
                memory[distinct++] = memory[i];
            }
        }

        return memory.AsSpan(0, distinct);
    }

    private static int Bucket(long windowStartUs, int group, int mask)
    {
        var mixed = ((ulong)windowStartUs * 0x9E3779B97F4A7C15) ^ ((ulong)(uint)group * 0xC2B2AE3D27D4EB4F);
        return (int)((mixed ^ (mixed >> 32)) * 0x9E3779B97F4A7C15 >> 32) & mask;
    }

    private void Grow()
    {
        if (Count >= SlotsMax)
        {
            throw new InvalidOperationException(
                $"metric '{Metric.Name}' has more than {SlotsMax:N0} groups in its open windows; "
                + "group by columns with fewer values, or use shorter windows or a shorter eventTime.allowedLateness");
        }

        Array.Resize(ref _starts, Count * 2);
        Array.Resize(ref _groups, Count * 2);
        _buckets = new int[Count * 4];
        var mask = _buckets.Length - 1;
        for (var slot = 0; slot < Count; slot++)
        {
            var at = Bucket(_starts[slot], _groups[slot], mask);
            while (_buckets[at] != 0)
            {
                at = (at + 1) & mask;
            }

            _buckets[at] = slot + 1;
        }
    }
}
