using StreamPipeline.Core.Configuration;

namespace StreamPipeline.Core.Quality.Language;

/// <summary>A boolean expression over columns, by SQL's three-valued logic.</summary>
internal abstract record WhereNode;

internal sealed record WhereAnd(WhereNode Left, WhereNode Right) : WhereNode;

internal sealed record WhereOr(WhereNode Left, WhereNode Right) : WhereNode;

internal sealed record WhereNot(WhereNode Operand) : WhereNode;

internal sealed record WhereIsNull(WhereColumn Column) : WhereNode;

/// <param name="Column">What is compared.</param>
/// <param name="Operator">One of =, !=, &gt;, &gt;=, &lt;, &lt;=, in.</param>
/// <param name="Literals">Numbers and texts; one unless the operator is in.</param>
internal sealed record WhereCompare(WhereColumn Column, ConditionOperator Operator, IReadOnlyList<Operand> Literals) : WhereNode;

internal sealed record WhereCompareColumns(WhereColumn Left, ConditionOperator Operator, WhereColumn Right) : WhereNode;

internal sealed record WhereLike(WhereColumn Column, RowPattern Pattern) : WhereNode;

/// <summary>A column, by dotted path.</summary>
internal readonly record struct WhereColumn(string Name, Location At);
