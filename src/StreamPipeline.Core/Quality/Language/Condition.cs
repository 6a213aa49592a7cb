using System.Globalization;

using StreamPipeline.Core.Configuration;

namespace StreamPipeline.Core.Quality.Language;

internal enum ConditionOperator
{
    Equal,
    NotEqual,
    Greater,
    GreaterOrEqual,
    Less,
    LessOrEqual,

    /// <summary>Exclusive at both ends.</summary>
    Between,

    /// <summary>The complement of <see cref="Between"/>: <c>≤ low or ≥ high</c>.</summary>
    NotBetween,
    In,
    NotIn,
    Matches,
    NotMatches,
}

internal enum OperandKind
{
    Number,
    Text,
    Null,
    Empty,
    WhitespacesOnly,
    Duration,

    /// <summary><c>now()</c> plus or minus a duration.</summary>
    Now,
}

/// <summary>A value that a condition compares with.</summary>
/// <param name="Kind">Which of the other fields count.</param>
/// <param name="At">Where it stands.</param>
/// <param name="Number">Number: exact, at most 28 significant digits.</param>
/// <param name="Text">Text: without the quotes. Duration and Now: as written, canonical.</param>
/// <param name="DurationUs">Duration and Now: microseconds.</param>
internal sealed record Operand(OperandKind Kind, Location At, decimal Number = 0, string Text = "", long DurationUs = 0)
{
    public override string ToString() => Kind switch
    {
        OperandKind.Number => Number.ToString(CultureInfo.InvariantCulture),
        OperandKind.Text => Quote(Text),
        OperandKind.Null => "NULL",
        OperandKind.Empty => "EMPTY",
        OperandKind.WhitespacesOnly => "WHITESPACES_ONLY",
        _ => Text,
    };

    /// <summary>DQDL knows one escape that changes the text: <c>\"</c>. Other backslashes stand for themselves, as regexes need them.</summary>
    public static string Quote(string text) => "\"" + text.Replace("\"", "\\\"", StringComparison.Ordinal) + "\"";
}

/// <summary>An operator and what it compares with: one operand, two for between, one or more for in.</summary>
internal sealed record Condition(ConditionOperator Operator, IReadOnlyList<Operand> Operands, Location At)
{
    public bool UsesNow => Operands.Any(static operand => operand.Kind == OperandKind.Now);

    /// <summary>The pattern of matches and not matches; null for other operators.</summary>
    public RowPattern? Pattern { get; init; }

    public override string ToString() => Operator switch
    {
        ConditionOperator.Between => $"between {Operands[0]} and {Operands[1]}",
        ConditionOperator.NotBetween => $"not between {Operands[0]} and {Operands[1]}",
        ConditionOperator.In => $"in [{string.Join(", ", Operands)}]",
        ConditionOperator.NotIn => $"not in [{string.Join(", ", Operands)}]",
        _ => $"{Spell(Operator)} {Operands[0]}",
    };

    private static string Spell(ConditionOperator op) => op switch
    {
        ConditionOperator.Equal => "=",
        ConditionOperator.NotEqual => "!=",
        ConditionOperator.Greater => ">",
        ConditionOperator.GreaterOrEqual => ">=",
        ConditionOperator.Less => "<",
        ConditionOperator.LessOrEqual => "<=",
        ConditionOperator.Matches => "matches",
        _ => "not matches",
    };
}
