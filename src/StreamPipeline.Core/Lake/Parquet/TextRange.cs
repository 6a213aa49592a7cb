namespace StreamPipeline.Core.Lake.Parquet;

/// <summary>Least and greatest of texts in the order of their bytes, which is the order of UTF-8's characters.</summary>
internal ref struct TextRange
{
    private readonly TextSpan _text;
    private int _min;
    private int _max;
    private ulong _minStart;
    private ulong _maxStart;

    public TextRange(TextSpan text, int first)
    {
        _text = text;
        _min = _max = first;
        _minStart = _maxStart = text.StartOf(first);
    }

    public readonly ReadOnlySpan<byte> Min => _text[_min];

    public readonly ReadOnlySpan<byte> Max => _text[_max];

    /// <summary>Adds texts one after the other.</summary>
    public void Add(int from, int count)
    {
        // Most lie between the two, and their first eight bytes tell.
        var (minStart, maxStart) = (_minStart, _maxStart);
        for (var i = from; i < from + count; i++)
        {
            var start = _text.StartOf(i);
            if (start <= minStart || start >= maxStart)
            {
                Add(i);
                (minStart, maxStart) = (_minStart, _maxStart);
            }
        }
    }

    public void Add(int index)
    {
        // Mostly told by the first eight bytes; what is sorted is told by one comparison.
        var start = _text.StartOf(index);
        if (start > _maxStart || (start == _maxStart && _text.Compare(index, _max) > 0))
        {
            (_max, _maxStart) = (index, start);
        }
        else if (start < _minStart || (start == _minStart && _text.Compare(index, _min) < 0))
        {
            (_min, _minStart) = (index, start);
        }
    }
}
