using Apache.Arrow;
using StreamPipeline.Core.Configuration;
using StreamPipeline.Core.Windows;

namespace StreamPipeline.Core.Tests.Windows;

public sealed class MetricBindingTests
{
    private static readonly MeasureSettings Count = new("n", "count", null, null);

    [Theory]
    [InlineData("sum", "origin", null, "sum(origin) needs a column of type integer or number, but 'origin' is a string")]
    [InlineData("avg", "seen", null, "avg(seen) needs a column of type integer or number, but 'seen' is a date-time")]
    [InlineData("stddev", "day", null, "stddev(day) needs a column of type integer or number, but 'day' is a date")]
    [InlineData("quantile", "vip", 0.5, "quantile(vip) needs a column of type integer or number, but 'vip' is a boolean")]
    [InlineData("min", "vip", null, "min(vip) needs a column of type integer or number or date-time or date or string")]
    [InlineData("max", "user", null, "column 'user' is of type struct, not a scalar (name a field of it, such as 'user.city')")]
    [InlineData("count", "tags", null, "column 'tags' is of type list, not a scalar")]
    [InlineData("sum", "dely", null, "there is no column 'dely' (did you mean 'delay'?)")]
    [InlineData("distinct", "user.cty", null, "there is no column 'user.cty' (did you mean 'user.city'?)")]
    [InlineData("distinct", "nothing.like.it", null, "there is no column 'nothing.like.it' (there are: origin, delay, price, vip, day, seen, user.city)")]
    [InlineData("sum", null, null, "'sum()' names no column (write sum(column))")]
    [InlineData("quantile", "delay", 1.0, "the quantile 1 is not between 0 and 1")]
    [InlineData("quantile", "delay", null, "the quantile (none) is not between 0 and 1")]
    [InlineData("average", "delay", null, "'average' is not a measure (use one of: count, sum, min, max, avg, stddev, distinct, quantile)")]
    [InlineData("distnct", "delay", null, "'distnct' is not a measure (did you mean 'distinct'?)")]
    [InlineData("3", "delay", null, "'3' is not a measure")]
    public void A_wrong_measure_is_a_problem_at_its_place_with_its_fix(string function, string? argument, double? quantile, string expected)
    {
        var problem = Assert.Single(Problems(TestMetrics.Metric("x", 10, 10, [], new MeasureSettings("m", function, argument, quantile))));
        Assert.Contains(expected, problem.ToString(), StringComparison.Ordinal);
        Assert.StartsWith("pipeline.yaml:13:5: ", problem.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Wrong_windows_and_groups_are_all_reported_at_once()
    {
        var problems = Problems(
            TestMetrics.Metric("a", 10, 10, ["origin", "price"], Count),
            TestMetrics.Metric("b", 10, 20, ["orign"], Count),
            TestMetrics.Metric("c", 1001, 1, [], Count),
            TestMetrics.Metric("d", 0, 0, [], Count),
            TestMetrics.Metric("e", 10, 10, ["user.city"], new MeasureSettings("USER_CITY", "count", null, null)),
            TestMetrics.Metric("f", 10, 10, [], new MeasureSettings("window_start", "count", null, null)),
            TestMetrics.Metric("g", 10, 10, []));
        string[] expected =
        [
            "pipeline.yaml:12:20: metric 'a' cannot group by 'price', a number",
            "metric 'b': a window starts every 00:00:00.0000200, but is 00:00:00.0000100 long",
            "metric 'b': there is no column 'orign' (did you mean 'origin'?)",
            "metric 'c': each event falls into 1001 windows, at most 1000 are allowed (use every: 00:00:00.0000011 or more)",
            "metric 'd': a window of 00:00:00 is out of range",
            "metric 'e' has two gold columns named 'USER_CITY'",
            "metric 'f' has two gold columns named 'window_start'",
            "metric 'g' has 0 measures, 1 to 64 are allowed",
        ];
        Assert.Equal(expected.Length, problems.Count);
        Assert.All(expected.Zip(problems), pair => Assert.Contains(pair.First, pair.Second.ToString(), StringComparison.Ordinal));
    }

    [Fact]
    public void A_group_that_could_outgrow_a_stored_part_is_refused_before_it_exists()
    {
        var silver = new Schema([.. Enumerable.Range(0, 30).Select(i => new Field($"c{i}", Apache.Arrow.Types.Int64Type.Default, true))], null);
        var measures = Enumerable.Range(0, 30).Select(i => new MeasureSettings($"m{i}", "distinct", $"c{i}", null)).ToArray();
        var problems = new ProblemList();
        Assert.Null(MetricSet.Bind(TestMetrics.Settings(0, TestMetrics.Metric("x", 10, 10, [], measures)), silver, problems));
        Assert.Contains("one group may need 492,", Assert.Single(problems.Items).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Gold_columns_have_the_types_of_what_they_hold()
    {
        var metrics = TestMetrics.Bind(0, TestMetrics.Metric("x", 10, 10, ["user.city", "vip"], TestMetrics.EveryMeasure));
        var types = metrics.Metrics[0].GoldSchema.FieldsList.ToDictionary(field => field.Name, field => field.DataType.Name);
        Assert.Equal(["window_start", "window_end", "user_city", "vip", .. TestMetrics.EveryMeasure.Select(measure => measure.Column)], types.Keys);
        Assert.Equal(("timestamp", "utf8", "bool"), (types["window_end"], types["user_city"], types["vip"]));
        Assert.Equal(("int64", "double", "double"), (types["delay_sum"], types["delay_avg"], types["price_sum"]));
        Assert.Equal(("date32", "timestamp", "utf8", "int64"), (types["day_max"], types["seen_min"], types["origin_max"], types["cities"]));
    }

    private static IReadOnlyList<Problem> Problems(params MetricSettings[] metrics)
    {
        var problems = new ProblemList();
        Assert.Null(MetricSet.Bind(TestMetrics.Settings(0, metrics), SilverRow.Schema, problems));
        return problems.Items;
    }
}
