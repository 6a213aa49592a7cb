using System.Text;
using CsCheck;
using StreamPipeline.Core.Configuration;

namespace StreamPipeline.Core.Tests.Configuration;

public sealed class HostileYamlTests
{
    [Theory]
    [InlineData("", 1, "the file is empty")]
    [InlineData("# only a comment\n", 1, "the file is empty")]
    [InlineData("just text", 1, "the file holds 'just text', not settings")]
    [InlineData("- a\n- b", 1, "the file holds a list, not settings")]
    [InlineData("name: a\n\tstream: b", 2, "this is not YAML")]
    [InlineData("name: [a, b", 2, "this is not YAML")]
    [InlineData("name: 'a", 1, "this is not YAML")]
    [InlineData("name: a\0stream: b", 1, "control character 0x00 in the file")]
    [InlineData("name: a\n  x: : b\n- c", 2, "this is not YAML")]
    public void What_is_no_settings_file_is_one_problem_with_its_line(string text, int line, string message)
    {
        var problem = Yaml.OneProblem(text);
        Assert.StartsWith(message, problem.Message, StringComparison.Ordinal);
        Assert.Equal(line, problem.Line);
        Assert.NotEqual("", problem.Fix);
    }

    [Fact]
    public void A_tab_is_named_as_the_cause() =>
        Assert.Equal("the line starts with a tab: indent with spaces", Yaml.OneProblem("eventTime:\n\tfield: x\n").Fix);

    [Fact]
    public void A_key_set_twice_names_the_line_of_the_first()
    {
        var problem = Yaml.OneProblem(Yaml.Minimal + "stream: other\n");
        Assert.Equal("'stream' is set a second time; the first is on line 2", problem.Message);
        Assert.Equal((5, 1), (problem.Line, problem.Column));
    }

    [Fact]
    public void A_second_document_is_a_problem() =>
        Assert.Equal("p.yaml:5:1: a second YAML document starts here (one file describes one pipeline: move it to a file of its own)", Yaml.OneProblem(Yaml.Minimal + "---\nname: b\n").ToString());

    [Theory]
    [InlineData("partitionKey: &a x", "anchors (&name) are not supported")]
    [InlineData("partitionKey: *a", "aliases (*name) are not supported")]
    [InlineData("partitionKey: !!str x", "tags (!name) are not supported")]
    [InlineData("? [a, b]\n: c", "a key is a list")]
    [InlineData("<<: { a: b }", "unknown key '<<'")]
    public void Yaml_beyond_what_settings_need_is_refused(string line, string message) =>
        Assert.StartsWith(message, Yaml.Parse(Yaml.Minimal + line).Problems[0].Message, StringComparison.Ordinal);

    [Fact]
    public void An_alias_is_refused_where_it_stands()
    {
        var (_, problems) = Yaml.Parse("name: &n flights\nstream: *n\ncontract: c\neventTime: { field: f }\n");
        Assert.Equal(["anchors (&name) are not supported", "aliases (*name) are not supported"], problems.Select(p => p.Message));
        Assert.Equal((2, 9), (problems[1].Line, problems[1].Column));
    }

    [Fact]
    public void Deep_nesting_ends_the_reading()
    {
        foreach (var text in new[] { new string('[', 500_000), string.Concat(Enumerable.Repeat("{a: ", 200_000)), string.Concat(Enumerable.Repeat("- ", 500_000)) })
        {
            Assert.Equal("this is not YAML: nested deeper than 32 levels", Yaml.OneProblem(text).Message);
        }
    }

    [Fact]
    public void The_largest_file_is_one_mebibyte()
    {
        var text = Yaml.Minimal + "#" + new string('x', PipelineFile.FileBytesMax - Yaml.Minimal.Length - 1);
        Yaml.Valid(text);
        Assert.Equal("the file is too large: 1,048,577 bytes, at most 1,048,576 are allowed", Yaml.OneProblem(text + "x").Message);
    }

    [Fact]
    public void Bytes_that_are_not_utf8_are_a_problem()
    {
        var (_, problems) = Yaml.Parse([(byte)'a', 0xFF, 0xFE]);
        Assert.Equal("p.yaml: the file is not UTF-8: byte 2 is wrong (save it as UTF-8)", Assert.Single(problems).ToString());
    }

    [Fact]
    public void A_byte_order_mark_and_windows_line_ends_are_accepted() =>
        Assert.Equal("flights", Yaml.Valid("\uFEFF" + Yaml.Minimal.ReplaceLineEndings("\r\n")).Stream);

    [Fact]
    public void A_random_mutation_never_throws()
    {
        var text = Encoding.UTF8.GetBytes(Yaml.Minimal + "dedup: { key: [id], horizon: 24h }\nenrich:\n  - mask: { field: email, with: hmac-sha256 }\nmetrics:\n  - name: m\n    window: { hopping: 1h, every: 5m }\n    measures: { n: count(), q: quantile(x, 0.5) }\n");
        const string Bytes = "{}[]:,-?&*!|>'\"%@`#()\n\t \0a0\u00ff";
        Gen.Select(Gen.Int[0, text.Length - 1], Gen.Int[0, 3], Gen.Int[0, Bytes.Length - 1]).Array[1, 6].Sample(edits =>
        {
            var mutated = new List<byte>(text);
            foreach (var (at, kind, with) in edits)
            {
                var i = Math.Min(at, mutated.Count - 1);
                if (kind == 0)
                {
                    mutated.RemoveAt(i);
                }
                else if (kind == 1)
                {
                    mutated[i] = (byte)Bytes[with];
                }
                else
                {
                    mutated.Insert(i, (byte)Bytes[with]);
                }
            }

            Yaml.Parse([.. mutated]);
        });
    }

    [Fact]
    public void A_duration_is_a_whole_number_and_a_unit()
    {
        Gen.Select(Gen.Int[0, 10_000_000], Gen.OneOf(Gen.Const("ms"), Gen.Const("s"), Gen.Const("m"), Gen.Const("h"), Gen.Const("d"))).Sample((number, unit) =>
        {
            Assert.True(Quantity.TryParseDuration($"{number}{unit}", out var duration));
            Assert.True(Quantity.TryParseDuration(Quantity.Format(duration), out var again));
            Assert.Equal(duration, again);
        });
        foreach (var text in new[] { "", "1", "h", "-1h", "1.5h", "1 h", "1H", "99999999999999999999d", "9223372036854775807d", "１h" })
        {
            Assert.False(Quantity.TryParseDuration(text, out _), text);
        }
    }
}
