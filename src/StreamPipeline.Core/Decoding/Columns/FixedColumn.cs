using System.Runtime.CompilerServices;
using Apache.Arrow;
using Apache.Arrow.Types;

namespace StreamPipeline.Core.Decoding.Columns;

/// <summary>Values of one width: 64-bit integers and doubles, timestamps, days.</summary>
internal sealed class FixedColumn<T>(IArrowType type, bool nullable) : Column(type, nullable)
    where T : unmanaged
{
    private GrowingBytes _values = new(hint: 0);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Append(T value)
    {
        Write(value);
        CountValue();
    }

    protected override void AppendDefault() => Write(default);

    protected override void TruncateValues(int count) => _values.Truncate(count * Unsafe.SizeOf<T>());

    protected override ArrayData BuildValues(IArrowType arrowType, int count, int nulls, ArrowBuffer validity, ColumnBuffers? owner) =>
        new(arrowType, count, nulls, 0, [validity, _values.Build(owner)]);

    protected override void ReleaseValues() => _values.Release();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Write(T value)
    {
        Unsafe.WriteUnaligned(ref _values.Room(Unsafe.SizeOf<T>()), value);
        _values.Advance(Unsafe.SizeOf<T>());
    }
}
