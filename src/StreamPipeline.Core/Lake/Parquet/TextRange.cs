namespace StreamPipeline.Core.Lake.Parquet;

/// <summary>Least and greatest of texts in the order of their bytes, which is the order of UTF-8's characters.</summary>
internal ref struct TextRange
{
    private readonly TextSpan _text;
    private int _min;
    private int _max;

    // The first sixteen bytes of each, in two words.
    private ulong _minStart;
    private ulong _minNext;
    private ulong _maxStart;
    private ulong _maxNext;

    public TextRange(TextSpan text, int first)
    {
        _text = text;
        _min = _max = first;
        _minStart = _maxStart = text.StartOf(first);
        _minNext = _maxNext = text.NextOf(first);
    }

    public readonly ReadOnlySpan<byte> Min => _text[_min];

    public readonly ReadOnlySpan<byte> Max => _text[_max];

    /// <summary>Adds texts one after the other.</summary>
    public void Add(int from, int count)
    {
        // Most lie between the two, and their first eight bytes tell.
        var (minStart, maxStart) = (_minStart, _maxStart);
        var text = _text;
        for (var i = from; i < from + count; i++)
        {
            var start = text.StartOf(i);
            if (start <= minStart || start >= maxStart)
            {
                Add(i);
                (minStart, maxStart) = (_minStart, _maxStart);
            }
        }
    }

    public void Add(int index)
    {
        // What is sorted is told by one comparison.
        var (start, next) = (_text.StartOf(index), _text.NextOf(index));
        if (IsAbove(start, next, _maxStart, _maxNext) || (start == _maxStart && next == _maxNext && _text.Compare(index, _max) > 0))
        {
            (_max, _maxStart, _maxNext) = (index, start, next);
        }
        else if (IsAbove(_minStart, _minNext, start, next) || (start == _minStart && next == _minNext && _text.Compare(index, _min) < 0))
        {
            (_min, _minStart, _minNext) = (index, start, next);
        }
    }

    private static bool IsAbove(ulong start, ulong next, ulong otherStart, ulong otherNext) => start > otherStart || (start == otherStart && next > otherNext);
}
