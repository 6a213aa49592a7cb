using StreamPipeline.Core.Columns;

namespace StreamPipeline.Core.Windows.Aggregates;

/// <summary>
/// The states of one aggregate, one per slot of a pane table. Null and non-finite values are ignored. Whatever is added,
/// merged, written and read in whatever order and grouping, the same values give the same state: batch boundaries never show.
/// </summary>
internal abstract class AggregateColumn
{
    /// <summary>Makes empty states up to <paramref name="slots"/>; called before any other method sees a new slot.</summary>
    public abstract void EnsureSlots(int slots);

    /// <summary>Adds the value of <paramref name="rows"/>[i] to <paramref name="slots"/>[i]; the argument is null only for an aggregate without one.</summary>
    public abstract void Update(ReadOnlySpan<int> slots, ReadOnlySpan<int> rows, ColumnView? argument);

    /// <summary>After the last <see cref="Update"/> and before anything else.</summary>
    public virtual void Settle()
    {
    }

    /// <summary>Adds state i of <paramref name="other"/>, which stays as it is, to <paramref name="slots"/>[i]; −1: to none.</summary>
    public abstract void Merge(ReadOnlySpan<int> slots, AggregateColumn other);

    public abstract void Write(int slot, ByteWriter writer);

    /// <summary>Reads into an empty state.</summary>
    /// <exception cref="InvalidDataException">Corrupt bytes.</exception>
    public abstract void Read(int slot, ref ByteReader reader);

    /// <summary>Room for <paramref name="slots"/> states, doubling.</summary>
    protected static void Grow<T>(ref T[] states, int slots)
    {
        if (slots > states.Length)
        {
            Array.Resize(ref states, Math.Max(slots, Math.Max(16, states.Length * 2)));
        }
    }
}
