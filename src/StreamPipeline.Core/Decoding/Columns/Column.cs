using System.Runtime.CompilerServices;
using Apache.Arrow;
using Apache.Arrow.Types;

namespace StreamPipeline.Core.Decoding.Columns;

/// <summary>
/// A growing Arrow column. It can go back to a row count saved earlier, so that a row found invalid half-way leaves no trace, and it hands
/// over its buffers without touching a value.
/// </summary>
/// <remarks>
/// Nulls of a column without children wait until the next value is written, where they are many: most columns of a wide contract are null most of the time, and then
/// cost a count.
/// </remarks>
/// <param name="type">Its Arrow type.</param>
/// <param name="nullable">
/// Whether it may hold nulls. When it may not, <see cref="AppendNull"/> adds a valid default: that happens below a null struct only, which masks it.
/// </param>
/// <param name="hasChildren">Whether a null is one of other columns too: they must be as many at any time.</param>
internal abstract class Column(IArrowType type, bool nullable, bool hasChildren)
{
    /// <summary>Nulls wait where more than so many of eight are: else to wait for the next value costs more than it saves.</summary>
    private const int NullsOfEight = 6;

    // Behind the last null it is left short: most values are not null, and then cost nothing here.
    private GrowingBits _validity = new();

    /// <summary>Whether the last batch had so many.</summary>
    private bool _waits;

    /// <summary>The last ones of those that are counted, which are not written yet.</summary>
    private int _waiting;

    public int Count { get; private set; }

    /// <summary>Up to so many values the next one can be written at once: as many as there is memory for, and none while nulls wait.</summary>
    protected int RoomTo { get; set; }

    /// <summary>Adds a null.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void AppendNull()
    {
        if (_waits)
        {
            Count++;
            _waiting++;
            RoomTo = 0;
        }
        else
        {
            WriteNull();
        }
    }

    /// <summary>Adds so many nulls.</summary>
    public void AppendNulls(int count)
    {
        if (!_waits)
        {
            WriteNulls(count);
        }
        else if (count > 0)
        {
            Count += count;
            _waiting += count;
            RoomTo = 0;
        }
    }

    /// <summary>Goes back to <paramref name="count"/> values, at most <see cref="Count"/>.</summary>
    public void Truncate(int count)
    {
        // Also when nothing was counted since: a struct or a list broken off half-way has children that are ahead of it.
        var written = Math.Min(Count - _waiting, count);
        TruncateValues(written);
        if (_validity.Length > written)
        {
            _validity.Truncate(written);
        }

        _waiting = count - written;
        Count = count;
    }

    /// <summary>Hands over what was appended and starts afresh.</summary>
    /// <param name="owner">Gives the memory back; null: the garbage collector takes it.</param>
    public ArrayData Build(ColumnBuffers? owner = null)
    {
        WriteWaiting();
        var count = Count;
        var nulls = 0;
        if (_validity.Length > 0)
        {
            _validity.ExtendSet(count);
            nulls = count - _validity.CountSet();
        }

        _waits = !hasChildren && nulls > count / 8 * NullsOfEight;
        var validity = nulls > 0 ? _validity.Build(owner) : ArrowBuffer.Empty;
        _validity.Truncate(0);
        Count = 0;
        RoomTo = 0;
        return BuildValues(type, count, nulls, validity, owner);
    }

    /// <summary>Gives the memory back; the column is not used again.</summary>
    public void Release()
    {
        RoomTo = 0;
        _validity.Release();
        ReleaseValues();
    }

    /// <summary>Counts a value, not null, whose bytes are written.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    protected void CountValue() => Count++;

    /// <summary>Writes the nulls that wait, before a value is.</summary>
    protected void WriteWaiting()
    {
        if (_waiting > 0)
        {
            var count = _waiting;
            _waiting = 0;
            Count -= count;
            WriteNulls(count);
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void WriteNull()
    {
        AppendDefault();
        if (nullable)
        {
            _validity.AppendClearAt(Count);
        }

        Count++;
    }

    private void WriteNulls(int count)
    {
        AppendDefaults(count);
        if (nullable)
        {
            _validity.ExtendSet(Count);
            _validity.ExtendClear(Count + count);
        }

        Count += count;
    }

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
