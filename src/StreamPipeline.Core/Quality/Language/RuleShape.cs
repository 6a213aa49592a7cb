namespace StreamPipeline.Core.Quality.Language;

/// <summary>The rule types that are supported, spelled as in DQDL.</summary>
internal static class RuleNames
{
    public const string IsComplete = "IsComplete";
    public const string Completeness = "Completeness";
    public const string IsUnique = "IsUnique";
    public const string Uniqueness = "Uniqueness";
    public const string IsPrimaryKey = "IsPrimaryKey";
    public const string ColumnValues = "ColumnValues";
    public const string ColumnLength = "ColumnLength";
    public const string ColumnDataType = "ColumnDataType";
    public const string DataFreshness = "DataFreshness";
    public const string RowCount = "RowCount";
    public const string ColumnCount = "ColumnCount";
    public const string ColumnExists = "ColumnExists";
    public const string ColumnNamesMatchPattern = "ColumnNamesMatchPattern";
    public const string Mean = "Mean";
    public const string Sum = "Sum";
    public const string StandardDeviation = "StandardDeviation";
    public const string Variance = "Variance";
    public const string Entropy = "Entropy";
    public const string DistinctValuesCount = "DistinctValuesCount";
    public const string UniqueValueRatio = "UniqueValueRatio";
    public const string ColumnCorrelation = "ColumnCorrelation";
    public const string ReferentialIntegrity = "ReferentialIntegrity";
    public const string SchemaMatch = "SchemaMatch";
    public const string RowCountMatch = "RowCountMatch";
}

/// <summary>What a rule's condition compares.</summary>
internal enum ConditionKind
{
    /// <summary>The rule takes no condition.</summary>
    None,

    /// <summary>A number: a count, a ratio, a length or a statistic.</summary>
    Number,

    /// <summary>An age: <c>3 hours</c>.</summary>
    Duration,

    /// <summary>Values of a column: numbers, quoted strings and dates, keywords, <c>now()</c>.</summary>
    Values,

    /// <summary><c>= "Integer"</c>.</summary>
    TypeName,
}

/// <summary>The grammar of one rule type.</summary>
/// <param name="Name">Its case-sensitive name.</param>
/// <param name="ParametersMin">Fewest quoted parameters.</param>
/// <param name="ParametersMax">Most quoted parameters.</param>
/// <param name="Condition">What its condition compares.</param>
/// <param name="AllowsWhere">It judges rows, so a <c>where</c> can choose among them.</param>
/// <param name="AllowsThreshold">DQDL allows <c>with threshold</c> on it.</param>
/// <param name="Usage">An example for error messages.</param>
internal sealed record RuleShape(
    string Name, int ParametersMin, int ParametersMax, ConditionKind Condition, bool AllowsWhere, bool AllowsThreshold, string Usage)
{
    /// <summary>Most columns of a key.</summary>
    public const int KeyColumnsMax = 16;

    /// <summary>All supported rule types by name.</summary>
    public static readonly IReadOnlyDictionary<string, RuleShape> All = Table().ToDictionary(static shape => shape.Name, StringComparer.Ordinal);

    /// <summary>Rule types of DQDL that this processor does not have.</summary>
    public static readonly IReadOnlySet<string> NotSupported = new HashSet<string>(StringComparer.Ordinal)
    {
        "AggregateMatch", "AllStatistics", "CustomSql", "DatasetMatch", "DetectAnomalies", "FileFreshness", "FileMatch", "FileSize",
        "FileUniqueness", "JobDuration", "JobStatus",
    };

    private static RuleShape[] Table() =>
    [
        Row(RuleNames.IsComplete, 1, ConditionKind.None, "IsComplete \"column\""),
        Row(RuleNames.Completeness, 1, ConditionKind.Number, "Completeness \"column\" > 0.9"),
        Row(RuleNames.IsUnique, KeyColumnsMax, ConditionKind.None, "IsUnique \"column\""),
        Row(RuleNames.Uniqueness, KeyColumnsMax, ConditionKind.Number, "Uniqueness \"column\" > 0.9"),
        Row(RuleNames.IsPrimaryKey, KeyColumnsMax, ConditionKind.None, "IsPrimaryKey \"column\""),
        Row(RuleNames.ColumnValues, 1, ConditionKind.Values, "ColumnValues \"column\" > 5") with { AllowsThreshold = true },
        Row(RuleNames.ColumnLength, 1, ConditionKind.Number, "ColumnLength \"column\" between 1 and 9"),
        Row(RuleNames.ColumnDataType, 1, ConditionKind.TypeName, "ColumnDataType \"column\" = \"Integer\"") with { AllowsThreshold = true },
        Row(RuleNames.DataFreshness, 1, ConditionKind.Duration, "DataFreshness \"column\" <= 3 hours"),
        Batch(RuleNames.RowCount, 0, ConditionKind.Number, "RowCount > 0") with { AllowsWhere = true },
        Batch(RuleNames.ColumnCount, 0, ConditionKind.Number, "ColumnCount = 10"),
        Batch(RuleNames.ColumnExists, 1, ConditionKind.None, "ColumnExists \"column\""),
        Batch(RuleNames.ColumnNamesMatchPattern, 1, ConditionKind.None, "ColumnNamesMatchPattern \"[a-z_]+\""),
        Row(RuleNames.Mean, 1, ConditionKind.Number, "Mean \"column\" > 5"),
        Row(RuleNames.Sum, 1, ConditionKind.Number, "Sum \"column\" > 5"),
        Row(RuleNames.StandardDeviation, 1, ConditionKind.Number, "StandardDeviation \"column\" < 5"),
        Row(RuleNames.Variance, 1, ConditionKind.Number, "Variance \"column\" < 5"),
        Row(RuleNames.Entropy, 1, ConditionKind.Number, "Entropy \"column\" > 1"),
        Row(RuleNames.DistinctValuesCount, 1, ConditionKind.Number, "DistinctValuesCount \"column\" = 3"),
        Row(RuleNames.UniqueValueRatio, KeyColumnsMax, ConditionKind.Number, "UniqueValueRatio \"column\" > 0.9"),
        Row(RuleNames.ColumnCorrelation, 2, ConditionKind.Number, "ColumnCorrelation \"a\" \"b\" > 0.5") with { ParametersMin = 2 },
        Row(RuleNames.ReferentialIntegrity, 2, ConditionKind.Number, "ReferentialIntegrity \"column\" \"reference.column\" >= 0.98") with { ParametersMin = 2 },
        Batch(RuleNames.SchemaMatch, 1, ConditionKind.Number, "SchemaMatch \"reference\" = 1.0"),
        Batch(RuleNames.RowCountMatch, 1, ConditionKind.Number, "RowCountMatch \"reference\" > 0.9"),
    ];

    private static RuleShape Row(string name, int parametersMax, ConditionKind condition, string usage) =>
        new(name, 1, parametersMax, condition, AllowsWhere: true, AllowsThreshold: false, usage);

    private static RuleShape Batch(string name, int parameters, ConditionKind condition, string usage) =>
        new(name, parameters, parameters, condition, AllowsWhere: false, AllowsThreshold: false, usage);
}
