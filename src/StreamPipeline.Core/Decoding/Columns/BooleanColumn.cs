using Apache.Arrow;
using Apache.Arrow.Types;

namespace StreamPipeline.Core.Decoding.Columns;

internal sealed class BooleanColumn(bool nullable) : Column(BooleanType.Default, nullable)
{
    private GrowingBits _values = new();

    public void Append(bool value)
    {
        _values.Append(value);
        CountValue();
    }

    protected override void AppendDefault() => _values.Append(false);

    protected override void TruncateValues(int count) => _values.Truncate(count);

    protected override ArrayData BuildValues(IArrowType arrowType, int count, int nulls, ArrowBuffer validity, ColumnBuffers? owner) =>
        new(arrowType, count, nulls, 0, [validity, _values.Build(owner)]);

    protected override void ReleaseValues() => _values.Release();
}
