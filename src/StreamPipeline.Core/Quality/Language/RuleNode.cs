using System.Text;

using StreamPipeline.Core.Configuration;

namespace StreamPipeline.Core.Quality.Language;

/// <summary>A rule as parsed.</summary>
internal abstract record RuleNode(Location At)
{
    /// <summary>The verdict on a row depends on nothing but the row: see <see cref="Rule.QuarantinesRows"/>.</summary>
    public abstract bool IsPureRow { get; }
}

/// <summary>Rules joined by one operator; at least two.</summary>
internal sealed record CompositeRule(bool IsAnd, IReadOnlyList<RuleNode> Operands, Location At) : RuleNode(At)
{
    public override bool IsPureRow => Operands.All(static operand => operand.IsPureRow);

    public override string ToString() => string.Join(IsAnd ? " and " : " or ", Operands.Select(static operand => $"({operand})"));
}

/// <param name="Shape">Its type.</param>
/// <param name="Parameters">Unquoted texts: column names, or what the type asks for.</param>
/// <param name="ParametersAt">Where each stands.</param>
/// <param name="Condition">Null exactly when the type takes none.</param>
/// <param name="Where">Judges only rows for which this is true; null: all rows.</param>
/// <param name="Threshold">Judges the share of passing rows by this instead of asking for all.</param>
/// <param name="At">Where it starts.</param>
internal sealed record SimpleRule(
    RuleShape Shape,
    IReadOnlyList<string> Parameters,
    IReadOnlyList<Location> ParametersAt,
    Condition? Condition,
    WhereClause? Where,
    Condition? Threshold,
    Location At) : RuleNode(At)
{
    /// <summary>The pattern of ColumnNamesMatchPattern; null for other types.</summary>
    public RowPattern? NamePattern { get; init; }

    public override bool IsPureRow => Shape.Name switch
    {
        RuleNames.IsComplete => true,
        RuleNames.ColumnLength => true,
        RuleNames.ColumnValues => Threshold is null && !Condition!.UsesNow && Condition.Pattern is not { Backtracks: true },
        _ => false,
    };

    public override string ToString()
    {
        var text = new StringBuilder(Shape.Name);
        foreach (var parameter in Parameters)
        {
            text.Append(' ').Append(Operand.Quote(parameter));
        }

        if (Condition is not null)
        {
            text.Append(' ').Append(Condition);
        }

        if (Where is not null)
        {
            text.Append(" where ").Append(Operand.Quote(Where.Text));
        }

        if (Threshold is not null)
        {
            text.Append(" with threshold ").Append(Threshold);
        }

        return text.ToString();
    }
}

/// <param name="Text">The expression as written, without the quotes.</param>
/// <param name="Root">The same, parsed.</param>
internal sealed record WhereClause(string Text, WhereNode Root);
