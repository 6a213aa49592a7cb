using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using Apache.Arrow;

namespace StreamPipeline.Core.Decoding.Columns;

/// <summary>Where each value of a string or list column ends; Arrow wants a zero before the first, also when there is none.</summary>
internal sealed class Offsets
{
    private readonly GrowingBytes _bytes = new();

    public Offsets() => Append(0);

    /// <summary>End of the value before <paramref name="index"/>, which is where it starts.</summary>
    public int At(int index) => BinaryPrimitives.ReadInt32LittleEndian(_bytes.Written.Slice(index * sizeof(int), sizeof(int)));

    public void Append(int end)
    {
        Unsafe.WriteUnaligned(ref _bytes.Room(sizeof(int)), BitConverter.IsLittleEndian ? end : BinaryPrimitives.ReverseEndianness(end));
        _bytes.Advance(sizeof(int));
    }

    public void Truncate(int count) => _bytes.Truncate((count + 1) * sizeof(int));

    public ArrowBuffer Build()
    {
        var buffer = _bytes.Build();
        Append(0);
        return buffer;
    }
}
