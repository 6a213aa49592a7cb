using CsCheck;

namespace StreamPipeline.Core.Tests.Quality;

/// <summary>Rules about a batch, against brute force.</summary>
public sealed class BatchRuleTests
{
    /// <summary>Rule type and parameters → metric; null: no values, which fails; NaN: nothing to judge, which passes.</summary>
    private static readonly (string Rule, Func<Row[], double?> Metric)[] Metrics =
    [
        ("RowCount", static rows => rows.Length),
        ("ColumnCount", static _ => 7),
        ("Completeness \"s\"", static rows => Share(rows, static r => r.Text is not null)),
        ("Completeness \"user.country\"", static rows => Share(rows, static r => r.Country is not null)),
        ("Uniqueness \"s\"", static rows => Uniqueness(rows, static r => r.Text)),
        ("Uniqueness \"d\"", static rows => Uniqueness(rows, static r => r.Real)),
        ("Uniqueness \"b\"", static rows => Uniqueness(rows, static r => r.Flag)),
        ("Uniqueness \"day\"", static rows => Uniqueness(rows, static r => r.Day)),
        ("Uniqueness \"s\" \"n\"", static rows => Uniqueness(rows, static r => r.Text is null && r.Integer is null ? null : $"{r.Text is null}|{r.Text}|{r.Integer}")),
        ("UniqueValueRatio \"n\"", static rows => Ratio(rows, static r => r.Integer)),
        ("DistinctValuesCount \"n\"", static rows => Groups(rows, static r => r.Integer).Count),
        ("DistinctValuesCount \"t\"", static rows => Groups(rows, static r => r.TimeUs).Count),
        ("Entropy \"s\"", static rows => Entropy(rows, static r => r.Text)),
        ("Mean \"n\"", static rows => Moments(rows, static r => r.Integer)?.Mean),
        ("Mean \"d\"", static rows => Moments(rows, static r => r.Real)?.Mean),
        ("Sum \"n\"", static rows => Moments(rows, static r => r.Integer)?.Sum),
        ("Sum \"d\"", static rows => Moments(rows, static r => r.Real)?.Sum),
        ("Variance \"n\"", static rows => Moments(rows, static r => r.Integer)?.Variance),
        ("Variance \"d\"", static rows => Moments(rows, static r => r.Real)?.Variance),
        ("StandardDeviation \"d\"", static rows => Math.Sqrt(Moments(rows, static r => r.Real)?.Variance ?? double.NaN) is var s && double.IsNaN(s) ? null : s),
        ("ColumnCorrelation \"n\" \"d\"", static rows => Correlation(rows)),
    ];

    public static TheoryData<int> Cases => [.. Enumerable.Range(0, Metrics.Length)];

    [Theory]
    [MemberData(nameof(Cases))]
    public void Every_metric_agrees_with_brute_force(int index)
    {
        var (rule, metric) = Metrics[index];
        Gen.Select(Batches.GenRows, Gen.Bool).Sample(
            (rows, sliced) =>
            {
                var result = Batches.Judge(rule + " > 0.75", rows, sliced);
                Assert.Equal(rows.Length, result.RowsPassed);
                return Agrees(metric(rows), result.Rules[0], static value => value > 0.75);
            },
            iter: 60);
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Where_judges_only_the_rows_for_which_it_is_true(int index)
    {
        var (rule, metric) = Metrics[index];
        if (rule == "ColumnCount")
        {
            return;
        }

        Batches.GenRows.Sample(
            rows => Agrees(metric([.. rows.Where(static r => r.Flag == true)]), Batches.JudgeOne(rule + " <= 0.75 where \"b\"", rows), static value => value <= 0.75),
            iter: 40);
    }

    [Theory]
    [InlineData("= 2", true)]
    [InlineData("= 3", false)]
    [InlineData("!= 3", true)]
    [InlineData("> 1", true)]
    [InlineData("> 2", false)]
    [InlineData(">= 2", true)]
    [InlineData("< 2", false)]
    [InlineData("<= 2", true)]
    [InlineData("between 1 and 3", true)]
    [InlineData("between 2 and 3", false)]
    [InlineData("not between 2 and 3", true)]
    [InlineData("not between 1 and 3", false)]
    [InlineData("in [1, 2]", true)]
    [InlineData("not in [1, 2]", false)]
    [InlineData("> -1", true)]
    [InlineData("< 2.0000000001", true)]
    public void Metrics_compare_by_every_operator(string condition, bool passes) =>
        Assert.Equal(passes, Batches.JudgeOne("RowCount " + condition, Row.Empty, Row.Empty).Passed);

    [Fact]
    public void IsUnique_ignores_rows_without_any_value_and_fails_on_a_repeated_one()
    {
        var (a, b, none) = (Row.Empty with { Text = "a" }, Row.Empty with { Text = "b" }, Row.Empty);
        Assert.True(Batches.JudgeOne("IsUnique \"s\"", a, b, none, none).Passed);
        Assert.False(Batches.JudgeOne("IsUnique \"s\"", a, b, a).Passed);
        Assert.False(Batches.Parse("IsUnique \"s\"").Rules[0].QuarantinesRows);
    }

    [Fact]
    public void IsPrimaryKey_fails_on_a_repeated_key_without_quarantining_it()
    {
        var key = Row.Empty with { Text = "a", Integer = 1 };
        var result = Batches.Judge("IsPrimaryKey \"s\" \"n\"", [key, key with { Integer = 2 }, key]);
        Assert.False(result.Rules[0].Passed);
        Assert.Equal("uniqueness is 0.3333333333333333", result.Rules[0].Message);
        Assert.Equal(3, result.RowsPassed);
        Assert.True(Batches.JudgeOne("IsPrimaryKey \"s\" \"n\"", key, key with { Integer = 2 }).Passed);
    }

    [Fact]
    public void A_composite_with_a_batch_rule_joins_verdicts_on_the_batch_and_quarantines_nothing()
    {
        Row[] rows = [Row.Empty, Row.Empty with { Text = "a" }];
        var result = Batches.Judge("(IsComplete \"s\") or (RowCount > 1), (IsComplete \"s\") and (RowCount > 2)", rows);
        Assert.Equal([true, false], result.Rules.Select(static rule => rule.Passed));
        Assert.Equal("1 of 2 rows fail; the row count is 2", result.Rules[1].Message);
        Assert.Equal(2, result.RowsPassed);
        Assert.Equal([false, false], Batches.Parse("(IsComplete \"s\") or (RowCount > 1), (IsComplete \"s\") and (RowCount > 2)").Rules.Select(static r => r.QuarantinesRows));
    }

    [Fact]
    public void Sums_and_variances_are_exact_where_naive_ones_lose_digits()
    {
        Row[] large = [.. new[] { 1e16, 1.0, -1e16, 1.0 }.Select(static d => Row.Empty with { Real = d })];
        Assert.Equal(2, Batches.JudgeOne("Sum \"d\" = 2", large).Value);
        Row[] shifted = [.. new[] { 4.0, 7, 13, 16 }.Select(static d => Row.Empty with { Real = 1e9 + d })];
        Assert.Equal(22.5, Batches.JudgeOne("Variance \"d\" = 22.5", shifted).Value);
        Row[] huge = [.. Enumerable.Repeat(Row.Empty with { Integer = long.MaxValue }, 3)];
        Assert.Equal(3 * (double)long.MaxValue, Batches.JudgeOne("Sum \"n\" > 0", huge).Value);
    }

    [Theory]
    [InlineData("Mean \"n\" > 0", "no values")]
    [InlineData("Entropy \"s\" >= 0", "no values")]
    [InlineData("ColumnCorrelation \"n\" \"d\" > 0", "no values")]
    public void An_aggregate_of_no_values_fails_and_says_so(string rule, string message)
    {
        var outcome = Batches.JudgeOne(rule, Row.Empty, Row.Empty);
        Assert.Equal((false, (double?)null, message), (outcome.Passed, outcome.Value, outcome.Message));
        Assert.False(Batches.JudgeOne(rule).Passed);
    }

    [Theory]
    [InlineData("IsComplete \"s\"")]
    [InlineData("Completeness \"s\" > 0.9")]
    [InlineData("ColumnValues \"n\" > 5 with threshold > 0.9")]
    [InlineData("Uniqueness \"s\" > 0.9")]
    [InlineData("IsPrimaryKey \"s\"")]
    [InlineData("UniqueValueRatio \"s\" > 0.9")]
    [InlineData("DataFreshness \"t\" < 1 hours")]
    [InlineData("ColumnDataType \"s\" = \"Integer\"")]
    public void A_rule_about_rows_passes_when_there_are_none(string rule) =>
        Assert.Equal((true, (double?)null), (Batches.JudgeOne(rule).Passed, Batches.JudgeOne(rule).Value));

    [Fact]
    public void Schema_rules_look_at_the_columns()
    {
        Assert.True(Batches.JudgeOne("ColumnExists \"user.country\"").Passed);
        Assert.False(Batches.JudgeOne("ColumnExists \"user.city\"").Passed);
        Assert.True(Batches.JudgeOne("ColumnNamesMatchPattern \"[a-z]+\"").Passed);
        var outcome = Batches.JudgeOne("ColumnNamesMatchPattern \"[a-z]\"");
        Assert.Equal((false, "2 of 7 names do not match, the first is \"day\""), (outcome.Passed, outcome.Message));
    }

    private static bool Agrees(double? expected, StreamPipeline.Core.Quality.RuleOutcome outcome, Func<double, bool> condition)
    {
        if (expected is null)
        {
            return !outcome.Passed && outcome.Value is null;
        }

        return double.IsNaN(expected.Value)
            ? outcome.Passed && outcome.Value is null
            : Math.Abs(outcome.Value!.Value - expected.Value) < 1e-9 && outcome.Passed == condition(outcome.Value.Value);
    }

    private static double Share(Row[] rows, Func<Row, bool> passes) => rows.Length == 0 ? double.NaN : (double)rows.Count(passes) / rows.Length;

    private static List<int> Groups<T>(Row[] rows, Func<Row, T> value) =>
        [.. rows.Select(value).Where(static v => v is not null).GroupBy(static v => v).Select(static g => g.Count())];

    private static double Uniqueness<T>(Row[] rows, Func<Row, T> value)
    {
        var groups = Groups(rows, value);
        return groups.Count == 0 ? double.NaN : (double)groups.Count(static n => n == 1) / groups.Sum();
    }

    private static double Ratio<T>(Row[] rows, Func<Row, T> value)
    {
        var groups = Groups(rows, value);
        return groups.Count == 0 ? double.NaN : (double)groups.Count(static n => n == 1) / groups.Count;
    }

    private static double? Entropy<T>(Row[] rows, Func<Row, T> value)
    {
        var groups = Groups(rows, value);
        var all = (double)groups.Sum();
        return groups.Count == 0 ? null : -groups.Sum(n => n / all * Math.Log(n / all));
    }

    private static (double Mean, double Sum, double Variance)? Moments(Row[] rows, Func<Row, double?> value)
    {
        var values = rows.Select(value).Where(static v => v is not null).Select(static v => v!.Value).ToList();
        if (values.Count == 0)
        {
            return null;
        }

        var mean = values.Average();
        return (mean, values.Sum(), values.Average(v => (v - mean) * (v - mean)));
    }

    private static double? Correlation(Row[] rows)
    {
        var pairs = rows.Where(static r => r.Integer is not null && r.Real is not null).Select(static r => (X: (double)r.Integer!, Y: r.Real!.Value)).ToList();
        if (pairs.Count == 0)
        {
            return null;
        }

        var (x, y) = (pairs.Average(static p => p.X), pairs.Average(static p => p.Y));
        var scale = Math.Sqrt(pairs.Sum(p => (p.X - x) * (p.X - x)) * pairs.Sum(p => (p.Y - y) * (p.Y - y)));
        return scale < 1e-12 ? null : pairs.Sum(p => (p.X - x) * (p.Y - y)) / scale;
    }
}
