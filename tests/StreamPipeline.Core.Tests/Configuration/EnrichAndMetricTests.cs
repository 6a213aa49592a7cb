namespace StreamPipeline.Core.Tests.Configuration;

public sealed class EnrichAndMetricTests
{
    [Fact]
    public void A_key_in_the_file_is_refused_and_not_repeated()
    {
        var problem = Yaml.OneProblem(Yaml.Minimal + "enrich: [ { mask: { field: email, with: hmac-sha256, key: s3cr3tvalue } } ]");
        Assert.Equal("enrich[0].mask.key does not name an environment variable", problem.Message);
        Assert.Contains("never put a key in the file", problem.Fix, StringComparison.Ordinal);
        Assert.DoesNotContain("s3cr3t", problem.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("- mask: { field: email }", "'enrich[0].mask.with' is missing")]
    [InlineData("- mask: { field: email, with: sha1 }", "enrich[0].mask.with: 'sha1' is not supported, only hmac-sha256")]
    [InlineData("- {}", "enrich[0] must hold one of lookup and mask")]
    [InlineData("- maks: { field: email }", "unknown key 'maks' in enrich[0]")]
    [InlineData("- { lookup: { file: f, match: { a: b }, add: { c: d } }, mask: { field: e, with: hmac-sha256 } }", "enrich[0] must hold one of lookup and mask")]
    [InlineData("- lookup: { match: { a: b }, add: { c: d } }", "'enrich[0].lookup.file' is missing")]
    [InlineData("- lookup: { file: f, match: {}, add: { c: d } }", "enrich[0].lookup.match must be a mapping of 1 to 8 entries, but it is one of 0")]
    [InlineData("- lookup: { file: f, match: { a: b }, add: { c: d-e } }", "enrich[0].lookup.add: 'd-e' is not a usable name")]
    [InlineData("- lookup: { file: f, match: { a: b }, add: { c: d, e: D } }", "enrich[0].lookup.add: column 'D' is added twice")]
    [InlineData("- lookup: { file: f, match: { a: b }, add: { c: } }", "enrich[0].lookup.add.c must be a value, but it is nothing")]
    public void A_wrong_enrich_step_says_what_is_wrong(string step, string message) =>
        Assert.Equal(message, Yaml.OneProblem($"{Yaml.Minimal}enrich:\n  {step}\n").Message);

    [Theory]
    [InlineData("{ tumbling: 1h, hopping: 1h }", "metrics[0].window must hold one of tumbling and hopping")]
    [InlineData("{ tumbling: 1h, every: 5m }", "metrics[0].window.every is for hopping windows")]
    [InlineData("{ tumbling: 999ms }", "metrics[0].window.tumbling: 999ms is out of range, 1s to 366d is allowed")]
    [InlineData("{ hopping: 1h }", "'metrics[0].window.every' is missing")]
    [InlineData("{ hopping: 1h, every: 2h }", "metrics[0].window.every is 2h, longer than the window, 1h: events between two windows would be lost")]
    [InlineData("{ hopping: 1001s, every: 1s }", "metrics[0].window: each record would belong to 1,001 windows, at most 1,000 are allowed")]
    [InlineData("1h", "metrics[0].window must be a mapping, but it is '1h'")]
    public void A_wrong_window_says_what_is_wrong(string window, string message) =>
        Assert.Equal(message, Yaml.OneProblem(Metric($"window: {window}", "measures: { n: count() }")).Message);

    [Theory]
    [InlineData("{ tumbling: 1s }", 1, 1)]
    [InlineData("{ tumbling: 366d }", 31_622_400, 31_622_400)]
    [InlineData("{ hopping: 1000s, every: 1s }", 1000, 1)]
    [InlineData("{ hopping: 5m, every: 5m }", 300, 300)]
    public void Windows_at_their_limits_are_accepted(string window, int sizeSeconds, int everySeconds)
    {
        var metric = Assert.Single(Yaml.Valid(Metric($"window: {window}", "measures: { n: count() }")).Metrics);
        Assert.Equal((TimeSpan.FromSeconds(sizeSeconds), TimeSpan.FromSeconds(everySeconds)), (metric.Size, metric.Every));
    }

    // The expression starts at column 10.
    [Theory]
    [InlineData("cuont()", 0, "unknown function 'cuont'")]
    [InlineData("avg", 3, "'(' is expected after avg")]
    [InlineData("avg(delay", 9, "')' is missing")]
    [InlineData("avg()", 4, "avg needs a field")]
    [InlineData("avg(a, b)", 5, "avg takes one field")]
    [InlineData("avg(a) + 1", 6, "nothing is expected after ')', but there is '+ 1'")]
    [InlineData("avg(a b)", 4, "'a b' is not a field path")]
    [InlineData("avg(a..b)", 4, "'a..b' is not a field path")]
    [InlineData("quantile(a)", 10, "quantile needs a second argument")]
    [InlineData("quantile(a, 95)", 11, "'95' is not a quantile")]
    [InlineData("quantile(a, 0)", 11, "'0' is not a quantile")]
    [InlineData("quantile(a, NaN)", 11, "'NaN' is not a quantile")]
    [InlineData("count(,)", 6, "count needs a field")]
    public void A_wrong_measure_points_at_the_exact_place(string expression, int offset, string message)
    {
        var problem = Yaml.OneProblem(Metric("window: { tumbling: 1h }", $"measures:\n      m: {expression}"));
        Assert.Equal("metrics[0].measures.m: " + message, problem.Message);
        Assert.Equal((9, 10 + offset), (problem.Line, problem.Column));

        var quoted = Yaml.OneProblem(Metric("window: { tumbling: 1h }", $"measures:\n      m: '{expression}'"));
        Assert.Equal((9, 11 + offset), (quoted.Line, quoted.Column));
    }

    [Fact]
    public void A_comma_in_a_flow_mapping_keeps_its_place()
    {
        var problem = Yaml.OneProblem(Metric("window: { tumbling: 1h }", "measures: { a: quantile(x, 0.5), b: quantile(x,  7) }"));
        Assert.Equal((8, 52), (problem.Line, problem.Column));
        Assert.Equal("metrics[0].measures.b: '7' is not a quantile", problem.Message);
    }

    [Theory]
    [InlineData("window_start")]
    [InlineData("device_id")]
    [InlineData("N")]
    public void A_measure_must_not_take_the_name_of_another_gold_column(string column)
    {
        var problem = Yaml.OneProblem(Metric("window: { tumbling: 1h }", $"groupBy: [device.id]\n    measures: {{ n: count(), {column}: sum(x) }}"));
        Assert.Equal($"metrics[0].measures.{column}: the gold table already has a column '{column}'", problem.Message);
    }

    [Fact]
    public void Metric_names_differ_by_more_than_case()
    {
        var problem = Yaml.OneProblem(Metric("window: { tumbling: 1h }", "measures: { n: count() }") + "  - { name: M, window: { tumbling: 1h }, measures: { n: count() } }\n");
        Assert.Equal("metrics[1].name: 'M' names a metric a second time", problem.Message);
    }

    private static string Metric(params string[] lines) =>
        $"{Yaml.Minimal}metrics:\n  - name: m\n    {string.Join("\n    ", lines)}\n";
}
