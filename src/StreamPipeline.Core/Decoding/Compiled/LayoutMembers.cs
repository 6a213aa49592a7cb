using StreamPipeline.Core.Decoding.Columns;

namespace StreamPipeline.Core.Decoding.Compiled;

/// <summary>What a text between two values says of members.</summary>
internal sealed class LayoutMembers
{
    /// <summary>From which member to which other one it goes, in each object that it is in, enters or leaves: see <see cref="MemberOrder"/>.</summary>
    public List<(ObjectPlan Plan, int From, int To)> Passed { get; } = [];

    /// <summary>Objects that are <c>null</c>.</summary>
    public List<StructColumn> Null { get; } = [];

    /// <summary>Objects that end.</summary>
    public List<StructColumn> Closed { get; } = [];
}

/// <summary>What is left to do for a text between two values.</summary>
/// <param name="absent">Columns of members that the document does not have.</param>
/// <param name="closed">Those of objects that end.</param>
internal sealed class LayoutGap(Column[] absent, StructColumn[] closed)
{
    public void Close()
    {
        foreach (var column in absent)
        {
            column.AppendNull();
        }

        foreach (var column in closed)
        {
            column.Close();
        }
    }
}
