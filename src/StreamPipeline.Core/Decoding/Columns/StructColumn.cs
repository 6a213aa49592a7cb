using Apache.Arrow;
using Apache.Arrow.Types;

namespace StreamPipeline.Core.Decoding.Columns;

/// <summary>A struct: its value is counted by <see cref="Close"/> once each child has one more.</summary>
internal sealed class StructColumn(IArrowType type, bool nullable, Column[] children) : Column(type, nullable, hasChildren: true)
{
    public Column[] Children => children;

    public void Close() => CountValue();

    protected override void AppendDefault()
    {
        foreach (var child in children)
        {
            child.AppendNull();
        }
    }

    protected override void TruncateValues(int count)
    {
        foreach (var child in children)
        {
            child.Truncate(count);
        }
    }

    protected override ArrayData BuildValues(IArrowType arrowType, int count, int nulls, ArrowBuffer validity, ColumnBuffers? owner) =>
        new(arrowType, count, nulls, 0, [validity], BuildChildren(owner));

    protected override void ReleaseValues()
    {
        foreach (var child in children)
        {
            child.Release();
        }
    }

    private ArrayData[] BuildChildren(ColumnBuffers? owner)
    {
        var built = new ArrayData[children.Length];
        for (var i = 0; i < built.Length; i++)
        {
            built[i] = children[i].Build(owner);
        }

        return built;
    }
}
