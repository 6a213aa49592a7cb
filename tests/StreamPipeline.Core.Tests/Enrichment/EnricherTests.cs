using System.Security.Cryptography;
using System.Text;
using Apache.Arrow;
using CsCheck;
using StreamPipeline.Core.Configuration;
using StreamPipeline.Core.Enrichment;
using static StreamPipeline.Core.Tests.Enrichment.EnrichmentFixture;

namespace StreamPipeline.Core.Tests.Enrichment;

public sealed class EnricherTests
{
    [Fact]
    public void A_pipeline_without_steps_gets_an_enricher_that_changes_nothing()
    {
        var enricher = Bind("");
        using var rows = Rows((1, "a@b", "Bonn"));
        Assert.Same(rows, enricher.Apply(rows, new EnrichCounts(enricher.StepCount)));
        Assert.Same(Contract, enricher.OutputSchema);
        Assert.False(enricher.MasksAnything);
    }

    [Fact]
    public void Rows_get_the_columns_of_the_first_reference_row_that_matches_and_null_otherwise()
    {
        var enricher = Bind("code,name\r\n1,\"one, \"\"1\"\"\"\n2,two\n1,again\n3,\n", Lookup("id", "code", ("name", "id_name")));
        var counts = new EnrichCounts(enricher.StepCount);
        using var rows = enricher.Apply(Rows((1, null, null), (4, null, null), (3, null, null), (2, null, null)), counts);
        Assert.Equal(["one, \"1\"", null, null, "two"], Strings(rows.Column("id_name")));
        Assert.Equal([1], counts.Unmatched);
        Assert.Equal(1, enricher.DuplicateKeys);
        Assert.Equal(enricher.OutputSchema.FieldsList.Select(field => field.Name), rows.Schema.FieldsList.Select(field => field.Name));
        Assert.True(rows.Schema.GetFieldByName("id_name").IsNullable);
    }

    [Fact]
    public void A_lookup_finds_what_a_dictionary_finds_however_many_columns_match() =>
        Gen.Select(
            Gen.Select(Gen.Int[0, 20], AnyOf("a", "b", "ab", "")).Array[0, 40],
            Gen.Select(Gen.Int[0, 20], AnyOf<string?>("a", "b", "ab", null)).Array[1, 40]).Sample((reference, users) =>
        {
            var csv = "n,c,v\n" + string.Concat(reference.Select((row, i) => $"{row.Item1},{row.Item2},v{i}\n"));
            var enricher = Bind(csv, new LookupStep(
                "ref.csv", new Dictionary<string, string> { ["id"] = "n", ["home.city"] = "c" }, new Dictionary<string, string> { ["v"] = "v" }));
            var counts = new EnrichCounts(1);
            using var rows = enricher.Apply(Rows([.. users.Select(user => ((long)user.Item1, (string?)null, user.Item2))]), counts);
            var expected = users.Select(user =>
            {
                var at = System.Array.FindIndex(reference, row => row.Item1 == user.Item1 && row.Item2.Length > 0 && row.Item2 == user.Item2);
                return at < 0 ? null : $"v{at}";
            }).ToArray();
            Assert.Equal(expected, Strings(rows.Column("v")));
            Assert.Equal(expected.Count(value => value is null), counts.Unmatched[0]);
        });

    [Fact]
    public void Dates_and_booleans_match_by_their_text()
    {
        var enricher = Bind("d,b,v\n2000-01-02,false,yes\n", new LookupStep(
            "ref.csv", new Dictionary<string, string> { ["born"] = "d", ["active"] = "b" }, new Dictionary<string, string> { ["v"] = "v" }));
        using var rows = enricher.Apply(Rows((1, null, null), (2, null, null)), new EnrichCounts(1));
        Assert.Equal(["yes", null], Strings(rows.Column("v")));
    }

    [Fact]
    public void A_lookup_matches_what_an_earlier_lookup_added_and_an_earlier_mask_left()
    {
        var enricher = Bind(
            "k,v\n1,2\n2,found\n",
            Lookup("id", "k", ("v", "first")),
            Lookup("first", "k", ("v", "second")),
            new MaskStep("email", "MASK_KEY"),
            Lookup("email", "k", ("v", "third")));
        var counts = new EnrichCounts(4);
        using var rows = enricher.Apply(Rows((1, "2", null)), counts);
        Assert.Equal(["found"], Strings(rows.Column("second")));
        Assert.Equal([null], Strings(rows.Column("third")));
        Assert.Equal([0, 0, 0, 1], counts.Unmatched);
    }

    [Fact]
    public void A_masked_value_is_its_hmac_in_hexadecimal_and_null_stays_null()
    {
        var enricher = Bind("", new MaskStep("email", "MASK_KEY"), new MaskStep("home.city", "MASK_KEY"));
        using var rows = enricher.Apply(Rows((1, "zoë@b", "Köln"), (2, null, null), (3, "", "Bonn")), new EnrichCounts(2));
        Assert.Equal([Hmac("zoë@b"), null, Hmac("")], Strings(rows.Column("email")));
        var home = (StructArray)rows.Column("home");
        Assert.Equal([false, true, false], Enumerable.Range(0, 3).Select(home.IsNull));
        Assert.Equal([Hmac("Köln"), Hmac("Bonn")], new[] { 0, 2 }.Select(row => ((StringArray)home.Fields[0]).GetString(row)));
        Assert.Equal(3, ((Int64Array)home.Fields[1]).GetValue(2));
        Assert.True(enricher.MasksAnything);
    }

    [Fact]
    public void A_slice_of_a_batch_is_masked_as_the_batch_is()
    {
        var enricher = Bind("", new MaskStep("home.city", "MASK_KEY"));
        using var rows = enricher.Apply(Rows((1, null, "a"), (2, null, null), (3, null, "c")).Slice(1, 2), new EnrichCounts(1));
        var home = (StructArray)rows.Column("home");
        Assert.True(home.IsNull(0));
        Assert.Equal(Hmac("c"), ((StringArray)home.Fields[0]).GetString(1));
    }

    [Fact]
    public void Every_mistake_is_told_at_once_with_its_place_and_a_name_that_is_near()
    {
        var problems = new ProblemList();
        Assert.Null(Bind(
            problems,
            Csv("iata,state\nATL,GA\n"),
            Lookup("ids", "iata", ("state", "s")),
            Lookup("id", "iat", ("stat", "s")),
            Lookup("score", "iata", ("state", "email")),
            new LookupStep("none.csv", new Dictionary<string, string>(), new Dictionary<string, string>()),
            new MaskStep("emial", "MASK_KEY"),
            new MaskStep("home.zip", "MASK_KEY"),
            new MaskStep("email", "UNSET"),
            new MaskStep("email", "SHORT")));
        Assert.Equal(
        [
            "pipeline.yaml:7:1: the lookup matches 'ids', which events do not have (did you mean 'id'?)",
            "pipeline.yaml:7:1: ref.csv has no column 'iat' (did you mean 'iata'?)",
            "pipeline.yaml:7:1: ref.csv has no column 'stat' (did you mean 'state'?)",
            "pipeline.yaml:7:1: the lookup matches 'score', which is double (match text, integers, booleans or dates)",
            "pipeline.yaml:7:1: the lookup would add a second column 'email' (give it a name that the contract and other lookups do not use)",
            "pipeline.yaml:7:1: the lookup file none.csv cannot be read: no such file (give its path relative to pipeline.yaml)",
            "pipeline.yaml:7:1: the mask's field 'emial' is not in the contract (did you mean 'email'?)",
            "pipeline.yaml:7:1: the mask's field 'home.zip' is int64 in the contract, only strings can be masked (mask a field of type string without a date format)",
            "pipeline.yaml:7:1: the environment variable UNSET, which holds the key of the mask, is not set (set it to a secret of its own, for example: export UNSET=\"$(openssl rand -hex 32)\")",
            "pipeline.yaml:7:1: the environment variable SHORT holds a key of 4 bytes, at least 16 are needed (set it to a secret of its own, for example: export SHORT=\"$(openssl rand -hex 32)\")",
        ], problems.Items.Select(problem => problem.ToString().Replace("9:3", "7:1", StringComparison.Ordinal)));
        Assert.Equal((9, 3), (problems.Items[0].Line, problems.Items[0].Column));
        Assert.DoesNotContain(problems.Items, problem => problem.ToString().Contains("tiny", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("EMAIL", "the lookup would add column 'EMAIL' beside 'email', and DuckDB and Athena do not tell letter case apart (give it a name that the contract and other lookups do not use)")]
    [InlineData("Earlier", "the lookup would add column 'Earlier' beside 'earlier', and DuckDB and Athena do not tell letter case apart (give it a name that the contract and other lookups do not use)")]
    [InlineData("_extra", "the lookup would add a second column '_extra' (give it a name that the contract and other lookups do not use)")]
    [InlineData("_shard", "the lookup would add column '_shard', which has the name of a column that the pipeline adds (give it another name; letter case does not tell names apart)")]
    [InlineData("_Event_Time", "the lookup would add column '_Event_Time', which has the name of a column that the pipeline adds (give it another name; letter case does not tell names apart)")]
    public void An_added_column_has_a_name_of_its_own_whatever_its_letter_case(string name, string problem)
    {
        var problems = new ProblemList();
        Assert.Null(Bind(problems, Csv("iata,state\nATL,GA\n"), Lookup("email", "iata", ("state", "earlier")), Lookup("email", "iata", ("state", name))));
        Assert.Equal(["pipeline.yaml:7:1: " + problem], problems.Items.Select(found => found.ToString()));
    }

    internal static string Hmac(string text) =>
        Convert.ToHexStringLower(HMACSHA256.HashData(Encoding.UTF8.GetBytes(Key), Encoding.UTF8.GetBytes(text)));

    private static LookupStep Lookup(string match, string key, (string Column, string Name) add) => new(
        "ref.csv", new Dictionary<string, string> { [match] = key }, new Dictionary<string, string> { [add.Column] = add.Name });
}
