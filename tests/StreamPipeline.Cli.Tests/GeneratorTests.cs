using System.Text;
using System.Text.RegularExpressions;
using CsCheck;
using StreamPipeline.Cli.Generation;
using StreamPipeline.Core.Configuration;
using StreamPipeline.Core.Contracts;
using StreamPipeline.Core.Decoding;

namespace StreamPipeline.Cli.Tests;

public sealed class GeneratorTests
{
    /// <summary>Every kind of field and limit.</summary>
    private const string Everything = """
        { "type": "object", "required": ["id", "at", "n"], "properties": {
          "id": { "type": "string", "format": "uuid" },
          "at": { "type": "string", "format": "date-time" },
          "n": { "type": "integer", "minimum": -7, "exclusiveMaximum": 12, "multipleOf": 3 },
          "any": {},
          "free": { "type": "integer" },
          "one": { "type": "integer", "enum": [5] },
          "price": { "type": "number", "exclusiveMinimum": 0, "maximum": 0.05, "multipleOf": 0.01 },
          "ratio": { "type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 0.001 },
          "wide": { "type": "number" },
          "below": { "type": "number", "maximum": -1000 },
          "yes": { "const": true, "type": "boolean" },
          "maybe": { "type": ["boolean", "null"] },
          "day": { "type": "string", "format": "date" },
          "mail": { "type": "string", "format": "email", "maxLength": 30 },
          "ip": { "type": ["string", "null"], "format": "ipv4" },
          "code": { "type": "string", "pattern": "^(?:[A-Z]{2}-\\d{2,4}|x+y?z*|[^a-z\\d]{3}|\\w\\.\"\\\\)$", "maxLength": 12 },
          "kind": { "type": "string", "enum": ["a \"quoted\" one", "ä😀"] },
          "short": { "type": "string", "minLength": 3, "maxLength": 3 },
          "long": { "type": "string", "minLength": 40 },
          "tags": { "type": "array", "minItems": 2, "maxItems": 3, "items": { "type": ["string", "null"] } },
          "nested": { "type": "object", "required": ["deep"], "additionalProperties": false, "properties": {
            "deep": { "type": "array", "items": { "type": "object", "properties": { "v": { "type": "number", "minimum": 1, "maximum": 1 } } } } } } } }
        """;

    public static TheoryData<string> Names => [.. Samples.Pipelines()];

    [Theory]
    [MemberData(nameof(Names))]
    public void Events_of_every_sample_pipeline_are_what_the_counts_say(string name)
    {
        var folder = Path.Combine(Samples.Folder, name);
        var problems = new ProblemList();
        var settings = PipelineFile.Parse(File.ReadAllBytes(Path.Combine(folder, "pipeline.yaml")), "pipeline.yaml", problems)!;
        var contract = Compile(File.ReadAllText(Path.Combine(folder, settings.ContractFile)));
        Gen.Long.Sample(seed => Check(contract, settings, Options(seed)), iter: 20);
    }

    [Fact]
    public void Events_of_a_contract_with_everything_are_what_the_counts_say()
    {
        var contract = Compile(Everything);
        Gen.Long.Sample(seed => Check(contract, null, Options(seed)), iter: 50);
    }

    [Fact]
    public void The_same_seed_gives_the_same_bytes_and_another_seed_others()
    {
        var contract = Compile(Everything);
        Assert.Equal(Generate(contract, null, Options(5)).Bytes, Generate(contract, null, Options(5)).Bytes);
        Assert.NotEqual(Generate(contract, null, Options(5)).Bytes, Generate(contract, null, Options(6)).Bytes);
    }

    [Fact]
    public void Composite_keys_never_repeat_although_their_fields_do()
    {
        var settings = Settings("dedup: { key: [a, b] }");
        var contract = Compile("""{ "type": "object", "required": ["at", "a", "b"], "properties": { "at": { "type": "string", "format": "date-time" }, "a": { "type": "string", "pattern": "^[ab]$" }, "b": { "type": "integer", "minimum": 1, "maximum": 50 } } }""");
        var (bytes, counts) = Generate(contract, settings, new GeneratorOptions { Events = 60 });
        Assert.Equal(60, Lines(bytes).Select(line => line[line.IndexOf("\"a\"", StringComparison.Ordinal)..]).Distinct().Count());
        Assert.Equal(60, counts.Events);
        var error = Assert.Throws<CommandException>(() => Generate(contract, settings, new GeneratorOptions { Events = 101 }));
        Assert.Contains("the contract allows too few", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Late_events_are_counted_as_the_watermark_makes_them()
    {
        var settings = Settings("metrics:\n  - { name: m, window: { hopping: 10m, every: 5m }, measures: { n: count() } }").WithLateness(TimeSpan.FromMinutes(2));
        var contract = Compile("""{ "type": "object", "required": ["at"], "properties": { "at": { "type": "string", "format": "date-time" } } }""");
        var (bytes, counts) = Generate(contract, settings, new GeneratorOptions { Events = 5_000, Late = 0.05, RatePerSecond = 1 });
        long watermark = long.MinValue, late = 0;
        foreach (var line in Lines(bytes))
        {
            Assert.True(Rfc3339.TryParse(Encoding.UTF8.GetBytes(line[7..31]), out var us));
            var isLate = false;
            for (var start = us - (us % 300_000_000); start > us - 600_000_000; start -= 300_000_000)
            {
                isLate |= watermark != long.MinValue && start + 600_000_000 + 120_000_000 <= watermark;
            }

            late += isLate ? 1 : 0;
            watermark = Math.Max(watermark, us);
        }

        Assert.InRange(late, 200, 300);
        Assert.Equal(late, counts.Late);
    }

    [Theory]
    [InlineData("^[A-Z]{3}$")]
    [InlineData("^(foo|ba[rz])-(\\d+)?$")]
    [InlineData("[^\"]{2,5}?x*")]
    [InlineData("^(a|b(c|d){2}|)[\\-\\]]$")]
    [InlineData("^\\S\\s\\w+@[a-z.-]+$")]
    [InlineData("^\\u00e9?é{1,}$|^$", false)]
    [InlineData("(?=a)b", false)]
    [InlineData("(a)\\1", false)]
    [InlineData("a\\b", false)]
    [InlineData("\\p{L}", false)]
    [InlineData("a^b", false)]
    [InlineData("*a", false)]
    [InlineData("a{99999}", false)]
    [InlineData("(a", false)]
    public void Text_drawn_from_a_pattern_matches_it_or_the_pattern_is_refused(string pattern, bool supported = true)
    {
        var node = PatternGrammar.Parse(pattern, out var error);
        Assert.Equal(supported, node is not null);
        Assert.Equal(supported, error.Length == 0);
        if (node is null)
        {
            return;
        }

        var regex = new Regex(pattern, RegexOptions.CultureInvariant | RegexOptions.ECMAScript);
        var random = new SeededRandom(1);
        var runes = new List<Rune>();
        for (var i = 0; i < 500; i++)
        {
            runes.Clear();
            node.Draw(random, runes);
            Assert.Matches(regex, string.Concat(runes));
        }
    }

    [Fact]
    public void Repetitions_of_repetitions_stay_small()
    {
        var runes = new List<Rune>();
        PatternGrammar.Parse("((((a{1000}){1000}){1000}){1000}){1000}", out _)!.Draw(new SeededRandom(1), runes);
        Assert.InRange(runes.Count, 1, 20 * PatternNode.LengthMax);
    }

    [Fact]
    public void A_pattern_that_cannot_be_invented_is_a_problem_that_names_the_field()
    {
        var problems = new ProblemList();
        var contract = Compile("""{ "type": "object", "properties": { "a": { "type": "object", "properties": { "b": { "type": "string", "pattern": "(?=x)y" } } } } }""");
        Assert.Null(EventGenerator.Bind(contract, null, new GeneratorOptions(), "c.json", problems));
        Assert.Contains("field 'a.b'", Assert.Single(problems.Items).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_command_writes_events_to_standard_output_and_counts_to_standard_error()
    {
        using var terminal = new TestTerminal();
        var code = await terminal.RunAsync("generate", "--pipeline", Path.Combine(Samples.Folder, "flights", "pipeline.yaml"), "--events", "100", "--duplicates", "5%");
        Assert.Equal(ExitCode.Done, code);
        Assert.Equal(100, Lines(terminal.Bytes).Count);
        Assert.Matches("""^\{"lines":100,"events":\d+,"duplicates":\d+,"malformed":0,"late":0,"seed":1\}\n$""", terminal.Error);
    }

    private static GeneratorOptions Options(long seed) =>
        new() { Events = 300, Seed = seed, Duplicates = 0.05, Malformed = 0.2, Late = 0.02, RatePerSecond = 0.2 };

    private static void Check(Contract contract, PipelineSettings? settings, GeneratorOptions options)
    {
        var (bytes, counts) = Generate(contract, settings, options);
        Assert.Equal(counts.Lines, counts.Events + counts.Duplicates + counts.Malformed);
        using var decoder = new JsonDecoder(contract, new DecodeLimits());
        var rejections = new List<Rejection>();
        var lines = Lines(bytes);
        Assert.Equal(options.Events, lines.Count);
        var good = new HashSet<string>(StringComparer.Ordinal);
        foreach (var line in lines)
        {
            var before = rejections.Count;
            Assert.Equal(1, decoder.Append(Encoding.UTF8.GetBytes(line), 0, 0, rejections));
            if (rejections.Count == before)
            {
                good.Add(line);
            }
        }

        Assert.Equal(counts.Malformed, rejections.Count);
        Assert.Equal(counts.Events, good.Count);
    }

    private static (byte[] Bytes, GeneratorCounts Counts) Generate(Contract contract, PipelineSettings? settings, GeneratorOptions options)
    {
        var problems = new ProblemList();
        var generator = EventGenerator.Bind(contract, settings, options, "c.json", problems);
        Assert.Empty(problems.Items);
        using var stream = new MemoryStream();
        var counts = generator!.Write(stream, CancellationToken.None);
        return (stream.ToArray(), counts);
    }

    private static List<string> Lines(byte[] bytes)
    {
        var lines = Encoding.UTF8.GetString(bytes).Split('\n').ToList();
        Assert.Equal("", lines[^1]);
        lines.RemoveAt(lines.Count - 1);
        return lines;
    }

    private static Contract Compile(string schema)
    {
        var problems = new ProblemList();
        var contract = Contract.Compile(Encoding.UTF8.GetBytes(schema), "c.json", problems);
        Assert.Empty(problems.Items);
        return contract!;
    }

    private static PipelineSettings Settings(string more)
    {
        var problems = new ProblemList();
        var settings = PipelineFile.Parse(Encoding.UTF8.GetBytes($"name: n\nstream: s\ncontract: c.json\neventTime: {{ field: at }}\n{more}\n"), "p.yaml", problems);
        Assert.Empty(problems.Items);
        return settings!;
    }
}

internal static class SettingsVariants
{
    public static PipelineSettings WithLateness(this PipelineSettings settings, TimeSpan lateness) =>
        settings with { EventTime = settings.EventTime with { AllowedLateness = lateness } };
}
