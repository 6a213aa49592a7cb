using Apache.Arrow;
using Apache.Arrow.Types;

using CsCheck;

using StreamPipeline.Core.Configuration;
using StreamPipeline.Core.Quality;

namespace StreamPipeline.Core.Tests.Quality;

/// <summary>One row of the batches that quality tests judge.</summary>
internal sealed record Row(string? Text, long? Integer, double? Real, bool? Flag, long? TimeUs, int? Day, string? Country)
{
    public static readonly Row Empty = new(null, null, null, null, null, null, null);
}

/// <summary>Batches of columns s, n, d, b, t, day, user.country, user.tags; and rulesets over them.</summary>
internal static class Batches
{
    public const long NowUs = 1_700_000_000_000_000;

    public static readonly Field Country = new("country", StringType.Default, true);

    public static readonly StructType User = new([Country]);

    public static readonly Schema Schema = new(
        [
            new Field("s", StringType.Default, true),
            new Field("n", Int64Type.Default, true),
            new Field("d", DoubleType.Default, true),
            new Field("b", BooleanType.Default, true),
            new Field("t", new TimestampType(TimeUnit.Microsecond, "UTC"), true),
            new Field("day", Date32Type.Default, true),
            new Field("user", User, true),
        ],
        null);

    /// <summary>Few distinct values, so that duplicates, matches and boundaries are common.</summary>
    public static readonly Gen<Row> GenRow = Gen.Select(
        Gen.OneOf<string?>(null, "", " ", "a", "ab", "abc", "é€😀", "12", "x,y", "A\tB"),
        Gen.Long[-3, 3].Nullable(0.2),
        Gen.Int[-6, 6].Select(static i => i / 2.0).Nullable(0.2),
        Gen.Bool.Nullable(0.2),
        Gen.Long[-5, 5].Select(static h => NowUs + (h * 1_800_000_000)).Nullable(0.2),
        Gen.Int[19_673, 19_677].Nullable(0.2),
        Gen.OneOf<string?>(null, "US", "DE", "FR"),
        static (s, n, d, b, t, day, country) => new Row(s, n, d, b, t, day, country));

    public static readonly Gen<Row[]> GenRows = GenRow.Array[0, 80];

    /// <summary>With rows of padding before and after when <paramref name="sliced"/>, so that offsets are not 0.</summary>
    public static RecordBatch Of(IReadOnlyList<Row> rows, bool sliced = false)
    {
        if (sliced)
        {
            var padding = new Row("pad", 99, 99, true, 0, 0, "PAD");
            return Of([padding, Row.Empty, padding, .. rows, padding]).Slice(3, rows.Count);
        }

        var s = new StringArray.Builder();
        var n = new Int64Array.Builder();
        var d = new DoubleArray.Builder();
        var b = new BooleanArray.Builder();
        var t = new TimestampArray.Builder((TimestampType)Schema.GetFieldByIndex(4).DataType);
        var day = new Date32Array.Builder();
        var country = new StringArray.Builder();
        var present = new ArrowBuffer.BitmapBuilder();
        foreach (var row in rows)
        {
            _ = row.Text is null ? s.AppendNull() : s.Append(row.Text);
            _ = row.Integer is null ? n.AppendNull() : n.Append(row.Integer.Value);
            _ = row.Real is null ? d.AppendNull() : d.Append(row.Real.Value);
            _ = row.Flag is null ? b.AppendNull() : b.Append(row.Flag.Value);
            _ = row.TimeUs is null ? t.AppendNull() : t.Append(DateTimeOffset.UnixEpoch.AddTicks(row.TimeUs.Value * 10));
            _ = row.Day is null ? day.AppendNull() : day.Append(DateTime.UnixEpoch.AddDays(row.Day.Value));

            // A row without a country has no user at all, below which the field has a value: it must not be seen.
            country.Append(row.Country ?? "HIDDEN");
            present.Append(row.Country is not null);
        }

        var absent = rows.Count(static row => row.Country is null);
        var user = new StructArray(User, rows.Count, [country.Build()], present.Build(), absent);
        return new RecordBatch(Schema, [s.Build(), n.Build(), d.Build(), b.Build(), t.Build(), day.Build(), user], rows.Count);
    }

    public static Ruleset Parse(string rules)
    {
        var problems = new ProblemList();
        var ruleset = Ruleset.Parse($"Rules = [ {rules} ]", "test.dqdl", problems);
        Assert.True(ruleset is not null, string.Join("\n", problems.Items));
        return ruleset;
    }

    public static BoundRuleset Bind(string rules, params ReferenceTable[] references)
    {
        var problems = new ProblemList();
        var bound = BoundRuleset.Bind(Parse(rules), Schema, references.ToDictionary(static table => table.Alias), problems);
        Assert.True(bound is not null, string.Join("\n", problems.Items));
        return bound;
    }

    public static QualityResult Judge(string rules, IReadOnlyList<Row> rows, bool sliced = false) => Bind(rules).Evaluate(Of(rows, sliced), NowUs);

    /// <summary>The single rule's outcome.</summary>
    public static RuleOutcome JudgeOne(string rule, params Row[] rows) => Assert.Single(Judge(rule, rows).Rules);

    public static bool[] RowVerdicts(string rules, IReadOnlyList<Row> rows, bool sliced = false)
    {
        var result = Judge(rules, rows, sliced);
        return [.. Enumerable.Range(0, rows.Count).Select(row => !result.RowFails(row))];
    }

    /// <summary>The problems of parsing and, when that went well, binding.</summary>
    public static IReadOnlyList<Problem> ProblemsOf(string text, params ReferenceTable[] references)
    {
        var problems = new ProblemList();
        if (Ruleset.Parse(text, "test.dqdl", problems) is { } ruleset)
        {
            Assert.Empty(problems.Items);
            BoundRuleset.Bind(ruleset, Schema, references.ToDictionary(static table => table.Alias), problems);
        }

        return problems.Items;
    }

    public static Problem OneProblemOf(string text, params ReferenceTable[] references) => Assert.Single(ProblemsOf(text, references));
}
