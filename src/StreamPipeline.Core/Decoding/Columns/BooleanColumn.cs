using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Apache.Arrow;
using Apache.Arrow.Types;

namespace StreamPipeline.Core.Decoding.Columns;

/// <summary>Bits, least significant first. Those behind the last one are 0.</summary>
internal sealed class BooleanColumn(bool nullable) : Column(BooleanType.Default, nullable, hasChildren: false)
{
    private GrowingBytes _values = new(hint: 0);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Append(bool value)
    {
        Write(value);
        CountValue();
    }

    protected override void AppendDefault() => Write(false);

    protected override void AppendDefaults(int count)
    {
        // What was written before ends within a byte.
        var start = (Count + 7) >> 3;
        var bytes = (int)((Count + (long)count + 7) >> 3) - start;
        _values.Extend(start, bytes);
        if ((Count & 7) != 0)
        {
            _values.At(Count >> 3) &= (byte)((1 << (Count & 7)) - 1);
        }

        MemoryMarshal.CreateSpan(ref _values.At(start), bytes).Clear();
    }

    /// <summary>Nothing: the next value is written behind the count, and clears what is behind it.</summary>
    protected override void TruncateValues(int count)
    {
    }

    protected override ArrayData BuildValues(IArrowType arrowType, int count, int nulls, ArrowBuffer validity, ColumnBuffers? owner)
    {
        _values.Truncate((count + 7) >> 3);
        if ((count & 7) != 0)
        {
            // Rows that were taken back may have left bits behind the last value.
            _values.At(count >> 3) &= (byte)((1 << (count & 7)) - 1);
        }

        return new ArrayData(arrowType, count, nulls, 0, [validity, _values.Build(owner)]);
    }

    protected override void ReleaseValues() => _values.Release();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Write(bool value)
    {
        if (Count >= RoomTo)
        {
            Grow();
        }

        // The bits before it in its byte stay, those behind become 0.
        ref var bits = ref _values.At(Count >> 3);
        var place = Count & 7;
        bits = (byte)((bits & ((1 << place) - 1)) | ((value ? 1 : 0) << place));
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void Grow()
    {
        WriteWaiting();
        _values.Extend((Count + 7) >> 3, 1);
        RoomTo = (int)Math.Min(int.MaxValue, _values.Capacity * 8L);
    }
}
