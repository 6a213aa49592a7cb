using CsCheck;

using StreamPipeline.Core.Configuration;
using StreamPipeline.Core.Quality;

namespace StreamPipeline.Core.Tests.Quality;

public sealed class GrammarTests
{
    [Theory]
    [InlineData("RowCount>0", "RowCount > 0")]
    [InlineData("RowCount between -1.50 and 10", "RowCount between -1.50 and 10")]
    [InlineData("IsComplete\"s\"", "IsComplete \"s\"")]
    [InlineData("IsUnique  \"s\"\n \"n\"", "IsUnique \"s\" \"n\"")]
    [InlineData("ColumnValues \"s\" in [ \"a\",null , empty,whitespaces_only]", "ColumnValues \"s\" in [\"a\", NULL, EMPTY, WHITESPACES_ONLY]")]
    [InlineData("ColumnValues \"s\" not  in [\"say \\\"hi\\\"\"]", "ColumnValues \"s\" not in [\"say \\\"hi\\\"\"]")]
    [InlineData("ColumnValues \"s\" matches \"\\d+\\\\\"", "ColumnValues \"s\" matches \"\\d+\\\\\"")]
    [InlineData("ColumnValues \"t\" > ( now( ) -3 days )", "ColumnValues \"t\" > (now() - 3 days)")]
    [InlineData("ColumnValues \"t\" between (now() - 3 days) and now()", "ColumnValues \"t\" between (now() - 3 days) and now()")]
    [InlineData("ColumnValues \"t\" > \"2024-01-31\"", "ColumnValues \"t\" > \"2024-01-31\"")]
    [InlineData("DataFreshness \"t\" between 2 days and 72 hours", "DataFreshness \"t\" between 2 days and 72 hours")]
    [InlineData("ColumnValues \"n\" > 5 where \"b\" with threshold >= 0.9", "ColumnValues \"n\" > 5 where \"b\" with threshold >= 0.9")]
    [InlineData("( IsComplete \"s\" )", "IsComplete \"s\"")]
    [InlineData("(IsComplete \"s\") AND (IsComplete \"n\")", "(IsComplete \"s\") and (IsComplete \"n\")")]
    [InlineData(
        "(RowCount > 1) and (RowCount > 2) or (RowCount > 3) and (RowCount > 4)",
        "((RowCount > 1) and (RowCount > 2)) or ((RowCount > 3) and (RowCount > 4))")]
    [InlineData("(RowCount > 1) and ((RowCount > 2) or (RowCount > 3))", "(RowCount > 1) and ((RowCount > 2) or (RowCount > 3))")]
    [InlineData("RowCount # > 5\n = 5 # or so\n", "RowCount = 5")]
    public void A_rule_has_one_canonical_text_which_parses_to_itself(string rule, string canonical)
    {
        Assert.Equal(canonical, Assert.Single(Batches.Parse(rule).Rules).Text);
        Assert.Equal(canonical, Assert.Single(Batches.Parse(canonical).Rules).Text);
    }

    [Fact]
    public void Rules_keep_their_order_and_their_places()
    {
        var rules = Ruleset.Parse("\n  Rules = [\n    RowCount > 0,\n    (IsComplete \"s\")\n]\n# end", "a.dqdl", new ProblemList())!.Rules;
        Assert.Equal([new Location("a.dqdl", 3, 5), new Location("a.dqdl", 4, 6)], rules.Select(static rule => rule.At));
    }

    [Theory]
    [InlineData("", 1, 1, "found the end of the file, expected 'Rules = [ … ]'")]
    [InlineData("Rules = []", 1, 1, "the list of rules is empty")]
    [InlineData("Rules [ RowCount > 0 ]", 1, 7, "found '[', expected '=' after 'Rules'")]
    [InlineData("Rules = RowCount > 0", 1, 9, "found 'RowCount', expected '[' after 'Rules ='")]
    [InlineData("rules = [ RowCount > 0 ]\nRules = [ RowCount > 0 ]", 1, 1, "found 'rules', but DQDL is case-sensitive: 'Rules'")]
    [InlineData("Analyzers = [ RowCount ]\nRules = [ RowCount > 0 ]", 1, 1, "Analyzers are not supported yet")]
    [InlineData("Rules = [ RowCount > 0 ]\nAnalyzers = [ RowCount, Mean \"n\" ]", 2, 1, "Analyzers are not supported yet")]
    [InlineData("DataSources = { \"a\": [\"b\"] } Rules = [ RowCount > 0 ]", 1, 1, "section 'DataSources' is not supported yet")]
    [InlineData("Rules = [ RowCount > 0 ] Rules = [ RowCount > 0 ]", 1, 26, "found a second 'Rules' section")]
    [InlineData("Rules = [ RowCount > 0 ] ]", 1, 26, "found ']', expected 'Rules = [ … ]'")]
    [InlineData("Rules = [ RowCount > 0", 1, 23, "found the end of the file, expected ',' or ']' after a rule")]
    [InlineData("Rules = [ RowCount > 0, ]", 1, 25, "found ']', expected a rule after ','")]
    [InlineData("Rules = [ RowCount > 0 IsComplete \"s\" ]", 1, 24, "found 'IsComplete', expected ',' or ']' after a rule")]
    [InlineData("Rules = [ \"s\" ]", 1, 11, "found \"s\", expected a rule type")]
    [InlineData("Rules = [ IsCompleet \"s\" ]", 1, 11, "unknown rule type 'IsCompleet'")]
    [InlineData("Rules = [ rowcount > 5 ]", 1, 11, "unknown rule type 'rowcount'")]
    [InlineData("Rules = [ CustomSql \"select 1\" ]", 1, 11, "rule type CustomSql is not supported")]
    [InlineData("Rules = [ DetectAnomalies \"RowCount\" ]", 1, 11, "rule type DetectAnomalies is not supported")]
    [InlineData("Rules = [ IsComplete ]", 1, 11, "IsComplete takes 1 quoted parameter(s), found 0")]
    [InlineData("Rules = [ IsComplete \"s\" \"n\" ]", 1, 11, "IsComplete takes 1 quoted parameter(s), found 2")]
    [InlineData("Rules = [ ColumnCorrelation \"n\" > 0 ]", 1, 11, "ColumnCorrelation takes 2 quoted parameter(s), found 1")]
    [InlineData("Rules = [ IsUnique ]", 1, 11, "IsUnique takes 1 to 16 quoted parameter(s), found 0")]
    [InlineData("Rules = [ IsComplete s ]", 1, 22, "found 's', expected a column name in double quotes")]
    [InlineData("Rules = [ IsComplete 's' ]", 1, 22, "found a text in other than straight double quotes")]
    [InlineData("Rules = [ IsComplete “s” ]", 1, 22, "found a text in other than straight double quotes")]
    [InlineData("Rules = [ IsComplete \"s\" > 5 ]", 1, 26, "found '>', but IsComplete takes no condition")]
    [InlineData("Rules = [ RowCount ]", 1, 20, "found ']', expected an operator")]
    [InlineData("Rules = [ RowCount == 5 ]", 1, 21, "found '=', expected a value")]
    [InlineData("Rules = [ RowCount not 5 ]", 1, 20, "found 'not', expected an operator")]
    [InlineData("Rules = [ RowCount > \"5\" ]", 1, 22, "found \"5\", expected a number")]
    [InlineData("Rules = [ RowCount > NULL ]", 1, 22, "found NULL, expected a number")]
    [InlineData("Rules = [ RowCount > 5.5.5 ]", 1, 22, "'5.5.5' is not a number of at most 28 digits")]
    [InlineData("Rules = [ RowCount > 123456789012345678901234567890 ]", 1, 22, "'123456789012345678901234567890' is not a number of at most 28 digits")]
    [InlineData("Rules = [ RowCount > - ]", 1, 24, "found ']', expected a number after '-'")]
    [InlineData("Rules = [ RowCount > avg(last(10)) ]", 1, 22, "found 'avg': dynamic rules are not supported yet")]
    [InlineData("Rules = [ RowCount > 0.9 * avg(last(10)) ]", 1, 26, "found '*': dynamic rules are not supported yet")]
    [InlineData("Rules = [ RowCount matches \"5\" ]", 1, 20, "operator 'matches' does not apply here")]
    [InlineData("Rules = [ RowCount between 5 ]", 1, 30, "found ']', expected 'and' after the lower bound 5")]
    [InlineData("Rules = [ RowCount between 5 and 2 ]", 1, 28, "the lower bound 5 of between is above the upper bound 2")]
    [InlineData("Rules = [ RowCount in 5 ]", 1, 23, "found '5', expected '[' after 'in'")]
    [InlineData("Rules = [ ColumnValues \"n\" in [] ]", 1, 32, "found ']', expected a value")]
    [InlineData("Rules = [ ColumnValues \"n\" in [1 2] ]", 1, 34, "found '2', expected ']' or ',' after a value of the list")]
    [InlineData("Rules = [ ColumnValues \"n\" > NULL ]", 1, 30, "found NULL, expected a number, a quoted text or date, or now()")]
    [InlineData("Rules = [ ColumnValues \"n\" > abc ]", 1, 30, "found 'abc', expected a value")]
    [InlineData("Rules = [ ColumnValues \"t\" > (now() 3 days) ]", 1, 37, "found '3', expected '-' or '+' after 'now()'")]
    [InlineData("Rules = [ ColumnValues \"t\" > (now() - 3) ]", 1, 39, "found '3', expected a duration in minutes, hours or days")]
    [InlineData("Rules = [ DataFreshness \"t\" < 3 ]", 1, 31, "found 3, expected a duration such as 3 hours")]
    [InlineData("Rules = [ DataFreshness \"t\" < 3.5 hours ]", 1, 31, "duration 3.5 hours is not a whole number from 0 to 36500 days")]
    [InlineData("Rules = [ DataFreshness \"t\" < 99999 days ]", 1, 31, "duration 99999 days is not a whole number from 0 to 36500 days")]
    [InlineData("Rules = [ ColumnValues \"s\" matches \"(\" ]", 1, 36, "the pattern is not a valid regular expression")]
    [InlineData("Rules = [ ColumnValues \"s\" matches \"a)|(b\" ]", 1, 36, "the pattern is not a valid regular expression")]
    [InlineData("Rules = [ ColumnValues \"s\" matches 5 ]", 1, 36, "found '5', expected a pattern in double quotes after 'matches'")]
    [InlineData("Rules = [ ColumnNamesMatchPattern \"[\" ]", 1, 35, "the pattern is not a valid regular expression")]
    [InlineData("Rules = [ IsComplete \"s\" with threshold > 0.9 ]", 1, 26, "DQDL does not allow 'with threshold' on IsComplete")]
    [InlineData("Rules = [ ColumnLength \"s\" > 5 with threshold > 0.9 ]", 1, 32, "DQDL does not allow 'with threshold' on ColumnLength")]
    [InlineData("Rules = [ ColumnValues \"n\" > 5 with > 0.9 ]", 1, 37, "found '>', expected 'threshold' after 'with'")]
    [InlineData("Rules = [ ColumnValues \"n\" > 5 with threshold > 0.9 where \"b\" ]", 1, 53, "found 'where' after 'with threshold'")]
    [InlineData("Rules = [ ColumnCount > 5 where \"b\" ]", 1, 27, "ColumnCount judges the batch as a whole: 'where' is not allowed on it")]
    [InlineData("Rules = [ RowCount > 5 where b ]", 1, 30, "found 'b', expected an expression in double quotes after 'where'")]
    [InlineData("Rules = [ IsComplete \"s\" and IsComplete \"n\" ]", 1, 26, "found 'and' after a rule without parentheses")]
    [InlineData("Rules = [ (IsComplete \"s\") and IsComplete \"n\" ]", 1, 32, "found 'IsComplete', expected '(' before an operand of a composite rule")]
    [InlineData("Rules = [ (IsComplete \"s\" or IsComplete \"n\") ]", 1, 27, "found 'or' after a rule without parentheses")]
    [InlineData("Rules = [ (IsComplete \"s\" ]", 1, 27, "found ']', expected ')' after an operand of a composite rule")]
    [InlineData("Rules = [ () ]", 1, 12, "found ')', expected a rule type")]
    [InlineData("Rules = [ RowCount > 5 ; ]", 1, 24, "found ';', which is no part of DQDL")]
    [InlineData("Rules = [\n  IsComplete \"s\n]", 2, 14, "a quoted text does not end on its line")]
    public void A_mistake_is_reported_where_it_stands(string text, int line, int column, string message)
    {
        var problem = Batches.OneProblemOf(text);
        Assert.Equal((line, column), (problem.Line, problem.Column));
        Assert.StartsWith(message, problem.Message, StringComparison.Ordinal);
        Assert.NotEmpty(problem.Fix);
        Assert.Equal("test.dqdl", problem.File);
    }

    [Theory]
    [InlineData("IsCompleet", "did you mean IsComplete?")]
    [InlineData("rowcount", "did you mean RowCount?")]
    [InlineData("Zzzzzz", "Rule types are ColumnCorrelation, ColumnCount,")]
    public void An_unknown_rule_type_suggests_a_near_one_and_lists_all(string type, string fix) =>
        Assert.StartsWith(fix, Batches.OneProblemOf($"Rules = [ {type} \"s\" ]").Fix, StringComparison.Ordinal);

    [Fact]
    public void All_mistakes_of_a_file_are_reported_at_once()
    {
        var problems = Batches.ProblemsOf("""
            Rules = [
                RowCount > ,
                IsComplet "s",
                (IsComplete "s" and (IsComplete "n"),
                ColumnValues "n" in [1, 2,
                IsUnique "s",
                Mean "s" with threshold > 1,
                CustomSql "select 1",
                RowCount > 1
            ]
            """);
        Assert.Equal([(2, 16), (3, 5), (4, 21), (6, 5), (7, 14), (8, 5)], problems.Select(static p => (p.Line, p.Column)));
    }

    [Fact]
    public void Size_and_depth_are_bounded()
    {
        Assert.Contains("at most 1048576 are allowed", Batches.OneProblemOf(new string(' ', Ruleset.TextLengthMax + 1)).Message, StringComparison.Ordinal);
        Assert.Contains("nested deeper than 32", Batches.OneProblemOf($"Rules = [ {new string('(', 100_000)}").Message, StringComparison.Ordinal);
        var deepest = new string('(', Ruleset.DepthMax) + "RowCount > 0" + new string(')', Ruleset.DepthMax);
        Assert.Empty(Batches.ProblemsOf($"Rules = [ {deepest} ]"));
        var many = string.Join(", ", Enumerable.Repeat("RowCount > 0", Ruleset.RulesMax));
        Assert.Equal(Ruleset.RulesMax, Batches.Parse(many).Rules.Count);
        Assert.Contains("more than 1000 rules", Batches.OneProblemOf($"Rules = [ {many}, RowCount > 0 ]").Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Any_text_parses_or_is_refused_with_a_bounded_list_of_problems()
    {
        var word = Gen.OneOf(
            Gen.OneOf("Rules", "=", "[", "]", "(", ")", ",", "and", "or", "IsComplete", "RowCount", "ColumnValues", "\"s\"", "\"n\"", ">", "!=", "5", "-", ".", "between"),
            Gen.OneOf("in", "not", "matches", "where", "with", "threshold", "\"n > 5 and (b\"", "\"[a\"", "now()", "3", "days", "NULL", "#", "\n", "'", "\"", "\\", "{", "*", "\0"),
            Gen.String[0, 5]);
        word.Array[0, 60].Sample(
            static words =>
            {
                foreach (var text in (string[])[string.Join(' ', words), "Rules = [ " + string.Join(' ', words) + " ]"])
                {
                    var problems = new ProblemList();
                    var ruleset = Ruleset.Parse(text, "f", problems);
                    Assert.Equal(ruleset is null, problems.Any);
                    Assert.InRange(problems.Items.Count, 0, 101);
                    Assert.All(problems.Items, problem => Assert.InRange(problem.Line, 1, 200));
                    if (ruleset is not null)
                    {
                        var canonical = string.Join(", ", ruleset.Rules);
                        Assert.Equal(canonical, string.Join(", ", Batches.Parse(canonical).Rules));
                    }
                }
            },
            iter: 2_000);
    }
}
