using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Apache.Arrow;

namespace StreamPipeline.Core.Decoding.Columns;

/// <summary>
/// Where each value of a string or list column ends; Arrow wants a zero before the first, also when there is none. How many there are is told by the
/// column's count. A field of one owner, as <see cref="GrowingBytes"/>.
/// </summary>
internal struct Offsets()
{
    private GrowingBytes _bytes = new(hint: 0);

    /// <summary>Values whose ends there is room for.</summary>
    public int Room { get; private set; }

    /// <summary>End of the value before <paramref name="index"/>, which is where it starts.</summary>
    public readonly int At(int index) => index == 0 ? 0 : LittleEndian(Unsafe.ReadUnaligned<int>(ref _bytes.At(index * sizeof(int))));

    /// <summary>Whether the end of one more value needs <see cref="Reserve"/> first.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly bool IsFull(int count) => count == Room;

    /// <summary>Makes room for the ends of more values.</summary>
    /// <param name="count">Of values so far.</param>
    /// <param name="more">That follow.</param>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public void Reserve(int count, int more)
    {
        // Nothing is counted before the first value, so that there is nothing to keep then.
        _bytes.Extend(count == 0 ? 0 : (count + 1) * sizeof(int), checked((more + 1) * sizeof(int)));
        Room = (_bytes.Capacity / sizeof(int)) - 1;
        if (count == 0)
        {
            Unsafe.WriteUnaligned(ref _bytes.At(0), 0);
        }
    }

    /// <summary>Sets the end of a value that there is room for.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly void Put(int index, int end) => Unsafe.WriteUnaligned(ref _bytes.At((index + 1) * sizeof(int)), LittleEndian(end));

    /// <summary>Adds so many values that are empty.</summary>
    public void Add(int count, int end, int more)
    {
        Reserve(count, more);
        MemoryMarshal.Cast<byte, int>(MemoryMarshal.CreateSpan(ref _bytes.At((count + 1) * sizeof(int)), more * sizeof(int))).Fill(LittleEndian(end));
    }

    /// <summary>Hands over the bytes and starts afresh.</summary>
    public ArrowBuffer Build(int count, ColumnBuffers? owner)
    {
        if (count == 0)
        {
            Reserve(0, 1);
        }

        _bytes.Truncate((count + 1) * sizeof(int));
        Room = 0;
        return _bytes.Build(owner);
    }

    public void Release()
    {
        _bytes.Release();
        Room = 0;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int LittleEndian(int value) => BitConverter.IsLittleEndian ? value : BinaryPrimitives.ReverseEndianness(value);
}
