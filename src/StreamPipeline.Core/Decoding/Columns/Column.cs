using System.Runtime.CompilerServices;
using Apache.Arrow;
using Apache.Arrow.Types;

namespace StreamPipeline.Core.Decoding.Columns;

/// <summary>
/// A growing Arrow column. It can go back to a row count saved earlier, so that a row found invalid half-way leaves no trace, and it hands
/// over its buffers without touching a value.
/// </summary>
/// <param name="type">Its Arrow type.</param>
/// <param name="nullable">
/// Whether it may hold nulls. When it may not, <see cref="AppendNull"/> adds a valid default: that happens below a null struct only, which masks it.
/// </param>
internal abstract class Column(IArrowType type, bool nullable)
{
    // Behind the last null it is left short: most values are not null, and then cost nothing here.
    private GrowingBits _validity = new();

    public int Count { get; private set; }

    /// <summary>Adds a null.</summary>
    public void AppendNull()
    {
        AppendDefault();
        if (nullable)
        {
            _validity.AppendClearAt(Count);
        }

        Count++;
    }

    /// <summary>Adds so many nulls.</summary>
    public void AppendNulls(int count)
    {
        AppendDefaults(count);
        if (nullable)
        {
            _validity.ExtendSet(Count);
            _validity.ExtendClear(Count + count);
        }

        Count += count;
    }

    /// <summary>Goes back to <paramref name="count"/> values, at most <see cref="Count"/>.</summary>
    public void Truncate(int count)
    {
        // Also when nothing was counted since: a struct or a list broken off half-way has children that are ahead of it.
        TruncateValues(count);
        if (_validity.Length > count)
        {
            _validity.Truncate(count);
        }

        Count = count;
    }

    /// <summary>Hands over what was appended and starts afresh.</summary>
    /// <param name="owner">Gives the memory back; null: the garbage collector takes it.</param>
    public ArrayData Build(ColumnBuffers? owner = null)
    {
        var count = Count;
        var nulls = 0;
        if (_validity.Length > 0)
        {
            _validity.ExtendSet(count);
            nulls = count - _validity.CountSet();
        }

        var validity = nulls > 0 ? _validity.Build(owner) : ArrowBuffer.Empty;
        _validity.Truncate(0);
        Count = 0;
        return BuildValues(type, count, nulls, validity, owner);
    }

    /// <summary>Gives the memory back; the column is not used again.</summary>
    public void Release()
    {
        _validity.Release();
        ReleaseValues();
    }

    /// <summary>Counts a value, not null, whose bytes are written.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    protected void CountValue() => Count++;

    /// <summary>Writes the bytes that stand for a null, as the value behind <see cref="Count"/>, which is counted afterwards.</summary>
    protected abstract void AppendDefault();

    /// <summary>As <see cref="AppendDefault"/>, so many times.</summary>
    protected virtual void AppendDefaults(int count)
    {
        for (var end = Count + count; Count < end; Count++)
        {
            AppendDefault();
        }

        Count -= count;
    }

    protected abstract void TruncateValues(int count);

    protected abstract ArrayData BuildValues(IArrowType arrowType, int count, int nulls, ArrowBuffer validity, ColumnBuffers? owner);

    protected abstract void ReleaseValues();
}
