using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Apache.Arrow;

namespace StreamPipeline.Core.Decoding.Columns;

/// <summary>
/// Where each value of a string or list column ends; Arrow wants a zero before the first, also when there is none. A field of one owner, as
/// <see cref="GrowingBytes"/>.
/// </summary>
internal struct Offsets
{
    private GrowingBytes _bytes = new(hint: 0);

    public Offsets() => Append(0);

    /// <summary>End of the value before <paramref name="index"/>, which is where it starts.</summary>
    public readonly int At(int index) => BinaryPrimitives.ReadInt32LittleEndian(_bytes.Written.Slice(index * sizeof(int), sizeof(int)));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Append(int end)
    {
        Unsafe.WriteUnaligned(ref _bytes.Room(sizeof(int)), BitConverter.IsLittleEndian ? end : BinaryPrimitives.ReverseEndianness(end));
        _bytes.Advance(sizeof(int));
    }

    /// <summary>So many values that are empty.</summary>
    public void Append(int end, int count)
    {
        var bytes = count * sizeof(int);
        MemoryMarshal.Cast<byte, int>(_bytes.Reserve(bytes)[..bytes]).Fill(BitConverter.IsLittleEndian ? end : BinaryPrimitives.ReverseEndianness(end));
        _bytes.Advance(bytes);
    }

    public void Truncate(int count) => _bytes.Truncate((count + 1) * sizeof(int));

    public ArrowBuffer Build(ColumnBuffers? owner)
    {
        var buffer = _bytes.Build(owner);
        Append(0);
        return buffer;
    }

    public void Release() => _bytes.Release();
}
