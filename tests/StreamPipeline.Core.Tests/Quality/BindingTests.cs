using Apache.Arrow;
using Apache.Arrow.Types;

using StreamPipeline.Core.Quality;

namespace StreamPipeline.Core.Tests.Quality;

public sealed class BindingTests
{
    [Theory]
    [InlineData("IsComplete \"zz\"", 22, "there is no column \"zz\"", "there are: s, n, d, b, t, day, user")]
    [InlineData("IsComplete \"user.contry\"", 22, "there is no column \"user.contry\"", "did you mean 'user.country'?")]
    [InlineData("IsComplete \"s.x\"", 22, "there is no column \"s.x\"", "")]
    [InlineData("IsUnique \"s\" \"dax\"", 24, "there is no column \"dax\"", "did you mean 'day'?")]
    [InlineData("Mean \"s\" > 5", 16, "Mean needs numbers, but column \"s\" holds text", "")]
    [InlineData("Sum \"t\" > 5", 15, "Sum needs numbers, but column \"t\" holds timestamps", "")]
    [InlineData("ColumnCorrelation \"n\" \"b\" > 0", 33, "ColumnCorrelation needs numbers, but column \"b\" holds booleans", "")]
    [InlineData("IsUnique \"user\"", 20, "IsUnique needs values to compare, but column \"user\" holds nested values", "")]
    [InlineData("ColumnLength \"n\" > 5", 24, "ColumnLength needs texts, but column \"n\" holds integers", "")]
    [InlineData("DataFreshness \"s\" > 5 hours", 25, "DataFreshness needs timestamps or dates, but column \"s\" holds text", "")]
    [InlineData("ColumnValues \"s\" > 5", 30, "column \"s\" holds text and cannot be compared with 5 here", "compare it with texts in quotes")]
    [InlineData("ColumnValues \"s\" > \"5\"", 30, "column \"s\" holds text and cannot be compared with \"5\" here", "DQDL does not order texts")]
    [InlineData("ColumnValues \"n\" = \"5\"", 30, "column \"n\" holds integers and cannot be compared with \"5\" here", "compare it with numbers")]
    [InlineData("ColumnValues \"n\" in [5, EMPTY]", 35, "column \"n\" holds integers and cannot be compared with EMPTY here", "")]
    [InlineData("ColumnValues \"n\" matches \"5\"", 36, "column \"n\" holds integers and cannot be compared with \"5\" here", "a pattern matches texts only")]
    [InlineData("ColumnValues \"b\" = \"yes\"", 30, "column \"b\" holds booleans and cannot be compared with \"yes\" here", "")]
    [InlineData("ColumnValues \"t\" > \"5\"", 30, "column \"t\" holds timestamps and cannot be compared with \"5\" here", "compare it with a date such as \"2024-01-31\"")]
    [InlineData("ColumnValues \"n\" > now()", 30, "column \"n\" holds integers and cannot be compared with now() here", "")]
    [InlineData("ColumnValues \"user\" = \"x\"", 33, "column \"user\" holds nested values and cannot be compared with \"x\" here", "name a field within it|its values cannot")]
    [InlineData("ColumnDataType \"s\" = \"Decimal\"", 32, "unknown data type \"Decimal\"", "write one of Boolean, Date, Timestamp, Integer, Long, Double, Float")]
    [InlineData("ColumnDataType \"s\" = \"1\"", 32, "unknown data type \"1\"", "")]
    [InlineData("ReferentialIntegrity \"s\" \"airport.iata\" > 0.9", 36, "there is no reference table \"airport\"", "did you mean \"airports\"?")]
    [InlineData("ReferentialIntegrity \"s\" \"airports\" > 0.9", 36, "\"airports\" does not name a column of a reference table", "")]
    [InlineData("ReferentialIntegrity \"s\" \"airports.iat\" > 0.9", 36, "reference table \"airports\" has no column \"iat\"", "did you mean \"iata\"?")]
    [InlineData("ReferentialIntegrity \"s,n\" \"airports.iata\" > 0.9", 38, "2 column(s) are compared with 1", "")]
    [InlineData("ReferentialIntegrity \"b\" \"airports.id\" > 0.9", 36, "column \"b\" holds booleans and cannot be compared with \"airports.id\" of type int64", "")]
    [InlineData("RowCountMatch \"planes\" > 0.9", 25, "there is no reference table \"planes\"", "add it below quality.references in pipeline.yaml")]
    public void A_rule_that_does_not_fit_the_columns_is_reported_where_it_stands(string rule, int column, string message, string fix)
    {
        var problem = Batches.OneProblemOf($"Rules = [ {rule} ]", Airports());
        Assert.Equal((1, column), (problem.Line, problem.Column));
        Assert.StartsWith(message, problem.Message, StringComparison.Ordinal);
        Assert.Contains(fix.Split('|')[^1], problem.Fix, StringComparison.Ordinal);
    }

    [Fact]
    public void All_rules_that_do_not_fit_are_reported_at_once() =>
        Assert.Equal(3, Batches.ProblemsOf("Rules = [ Mean \"s\" > 1, (IsComplete \"x\") and (IsComplete \"y\"), RowCount > 1 ]").Count);

    [Theory]
    [InlineData("ReferentialIntegrity \"s\" \"airports.iata\" = 0.5", 0.5)]
    [InlineData("ReferentialIntegrity \"n\" \"airports.id\" = 0.25", 0.25)]
    [InlineData("ReferentialIntegrity \"d\" \"airports.id\" = 0.5", 0.5)]
    [InlineData("ReferentialIntegrity \"n\" \"airports.number_text\" = 0.5", 0.5)]
    [InlineData("ReferentialIntegrity \"s,n\" \"airports.{iata,id}\" = 0.25", 0.25)]
    [InlineData("ReferentialIntegrity \"s\" \"airports.iata\" > 0.9 where \"n > 0\"", 1.0)]
    public void Referential_integrity_is_the_share_of_rows_whose_key_is_in_the_table(string rule, double share)
    {
        Row[] rows =
        [
            Row.Empty with { Text = "a", Integer = 1, Real = 2 },
            Row.Empty with { Text = "ab", Integer = 7, Real = 1.5 },
            Row.Empty with { Text = "zz", Integer = -7, Real = 1 },
            Row.Empty,
        ];
        var outcome = Assert.Single(Batches.Bind(rule, Airports()).Evaluate(Batches.Of(rows), 0).Rules);
        Assert.Equal((true, share), (outcome.Passed, outcome.Value));
    }

    [Fact]
    public void Row_counts_and_schemas_compare_with_a_reference_table()
    {
        var bound = Batches.Bind("RowCountMatch \"airports\" = 0.5, SchemaMatch \"airports\" < 0.1, SchemaMatch \"same\" = 1.0", Airports(), new ReferenceTable("same", Batches.Of([])));
        var result = bound.Evaluate(Batches.Of([Row.Empty]), 0);
        Assert.Equal([0.5, 0, 1], result.Rules.Select(static rule => rule.Value));
        Assert.Equal(1, result.Score);
    }

    [Fact]
    public void A_batch_with_fewer_columns_than_the_schema_is_refused() =>
        Assert.Throws<ArgumentException>(static () => Batches.Bind("RowCount > 0").Evaluate(new RecordBatch(new Schema([], null), [], 0), 0));

    [Fact]
    public void One_bound_ruleset_judges_batches_on_several_threads()
    {
        var bound = Batches.Bind("Uniqueness \"n\" = 1, DistinctValuesCount \"n\" > 0");
        Row[][] batches = [.. Enumerable.Range(1, 64).Select(static n => Enumerable.Range(0, n).Select(static i => Row.Empty with { Integer = i }).ToArray())];
        var counts = batches.AsParallel().AsOrdered().Select(rows => bound.Evaluate(Batches.Of(rows), 0).Rules[1].Value).ToArray();
        Assert.Equal(Enumerable.Range(1, 64).Select(static n => (double?)n), counts);
    }

    private static ReferenceTable Airports()
    {
        var schema = new Schema(
            [new Field("iata", StringType.Default, true), new Field("id", Int64Type.Default, true), new Field("number_text", StringType.Default, true)], null);
        var iata = new StringArray.Builder().Append("a").Append("ab").Build();
        var id = new Int64Array.Builder().Append(1).Append(2).Build();
        var text = new StringArray.Builder().Append("1").Append("7.0").Build();
        return new ReferenceTable("airports", new RecordBatch(schema, [iata, id, text], 2));
    }
}
