namespace StreamPipeline.Benchmarks.Baselines;

/// <summary>Values of one column with their validity, as long as the events so far; reused from batch to batch.</summary>
internal sealed class FixedColumn<T>
    where T : unmanaged
{
    private T[] _values = new T[1_024];
    private bool[] _valid = new bool[1_024];

    public int Count { get; private set; }

    public ReadOnlySpan<T> Values => _values.AsSpan(0, Count);

    public void Append(T value, bool valid = true)
    {
        if (Count == _values.Length)
        {
            Array.Resize(ref _values, Count * 2);
            Array.Resize(ref _valid, Count * 2);
        }

        _values[Count] = value;
        _valid[Count++] = valid;
    }

    public void Truncate(int count) => Count = Math.Min(Count, count);

    /// <summary>A null for an event that did not have the member.</summary>
    public void PadTo(int count)
    {
        while (Count < count)
        {
            Append(default, valid: false);
        }
    }
}

/// <summary>UTF-8 text with offsets.</summary>
internal sealed class TextColumn
{
    private byte[] _bytes = new byte[16_384];
    private int[] _ends = new int[1_024];

    public int Count { get; private set; }

    private int Used => Count == 0 ? 0 : _ends[Count - 1];

    public void Append(ReadOnlySpan<byte> text)
    {
        var start = Used;
        if (start + text.Length > _bytes.Length)
        {
            Array.Resize(ref _bytes, Math.Max(_bytes.Length * 2, start + text.Length));
        }

        if (Count == _ends.Length)
        {
            Array.Resize(ref _ends, Count * 2);
        }

        text.CopyTo(_bytes.AsSpan(start));
        _ends[Count++] = start + text.Length;
    }

    public void Truncate(int count) => Count = Math.Min(Count, count);

    /// <summary>Empty text for an event that did not have the member.</summary>
    public void PadTo(int count)
    {
        while (Count < count)
        {
            Append([]);
        }
    }
}
