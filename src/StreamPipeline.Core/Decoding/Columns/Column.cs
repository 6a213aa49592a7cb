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
    private readonly GrowingBits _validity = new();

    // Most columns that may hold nulls hold none: the bitmap starts with the first null.
    private bool _hasValidity;

    public int Count { get; private set; }

    /// <summary>Adds a null.</summary>
    public void AppendNull()
    {
        AppendDefault();
        if (nullable)
        {
            if (!_hasValidity)
            {
                _validity.AppendSet(Count);
                _hasValidity = true;
            }

            _validity.Append(false);
        }

        Count++;
    }

    /// <summary>Goes back to <paramref name="count"/> values, at most <see cref="Count"/>.</summary>
    public void Truncate(int count)
    {
        // Also when nothing was counted since: a struct or a list broken off half-way has children that are ahead of it.
        TruncateValues(count);
        if (_hasValidity)
        {
            _validity.Truncate(count);
        }

        Count = count;
    }

    /// <summary>Hands over what was appended and starts afresh.</summary>
    public ArrayData Build()
    {
        var count = Count;
        var nulls = _hasValidity ? count - _validity.CountSet() : 0;
        var validity = nulls > 0 ? _validity.Build() : ArrowBuffer.Empty;
        if (nulls == 0)
        {
            _validity.Truncate(0);
        }

        _hasValidity = false;
        Count = 0;
        return BuildValues(type, count, nulls, validity);
    }

    /// <summary>Counts a value, not null, whose bytes are written.</summary>
    protected void CountValue()
    {
        if (_hasValidity)
        {
            _validity.Append(true);
        }

        Count++;
    }

    /// <summary>Writes the bytes that stand for a null.</summary>
    protected abstract void AppendDefault();

    protected abstract void TruncateValues(int count);

    protected abstract ArrayData BuildValues(IArrowType arrowType, int count, int nulls, ArrowBuffer validity);
}
