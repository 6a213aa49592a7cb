using Apache.Arrow;
using Apache.Arrow.Types;

namespace StreamPipeline.Core.Decoding.Columns;

/// <summary>A list: its value is counted by <see cref="Close"/> once its items are in.</summary>
internal sealed class ListColumn(IArrowType type, bool nullable, Column items) : Column(type, nullable, hasChildren: true)
{
    private Offsets _offsets = new();

    public Column Items => items;

    public void Close()
    {
        AppendDefault();
        CountValue();
    }

    protected override void AppendDefault()
    {
        if (_offsets.IsFull(Count))
        {
            _offsets.Reserve(Count, 1);
        }

        _offsets.Put(Count, items.Count);
    }

    protected override void TruncateValues(int count) => items.Truncate(_offsets.At(count));

    protected override ArrayData BuildValues(IArrowType arrowType, int count, int nulls, ArrowBuffer validity, ColumnBuffers? owner) =>
        new(arrowType, count, nulls, 0, [validity, _offsets.Build(count, owner)], [items.Build(owner)]);

    protected override void ReleaseValues()
    {
        _offsets.Release();
        items.Release();
    }
}
