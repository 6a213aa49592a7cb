using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Apache.Arrow;
using Apache.Arrow.Types;

namespace StreamPipeline.Core.Decoding.Columns;

/// <summary>Values of one width: 64-bit integers and doubles, timestamps, days.</summary>
internal sealed class FixedColumn<T>(IArrowType type, bool nullable) : Column(type, nullable, hasChildren: false)
    where T : unmanaged
{
    // Where the next value goes is told by the column's count: its own length is set when it grows and when it is handed over.
    private GrowingBytes _values = new(hint: 0);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Append(T value)
    {
        Write(value);
        CountValue();
    }

    /// <summary>Makes room for one more, so that <see cref="TryAppend"/> succeeds.</summary>
    public void Reserve()
    {
        if (Count >= RoomTo)
        {
            Grow();
        }
    }

    /// <summary>Appends when there is room already.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool TryAppend(T value)
    {
        if (Count >= RoomTo)
        {
            return false;
        }

        Unsafe.WriteUnaligned(ref _values.At(Count * Unsafe.SizeOf<T>()), value);
        CountValue();
        return true;
    }

    protected override void AppendDefault() => Write(default);

    protected override void AppendDefaults(int count)
    {
        var (start, bytes) = (Count * Unsafe.SizeOf<T>(), checked(count * Unsafe.SizeOf<T>()));
        _values.Extend(start, bytes);
        MemoryMarshal.CreateSpan(ref _values.At(start), bytes).Clear();
    }

    /// <summary>Nothing: the next value is written behind the count.</summary>
    protected override void TruncateValues(int count)
    {
    }

    protected override ArrayData BuildValues(IArrowType arrowType, int count, int nulls, ArrowBuffer validity, ColumnBuffers? owner)
    {
        _values.Truncate(count * Unsafe.SizeOf<T>());
        return new ArrayData(arrowType, count, nulls, 0, [validity, _values.Build(owner)]);
    }

    protected override void ReleaseValues() => _values.Release();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Write(T value)
    {
        if (Count >= RoomTo)
        {
            Grow();
        }

        Unsafe.WriteUnaligned(ref _values.At(Count * Unsafe.SizeOf<T>()), value);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void Grow()
    {
        WriteWaiting();
        _values.Extend(Count * Unsafe.SizeOf<T>(), Unsafe.SizeOf<T>());
        RoomTo = _values.Capacity / Unsafe.SizeOf<T>();
    }
}
