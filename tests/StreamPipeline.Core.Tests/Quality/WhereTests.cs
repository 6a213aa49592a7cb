using CsCheck;

namespace StreamPipeline.Core.Tests.Quality;

/// <summary>A row is judged where the expression is true: neither false nor unknown.</summary>
public sealed class WhereTests
{
    private static readonly (string Where, Func<Row, bool?> Truth)[] Oracles =
    [
        ("n > 1", static r => r.Integer is { } n ? n > 1 : null),
        ("1 < n", static r => r.Integer is { } n ? n > 1 : null),
        ("n <> 1", static r => r.Integer is { } n ? n != 1 : null),
        ("n = -1", static r => r.Integer is { } n ? n == -1 : null),
        ("not n > 1", static r => r.Integer is { } n ? n <= 1 : null),
        ("n between -1 and 1", static r => r.Integer is { } n ? n is >= -1 and <= 1 : null),
        ("n not between -1 and 1", static r => r.Integer is { } n ? n is < -1 or > 1 : null),
        ("n in (1, 2)", static r => r.Integer is { } n ? n is 1 or 2 : null),
        ("n not in (1, 2)", static r => r.Integer is { } n ? n is not (1 or 2) : null),
        ("n is null", static r => r.Integer is null),
        ("n IS NOT NULL", static r => r.Integer is not null),
        ("user is null", static r => r.Country is null),
        ("user.country = 'US'", static r => r.Country is { } c ? c == "US" : null),
        ("`user.country` >= 'FR'", static r => r.Country is { } c ? string.CompareOrdinal(c, "FR") >= 0 : null),
        ("s like 'a%'", static r => r.Text?.StartsWith('a')),
        ("s like '_'", static r => r.Text is { } s ? s is " " or "a" : null),
        ("s like '___'", static r => r.Text is { } s ? s is "abc" or "é€😀" or "x,y" or "A\tB" : null),
        ("s not like '%b%'", static r => r.Text is { } s ? !s.Contains('b') : null),
        ("s = 'it''s' or s = ''", static r => r.Text is { } s ? s.Length == 0 : null),
        ("b", static r => r.Flag),
        ("not b", static r => !r.Flag),
        ("b = false", static r => !r.Flag),
        ("n = d", static r => r.Integer is { } n && r.Real is { } d ? n == d : null),
        ("n < d and b", static r => And(r.Integer is { } n && r.Real is { } d ? n < d : null, r.Flag)),
        ("s = user.country or b", static r => Or(r.Text is { } s && r.Country is { } c ? s == c : null, r.Flag)),
        ("day >= '2023-11-14'", static r => r.Day is { } day ? day >= 19_675 : null),
        ("t < day", static r => r.TimeUs is { } t && r.Day is { } day ? t < day * 86_400_000_000 : null),
        ("b and n > 0 or s is null", static r => Or(And(r.Flag, r.Integer is { } n ? n > 0 : null), r.Text is null)),
        ("b and (n > 0 or s is null)", static r => And(r.Flag, Or(r.Integer is { } n ? n > 0 : null, r.Text is null))),
        ("not (b and n > 0)", static r => !And(r.Flag, r.Integer is { } n ? n > 0 : null)),
    ];

    public static TheoryData<int> Cases => [.. Enumerable.Range(0, Oracles.Length)];

    [Theory]
    [MemberData(nameof(Cases))]
    public void Every_expression_follows_three_valued_logic(int index)
    {
        var (where, truth) = Oracles[index];
        Gen.Select(Batches.GenRows, Gen.Bool).Sample(
            (rows, sliced) => Batches.Judge($"RowCount >= 0 where \"{where}\"", rows, sliced).Rules[0].Value == rows.Count(row => truth(row) == true), iter: 60);
    }

    [Theory]
    [InlineData("n >", "found the end of the where expression, expected a number or a text in single quotes", 35)]
    [InlineData("", "found the end of the where expression, expected a number or a text in single quotes", 32)]
    [InlineData("n > 1 b", "found 'b', expected and, or, or the end of the where expression", 38)]
    [InlineData("n = null", "a comparison with null is never true", 36)]
    [InlineData("n ~ 1", "found '~' in the where expression", 34)]
    [InlineData("s = 'x", "a text opened by ' does not end", 36)]
    [InlineData("s = \\\"x\\\"", "found '\"' in the where expression", 36)]
    [InlineData("upper(s) = 'A'", "found '(', expected an operator: functions are not supported", 37)]
    [InlineData("n is 5", "found '5', expected 'null' after 'is'", 37)]
    [InlineData("n not 5", "found '5', expected in, between or like after 'not'", 38)]
    [InlineData("n in 5", "found '5', expected '(' after 'in'", 37)]
    [InlineData("n in (5", "found the end of the file, expected ')' or ',' after a value of the list", 39)]
    [InlineData("(n > 5", "found the end of the file, expected ')' in the where expression", 38)]
    [InlineData("n between 5 or 6", "found 'or', expected 'and' after the lower bound of between", 44)]
    [InlineData("zz > 5", "there is no column \"zz\"", 32)]
    [InlineData("n > 'a'", "column \"n\" holds integers and cannot be compared with \"a\" here", 36)]
    [InlineData("s > 5", "column \"s\" holds text and cannot be compared with 5 here", 36)]
    [InlineData("s = n", "column \"s\" holds text and \"n\" integers: they cannot be compared", 32)]
    [InlineData("n like '5'", "column \"n\" holds integers, but like needs texts", 32)]
    [InlineData("user", "column \"user\" holds nested values and cannot be compared with \"true\" here", 32)]
    [InlineData("day > 'soon'", "column \"day\" holds dates and cannot be compared with \"soon\" here", 38)]
    public void A_mistake_is_reported_where_it_stands(string where, string message, int column)
    {
        var problem = Batches.OneProblemOf($"Rules = [ RowCount > 0 where \"{where}\" ]");
        Assert.StartsWith(message, problem.Message, StringComparison.Ordinal);
        Assert.Equal((1, column - 1), (problem.Line, problem.Column));
    }

    [Theory]
    [InlineData("(", "n = 1", "where expression is nested deeper than 32")]
    [InlineData("not ", "n = 1", "where expression is nested deeper than 32")]
    [InlineData("n = 1 and ", "n = 1", "more than 1000 predicates")]
    public void Depth_and_size_are_bounded(string repeated, string last, string message)
    {
        var problem = Batches.OneProblemOf($"Rules = [ RowCount > 0 where \"{string.Concat(Enumerable.Repeat(repeated, 50_000))}{last}\" ]");
        Assert.Contains(message, problem.Message, StringComparison.Ordinal);
    }

    private static bool? And(bool? a, bool? b) => a & b;

    private static bool? Or(bool? a, bool? b) => a | b;
}
