using Apache.Arrow;
using Apache.Arrow.Types;

using StreamPipeline.Core.Configuration;
using StreamPipeline.Core.Quality;

namespace StreamPipeline.Core.Tests.Quality;

public sealed class FlightsRulesetTests
{
    private const string Text = """
        # Flights, as they depart.
        Rules = [
            RowCount > 0,
            IsComplete "flight_id",
            ColumnLength "origin" = 3,
            ColumnValues "delay" between -1441 and 3000 with threshold > 0.99,
            ColumnValues "distance" > 0,
            (IsComplete "origin") and (IsComplete "destination"),
            Uniqueness "flight_id" > 0.9
        ]
        """;

    [Fact]
    public void It_scores_the_batch_and_quarantines_by_the_rules_that_judge_rows_alone()
    {
        var result = Bind().Evaluate(Flights(("f1", 5, 100, "SFO", "LAX"), ("f2", 5, 0, "SF", "LAX"), ("f3", 9_999, 10, "SFO", null), ("f3", 1, 10, "SFO", "LAX")), 0);

        Assert.Equal([true, true, false, false, false, false, false], result.Rules.Select(static rule => rule.Passed));
        Assert.Equal(2.0 / 7, result.Score);
        Assert.Equal((4, 2), (result.RowCount, result.RowsPassed));
        Assert.Equal([false, true, true, false], Enumerable.Range(0, 4).Select(row => result.RowFails(row)));
        Assert.Equal(["ColumnLength \"origin\" = 3", "ColumnValues \"distance\" > 0"], result.FailedRules(1));
        Assert.Equal(["(IsComplete \"origin\") and (IsComplete \"destination\")"], result.FailedRules(2));
        Assert.Empty(result.FailedRules(3));
        Assert.Equal(0.75, result.Rules[3].Value);
        Assert.Equal("3 of 4 rows pass, a share of 0.75", result.Rules[3].Message);
        Assert.Equal("uniqueness is 0.5", result.Rules[6].Message);
    }

    [Fact]
    public void A_good_batch_passes_every_rule()
    {
        var result = Bind().Evaluate(Flights(("f1", 5, 100, "SFO", "LAX"), ("f2", -5, 7, "LAX", "SFO")), 0);

        Assert.Equal(1, result.Score);
        Assert.Equal(2, result.RowsPassed);
        Assert.All(result.Rules, static rule => Assert.Empty(rule.Message));
    }

    [Fact]
    public void An_empty_batch_fails_only_the_rule_that_counts_rows()
    {
        var result = Bind().Evaluate(Flights(), 0);

        Assert.Equal([false, true, true, true, true, true, true], result.Rules.Select(static rule => rule.Passed));
        Assert.Equal((0, 0), (result.RowCount, result.RowsPassed));
    }

    [Fact]
    public void Each_rule_says_whether_it_quarantines_rows() =>
        Assert.Equal([false, true, true, false, true, true, false], Bind().Rules.Select(static rule => rule.QuarantinesRows));

    private static readonly Schema Schema = new(
        [
            new Field("flight_id", StringType.Default, false),
            new Field("delay", Int64Type.Default, false),
            new Field("distance", Int64Type.Default, false),
            new Field("origin", StringType.Default, false),
            new Field("destination", StringType.Default, true),
        ],
        null);

    private static BoundRuleset Bind()
    {
        var problems = new ProblemList();
        var bound = BoundRuleset.Bind(Ruleset.Parse(Text, "flights.dqdl", problems)!, Schema, new Dictionary<string, ReferenceTable>(), problems);
        Assert.Empty(problems.Items);
        return bound!;
    }

    private static RecordBatch Flights(params (string Id, long Delay, long Distance, string Origin, string? Destination)[] flights)
    {
        var ids = new StringArray.Builder().AppendRange(flights.Select(static f => f.Id)).Build();
        var delays = new Int64Array.Builder().AppendRange(flights.Select(static f => f.Delay)).Build();
        var distances = new Int64Array.Builder().AppendRange(flights.Select(static f => f.Distance)).Build();
        var origins = new StringArray.Builder().AppendRange(flights.Select(static f => f.Origin)).Build();
        var destinations = new StringArray.Builder().AppendRange(flights.Select(static f => f.Destination)).Build();
        return new RecordBatch(Schema, [ids, delays, distances, origins, destinations], flights.Length);
    }
}
