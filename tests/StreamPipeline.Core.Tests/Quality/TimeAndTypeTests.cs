using CsCheck;

namespace StreamPipeline.Core.Tests.Quality;

/// <summary>Rules that use the batch's clock, and rules that read texts as types.</summary>
public sealed class TimeAndTypeTests
{
    private const long HourUs = 3_600_000_000;

    [Fact]
    public void Freshness_compares_the_age_of_every_row_and_a_missing_time_is_not_fresh() =>
        Batches.GenRows.Sample(
            static rows => Batches.JudgeOne("DataFreshness \"t\" <= 1 hours", rows).Passed == rows.All(static r => r.TimeUs >= Batches.NowUs - HourUs)
                && Batches.JudgeOne("DataFreshness \"t\" between 30 minutes and 2 hours", rows).Passed
                    == rows.All(static r => Batches.NowUs - r.TimeUs is > HourUs / 2 and < 2 * HourUs)
                && Batches.JudgeOne("DataFreshness \"day\" > 1 days", rows).Passed == rows.All(static r => r.Day <= 19_674),
            iter: 100);

    [Fact]
    public void Now_is_the_clock_of_the_batch_so_it_quarantines_nothing()
    {
        const string rule = "ColumnValues \"t\" > (now() - 1 hours)";
        Assert.False(Batches.Parse(rule).Rules[0].QuarantinesRows);
        Batches.GenRows.Sample(
            static rows =>
            {
                var result = Batches.Judge(rule, rows);
                return result.Rules[0].Passed == rows.All(static r => r.TimeUs > Batches.NowUs - HourUs) && result.RowsPassed == rows.Length;
            },
            iter: 60);
    }

    [Theory]
    [InlineData("Integer", "12", true)]
    [InlineData("INTEGER", " -12 ", true)]
    [InlineData("Integer", "1.5", false)]
    [InlineData("Integer", "2147483648", false)]
    [InlineData("Integer", "", false)]
    [InlineData("Long", "2147483648", true)]
    [InlineData("Long", "9223372036854775808", false)]
    [InlineData("Double", "1e300", true)]
    [InlineData("Double", "1,5", false)]
    [InlineData("Float", "1e300", false)]
    [InlineData("Float", "1.5", true)]
    [InlineData("Boolean", "True", true)]
    [InlineData("Boolean", "no", true)]
    [InlineData("Boolean", "2", false)]
    [InlineData("Boolean", "", false)]
    [InlineData("Date", "2024-02-29", true)]
    [InlineData("Date", "2023-02-29", false)]
    [InlineData("Date", "2024-02-29T00:00:00Z", false)]
    [InlineData("Timestamp", "2024-02-29T08:30:00.123456Z", true)]
    [InlineData("Timestamp", "2024-02-29 08:30:00+02:00", true)]
    [InlineData("Timestamp", "2024-02-29", true)]
    [InlineData("Timestamp", "08:30", false)]
    public void A_text_has_a_type_when_it_can_be_read_as_one(string type, string text, bool fits) =>
        Assert.Equal(fits, Batches.JudgeOne($"ColumnDataType \"s\" = \"{type}\"", Row.Empty with { Text = text }, Row.Empty).Passed);

    [Theory]
    [InlineData("n", "Integer", true)]
    [InlineData("n", "Double", true)]
    [InlineData("n", "Date", false)]
    [InlineData("d", "Integer", false)]
    [InlineData("d", "Double", true)]
    [InlineData("b", "Boolean", true)]
    [InlineData("b", "Integer", false)]
    [InlineData("t", "Timestamp", true)]
    [InlineData("day", "Date", true)]
    public void A_typed_column_has_the_types_that_hold_its_values(string column, string type, bool fits) =>
        Assert.Equal(fits, Batches.JudgeOne($"ColumnDataType \"{column}\" = \"{type}\"", new Row("x", 5, 0.5, true, 0, 0, "US")).Passed);

    [Fact]
    public void A_data_type_with_threshold_judges_the_share()
    {
        Row[] rows = [Row.Empty with { Text = "1" }, Row.Empty with { Text = "2" }, Row.Empty with { Text = "x" }];
        Assert.True(Batches.JudgeOne("ColumnDataType \"s\" = \"Integer\" with threshold > 0.6", rows).Passed);
        Assert.False(Batches.JudgeOne("ColumnDataType \"s\" = \"Integer\" with threshold > 0.7", rows).Passed);
    }

    [Fact]
    public void A_pattern_that_explodes_when_backtracking_runs_in_linear_time()
    {
        // (a+)+$ on 100,000 times a and then b takes 2^100,000 steps by backtracking.
        Row[] rows = [.. Enumerable.Repeat(Row.Empty with { Text = new string('a', 100_000) + "b" }, 20)];
        var result = Batches.Judge("ColumnValues \"s\" matches \"(a+)+\"", rows);
        Assert.Equal((false, "20 of 20 rows fail", 0), (result.Rules[0].Passed, result.Rules[0].Message, result.RowsPassed));
    }

    [Fact]
    public void A_pattern_that_needs_backtracking_is_given_up_after_ten_values_and_quarantines_nothing()
    {
        const string rule = "ColumnValues \"s\" matches \"(?=a)(a+)+\"";
        Assert.False(Batches.Parse(rule).Rules[0].QuarantinesRows);
        Row[] rows = [.. Enumerable.Repeat(Row.Empty with { Text = new string('a', 40) + "b" }, 5_000)];
        var result = Batches.Judge(rule, rows);
        Assert.False(result.Rules[0].Passed);
        Assert.Equal(
            "5000 of 5000 rows fail; the pattern took longer than 100 ms on 10 values and was not tried on the rest: rewrite it without look-around and back references",
            result.Rules[0].Message);
        Assert.Equal(5_000, result.RowsPassed);
        Assert.True(Batches.JudgeOne(rule, Row.Empty with { Text = "aaa" }).Passed);
    }
}
