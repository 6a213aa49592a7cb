using CsCheck;

namespace StreamPipeline.Core.Tests.Quality;

/// <summary>Rules with a verdict on each row, against the plainest possible code for the same question.</summary>
public sealed class RowRuleTests
{
    private static readonly (string Rule, Func<Row, bool> Passes)[] Oracles =
    [
        ("IsComplete \"s\"", static r => r.Text is not null),
        ("IsComplete \"user\"", static r => r.Country is not null),
        ("IsComplete \"user.country\"", static r => r.Country is not null),
        ("ColumnValues \"n\" = 1", static r => r.Integer == 1),
        ("ColumnValues \"n\" != 1", static r => r.Integer != 1),
        ("ColumnValues \"n\" > 0.5", static r => r.Integer > 0.5),
        ("ColumnValues \"n\" >= -1", static r => r.Integer >= -1),
        ("ColumnValues \"n\" < 1.5", static r => r.Integer < 1.5),
        ("ColumnValues \"n\" <= 1", static r => r.Integer <= 1),
        ("ColumnValues \"n\" = 1.5", static _ => false),
        ("ColumnValues \"n\" between -1 and 2", static r => r.Integer is > -1 and < 2),
        ("ColumnValues \"n\" not between -1 and 2", static r => r.Integer is <= -1 or >= 2),
        ("ColumnValues \"n\" between -1.5 and 1.5", static r => r.Integer is >= -1 and <= 1),
        ("ColumnValues \"n\" between 1 and 2", static _ => false),
        ("ColumnValues \"n\" > 9999999999999999999", static _ => false),
        ("ColumnValues \"n\" < 9999999999999999999", static r => r.Integer is not null),
        ("ColumnValues \"n\" in [1, 2, 0.5]", static r => r.Integer is 1 or 2),
        ("ColumnValues \"n\" not in [1, 2]", static r => r.Integer is not (1 or 2)),
        ("ColumnValues \"n\" in [1, NULL]", static r => r.Integer is 1 or null),
        ("ColumnValues \"n\" not in [1, NULL]", static r => r.Integer is not (1 or null)),
        ("ColumnValues \"n\" = NULL", static r => r.Integer is null),
        ("ColumnValues \"n\" != NULL", static r => r.Integer is not null),
        ("ColumnValues \"d\" = 0.5", static r => r.Real == 0.5),
        ("ColumnValues \"d\" != 0.5", static r => r.Real != 0.5),
        ("ColumnValues \"d\" > 0.5", static r => r.Real > 0.5),
        ("ColumnValues \"d\" >= 0.5", static r => r.Real >= 0.5),
        ("ColumnValues \"d\" < 0.5", static r => r.Real < 0.5),
        ("ColumnValues \"d\" <= 0.5", static r => r.Real <= 0.5),
        ("ColumnValues \"d\" between 0 and 1.5", static r => r.Real is > 0 and < 1.5),
        ("ColumnValues \"d\" not between 0 and 1.5", static r => r.Real is <= 0 or >= 1.5),
        ("ColumnValues \"d\" in [0, 1.5]", static r => r.Real is 0 or 1.5),
        ("ColumnValues \"d\" not in [0, 1.5]", static r => r.Real is not (0 or 1.5)),
        ("ColumnValues \"b\" = \"true\"", static r => r.Flag == true),
        ("ColumnValues \"b\" != \"true\"", static r => r.Flag != true),
        ("ColumnValues \"b\" in [\"true\", \"false\"]", static r => r.Flag is not null),
        ("ColumnValues \"b\" not in [\"true\"]", static r => r.Flag != true),
        ("ColumnValues \"s\" = \"ab\"", static r => r.Text == "ab"),
        ("ColumnValues \"s\" != \"ab\"", static r => r.Text != "ab"),
        ("ColumnValues \"s\" in [\"ab\", EMPTY]", static r => r.Text is "ab" or ""),
        ("ColumnValues \"s\" in [\"ab\", NULL, WHITESPACES_ONLY]", static r => r.Text is "ab" or null or " "),
        ("ColumnValues \"s\" not in [\"ab\", EMPTY, WHITESPACES_ONLY]", static r => r.Text is not ("ab" or "" or " ")),
        ("ColumnValues \"s\" not in [NULL, \"é€😀\"]", static r => r.Text is not (null or "é€😀")),
        ("ColumnValues \"s\" in [\"1\",\"2\",\"3\",\"4\",\"5\",\"6\",\"7\",\"8\",\"9\",\"12\"]", static r => r.Text == "12"),
        ("ColumnValues \"s\" = EMPTY", static r => r.Text == ""),
        ("ColumnValues \"s\" != WHITESPACES_ONLY", static r => r.Text != " "),
        ("ColumnValues \"s\" matches \"[a-c]+\"", static r => r.Text is "a" or "ab" or "abc"),
        ("ColumnValues \"s\" matches \"a\"", static r => r.Text == "a"),
        ("ColumnValues \"s\" matches \"a|ab\"", static r => r.Text is "a" or "ab"),
        ("ColumnValues \"s\" matches \"\\d+\"", static r => r.Text == "12"),
        ("ColumnValues \"s\" not matches \"[a-c]+\"", static r => r.Text is not (null or "a" or "ab" or "abc")),
        ("ColumnValues \"user.country\" = \"US\"", static r => r.Country == "US"),
        ("ColumnValues \"user.country\" != \"US\"", static r => r.Country != "US"),
        ("ColumnLength \"s\" = 3", static r => r.Text is "abc" or "é€😀" or "x,y" or "A\tB"),
        ("ColumnLength \"s\" < 2", static r => (r.Text ?? "").Length < 2),
        ("ColumnLength \"s\" between 0 and 3", static r => r.Text is " " or "a" or "ab" or "12"),
        ("ColumnLength \"s\" in [0, 1]", static r => r.Text is null or "" or " " or "a"),
        ("ColumnValues \"t\" >= \"2023-11-14T22:13:20Z\"", static r => r.TimeUs >= Batches.NowUs),
        ("ColumnValues \"t\" = \"2023-11-14 22:13:20\"", static r => r.TimeUs == Batches.NowUs),
        ("ColumnValues \"day\" > \"2023-11-14\"", static r => r.Day > 19_675),
        ("ColumnValues \"day\" in [\"2023-11-14\", NULL]", static r => r.Day is 19_675 or null),
        ("ColumnValues \"n\" > 0 where \"b\"", static r => r.Flag != true || r.Integer > 0),
        ("IsComplete \"s\" where \"n > 0 or d < 0\"", static r => !(r.Integer > 0 || r.Real < 0) || r.Text is not null),
        ("(IsComplete \"s\") and (ColumnValues \"n\" > 0)", static r => r.Text is not null && r.Integer > 0),
        ("(IsComplete \"s\") or (ColumnValues \"n\" > 0)", static r => r.Text is not null || r.Integer > 0),
        ("(IsComplete \"s\") or (IsComplete \"n\") and (IsComplete \"d\")", static r => r.Text is not null || (r.Integer is not null && r.Real is not null)),
        ("((IsComplete \"s\") or (IsComplete \"n\")) and (IsComplete \"d\")", static r => (r.Text is not null || r.Integer is not null) && r.Real is not null),
        ("IsPrimaryKey \"s\" \"n\"", static r => r.Text is not null && r.Integer is not null),
    ];

    public static TheoryData<int> Cases => [.. Enumerable.Range(0, Oracles.Length)];

    [Theory]
    [MemberData(nameof(Cases))]
    public void Every_row_rule_agrees_with_its_plain_definition(int index)
    {
        var (rule, passes) = Oracles[index];
        Assert.True(Assert.Single(Batches.Parse(rule).Rules).QuarantinesRows);
        Gen.Select(Batches.GenRows, Gen.Bool).Sample(
            (rows, sliced) => rows.Select(passes).SequenceEqual(Batches.RowVerdicts(rule, rows, sliced)), iter: 60);
    }

    [Fact]
    public void A_rule_without_threshold_passes_when_all_rows_pass_and_reports_their_share() =>
        Batches.GenRows.Where(static rows => rows.Length > 0).Sample(
            static rows =>
            {
                var outcome = Batches.JudgeOne("ColumnValues \"n\" > 0", rows);
                var share = (double)rows.Count(static r => r.Integer > 0) / rows.Length;
                return outcome.Passed == (share == 1) && outcome.Value == share;
            },
            iter: 100);

    [Fact]
    public void A_threshold_judges_the_share_of_rows_and_quarantines_none() =>
        Batches.GenRows.Where(static rows => rows.Length > 0).Sample(
            static rows =>
            {
                var result = Batches.Judge("ColumnValues \"n\" > 0 with threshold between 0.2 and 0.6", rows);
                var share = (double)rows.Count(static r => r.Integer > 0) / rows.Length;
                return result.Rules[0].Passed == (share is > 0.2 and < 0.6) && result.RowsPassed == rows.Length;
            },
            iter: 100);

    [Fact]
    public void Verdicts_on_rows_do_not_depend_on_where_the_batch_was_cut()
    {
        var rules = string.Join(",\n", Oracles.Select(static oracle => oracle.Rule)) + ", Uniqueness \"n\" > 0.9, ColumnValues \"n\" > 0 with threshold > 0.5, "
            + "ColumnValues \"t\" > (now() - 1 hours), DataFreshness \"t\" < 1 hours, ColumnValues \"s\" matches \"(?=a).*\"";
        var bound = Batches.Bind(rules);
        Gen.Select(Batches.GenRows, Gen.Int[0, 80]).Sample(
            (rows, at) =>
            {
                var cut = Math.Min(at, rows.Length);
                var whole = bound.Evaluate(Batches.Of(rows), Batches.NowUs);
                var first = bound.Evaluate(Batches.Of(rows[..cut]), Batches.NowUs - 7_000_000_000);
                var second = bound.Evaluate(Batches.Of(rows[cut..]), Batches.NowUs);
                return first.RowsPassed + second.RowsPassed == whole.RowsPassed
                    && Enumerable.Range(0, rows.Length).All(
                        row => whole.FailedRules(row).SequenceEqual(row < cut ? first.FailedRules(row) : second.FailedRules(row - cut)));
            },
            iter: 60);
    }

    [Fact]
    public void Bitmaps_lists_and_counts_of_failing_rows_agree() =>
        Batches.GenRows.Sample(
            static rows =>
            {
                var result = Batches.Judge("IsComplete \"s\", RowCount > 3, ColumnValues \"n\" > 0", rows);
                Assert.True(result.FailedRows(1).IsEmpty);
                for (var row = 0; row < rows.Length; row++)
                {
                    var texts = new List<string>();
                    for (var rule = 0; rule < 3; rule++)
                    {
                        Assert.Equal(!result.FailedRows(rule).IsEmpty && (result.FailedRows(rule)[row / 64] >> (row % 64) & 1) == 1, result.RowFails(row, rule));
                        texts.AddRange(result.RowFails(row, rule) ? [result.Rules[rule].Rule] : []);
                    }

                    Assert.Equal(texts, result.FailedRules(row));
                    Assert.Equal(texts.Count > 0, result.RowFails(row));
                }

                Assert.Equal(Enumerable.Range(0, rows.Length).Count(row => !result.RowFails(row)), result.RowsPassed);
            },
            iter: 50);
}
