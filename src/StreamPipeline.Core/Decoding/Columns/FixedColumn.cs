using System.Runtime.CompilerServices;
using Apache.Arrow;
using Apache.Arrow.Types;

namespace StreamPipeline.Core.Decoding.Columns;

/// <summary>Values of one width: 64-bit integers and doubles, timestamps, days.</summary>
internal sealed class FixedColumn<T>(IArrowType type, bool nullable) : Column(type, nullable)
    where T : unmanaged
{
    // Where the next value goes is told by the column's count: its own length is set when it grows and when it is handed over.
    private GrowingBytes _values = new(hint: 0);

    /// <summary>Values that there is room for.</summary>
    private int _room;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Append(T value)
    {
        Write(value);
        CountValue();
    }

    /// <summary>Appends when there is room already.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool TryAppend(T value)
    {
        if (Count == _room)
        {
            return false;
        }

        Unsafe.WriteUnaligned(ref _values.At(Count * Unsafe.SizeOf<T>()), value);
        CountValue();
        return true;
    }

    protected override void AppendDefault() => Write(default);

    /// <summary>Nothing: the next value is written behind the count.</summary>
    protected override void TruncateValues(int count)
    {
    }

    protected override ArrayData BuildValues(IArrowType arrowType, int count, int nulls, ArrowBuffer validity, ColumnBuffers? owner)
    {
        _values.Truncate(count * Unsafe.SizeOf<T>());
        _room = 0;
        return new ArrayData(arrowType, count, nulls, 0, [validity, _values.Build(owner)]);
    }

    protected override void ReleaseValues()
    {
        _values.Release();
        _room = 0;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Write(T value)
    {
        if (Count == _room)
        {
            Grow();
        }

        Unsafe.WriteUnaligned(ref _values.At(Count * Unsafe.SizeOf<T>()), value);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void Grow()
    {
        _values.Extend(Count * Unsafe.SizeOf<T>(), Unsafe.SizeOf<T>());
        _room = _values.Capacity / Unsafe.SizeOf<T>();
    }
}
