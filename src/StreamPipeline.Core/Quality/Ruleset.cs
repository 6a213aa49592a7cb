using StreamPipeline.Core.Configuration;
using StreamPipeline.Core.Quality.Language;

namespace StreamPipeline.Core.Quality;

/// <summary>
/// A DQDL ruleset, parsed but not yet bound to columns. Immutable.
/// Source: AWS Glue, "Data Quality Definition Language (DQDL) reference".
/// </summary>
public sealed class Ruleset
{
    /// <summary>Longest ruleset text, characters: 1 MiB.</summary>
    public const int TextLengthMax = 1 << 20;

    /// <summary>Most rules of a ruleset.</summary>
    public const int RulesMax = 1_000;

    /// <summary>Deepest nesting of composite rules, and of parentheses in a <c>where</c> expression.</summary>
    public const int DepthMax = 32;

    internal Ruleset(string fileName, IReadOnlyList<Rule> rules)
    {
        FileName = fileName;
        Rules = rules;
    }

    /// <summary>The file's name as the user gave it.</summary>
    public string FileName { get; }

    /// <summary>1 to <see cref="RulesMax"/> rules in file order.</summary>
    public IReadOnlyList<Rule> Rules { get; }

    /// <summary>
    /// Parses <c>Rules = [ … ]</c>. Every problem found is added to <paramref name="problems"/> (at most 100), with line and column;
    /// null when there was one.
    /// </summary>
    public static Ruleset? Parse(string text, string fileName, ProblemList problems) =>
        RulesetParser.Parse(text, fileName, problems);
}

/// <summary>One rule of a <see cref="Ruleset"/>: a simple rule, or a composite of rules by <c>and</c> and <c>or</c>.</summary>
public sealed class Rule
{
    internal Rule(RuleNode root)
    {
        Root = root;
        Text = root.ToString();
    }

    /// <summary>The rule in canonical spelling: single spaces, operators in lower case, parentheses where DQDL needs them.</summary>
    public string Text { get; }

    /// <summary>Where the rule starts.</summary>
    public Location At => Root.At;

    /// <summary>
    /// Whether rows that fail this rule are quarantined. Only rules whose verdict is a pure function of the row do, so that quarantine does
    /// not depend on how the stream was cut into batches: <c>IsComplete</c>, <c>ColumnValues</c> and <c>ColumnLength</c> without
    /// <c>with threshold</c>, the completeness part of <c>IsPrimaryKey</c>, and composites made only of the first three. A condition with
    /// <c>now()</c> (the batch's clock) and a pattern that needs backtracking (its time limit depends on the machine's load) are no pure functions of the row either.
    /// All other rules judge the batch: they count in the score and quarantine nothing by themselves.
    /// </summary>
    public bool QuarantinesRows => Root.IsPureRow || Root is SimpleRule { Shape.Name: RuleNames.IsPrimaryKey };

    internal RuleNode Root { get; }

    public override string ToString() => Text;
}
