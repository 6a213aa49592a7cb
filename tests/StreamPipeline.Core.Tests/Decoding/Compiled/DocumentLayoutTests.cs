using System.Globalization;
using System.Text;
using CsCheck;
using StreamPipeline.Core.Contracts;
using StreamPipeline.Core.Decoding;
using StreamPipeline.Core.Tests.Contracts;

namespace StreamPipeline.Core.Tests.Decoding.Compiled;

/// <summary>Streams of events of a few layouts: they are read as the complete path reads them, and by their layout where that pays. CsCheck prints the seed of a failure.</summary>
public sealed class DocumentLayoutTests
{
    private static readonly Contract Contract = Schemas.Compile("""
        {"type":"object","required":["a"],"properties":{
          "a":{"type":"integer"},
          "text":{"type":["string","null"]},
          "number":{"type":["number","null"],"maximum":1000},
          "o":{"type":["object","null"],"properties":{"x":{"type":"number"},"y":{"type":"string","enum":["north","south"]},"p":{"type":"object","properties":{"q":{"type":"boolean"}}}}},
          "list":{"type":"array","items":{"type":"object","properties":{"k":{"type":"integer"}}}},
          "deep":{"type":"object","properties":{"list":{"type":"array","items":{"type":"object","properties":{"k":{"type":"integer"}}}}}}}}
        """);

    private static readonly Gen<string> Number = Gen.Select(Gen.Int[-999, 999], Gen.Int[0, 4]).Select((value, places) =>
        (value / Math.Pow(10, places)).ToString($"F{places}", CultureInfo.InvariantCulture));

    private static readonly Gen<string> Object = Gen.OneOf(
        Gen.Const("null"),
        Gen.Const("{}"),
        Gen.Select(Number, Gen.Bool).Select((x, q) => $"{{\"x\":{x},\"p\":{{\"q\":{(q ? "true" : "false")}}}}}"),
        Pick.From("north", "south", "west").Select(y => $"{{\"y\":\"{y}\"}}"));

    /// <summary>Members in the contract's order, each present or not, with values that mostly fit.</summary>
    private static readonly Gen<(string Name, string Value)[]> Values = Gen.Select(
        Gen.Int.Select(a => $"{a}"),
        Gen.String[Gen.Char['a', 'z'], 0, 40].Select(text => $"\"{text}\""),
        Number,
        Object,
        Pick.From("[]", "[{\"k\":1},{}]", "[{\"other\":1}]"),
        Pick.From("{\"list\":[{\"k\":1},{\"other\":2}]}", "{}"),
        (a, text, number, o, list, deep) => new[] { ("a", a), ("text", text), ("number", number), ("o", o), ("list", list), ("deep", deep) });

    /// <summary>Which members there are and in which order, and how they are spaced.</summary>
    private static readonly Gen<(int[] Order, string Comma, string Colon)> Layout = Gen.Select(
        Gen.Shuffle(new[] { 0, 1, 2, 3, 4, 5 }, 1, 6),
        Pick.From(",", ", ", ",\n  ", ",                                                     "),
        Pick.From(":", ": ")).Select((order, comma, colon) => (order, comma, colon));

    [Fact]
    public void Streams_of_a_few_layouts_are_read_the_same() =>
        Gen.Select(Layout.Array[1, 6], Gen.Select(Gen.Int[0, 5], Values, Gen.Int[0, 200]).Array[1, 60]).Sample(
            (layouts, events) => Outcome.Of(
                Contract,
                [.. events.Select(one => Encoding.UTF8.GetBytes(Damaged(Document(layouts[one.Item1 % layouts.Length], one.Item2), one.Item3)))]),
            iter: 400);

    [Theory]
    [InlineData(",", ":")]
    [InlineData(", ", ": ")]
    [InlineData(" ,\r\n\t\t                                    ", " : ")]
    public void Events_alike_are_read_by_their_layout(string comma, string colon)
    {
        using var decoder = new JsonDecoder(Contract, new());

        Outcome.Of(decoder, Alike(2_000, [0, 1, 2, 3, 4], comma, colon));

        Assert.InRange(decoder.RowsAlike, 1_990, 2_000);
    }

    [Fact]
    public void Events_of_which_a_member_comes_and_goes_are_read_by_their_layouts()
    {
        using var decoder = new JsonDecoder(Contract, new());

        Outcome.Of(decoder, [.. Enumerable.Range(0, 1_000).SelectMany(i => Alike(1, i % 3 == 0 ? [0, 2, 3] : i % 7 == 0 ? [0, 1] : [0, 1, 2, 3]))]);

        Assert.InRange(decoder.RowsAlike, 990, 1_000);
    }

    [Fact]
    public void Layouts_that_never_come_again_are_given_up_and_looked_for_again()
    {
        using var decoder = new JsonDecoder(Contract, new());
        var members = Enumerable.Range(0, 10_000).Select(i => Encoding.UTF8.GetBytes($"{{\"a\":{i},\"never_again_{i}\":1}}")).ToArray();

        Assert.Equal(10_000, Outcome.Of(decoder, members).Rows.Count);
        Assert.Equal(0, decoder.RowsAlike);

        Outcome.Of(decoder, Alike(30_000, [0, 1]));
        Assert.InRange(decoder.RowsAlike, 10_000, 30_000);
    }

    /// <summary>Text between values is compared a vector at a time: of each length around it, changed in each of its bytes, cut at each.</summary>
    [Fact]
    public void Text_between_values_is_compared_to_its_last_byte()
    {
        foreach (var length in new[] { 24, 26, 27, 28, 29, 58, 59, 60, 61, 62, 200 })
        {
            var name = new string('n', length);
            var contract = Schemas.Compile($$"""{"type":"object","properties":{"a":{"type":"integer"},"{{name}}":{"type":"integer"} } }""");
            var whole = Encoding.UTF8.GetBytes($"{{\"a\":1,\"{name}\":2}}");
            for (var at = 0; at < whole.Length; at++)
            {
                Outcome.Of(contract, whole, whole, [.. whole[..at], (byte)(whole[at] ^ 1), .. whole[(at + 1)..]]);
                Outcome.Of(contract, whole, whole, whole[..at]);
            }
        }
    }

    [Fact]
    public void Numbers_of_a_shape_and_what_only_looks_like_them_are_read_the_same()
    {
        var contract = Schemas.Compile("""{"type":"object","properties":{"n":{"type":"number"},"i":{"type":"integer"}}}""");
        Gen.Select(Number, Gen.Int[0, 30], Pick.From([.. "0123456789-+.eE,}] a\0\u0080".ToCharArray()]).Array[6]).Sample(
            (number, at, others) =>
            {
                var usual = $"{{\"n\":{number},\"i\":1}}";
                foreach (var other in others)
                {
                    Outcome.Of(contract, [.. new[] { usual, usual, Replaced(usual, 5 + (at % (number.Length + 1)), other), usual }.Select(Encoding.Latin1.GetBytes)]);
                }
            },
            iter: 500);
    }

    private static byte[][] Alike(int count, int[] order, string comma = ",", string colon = ":") =>
        [.. Enumerable.Range(0, count).Select(i => Encoding.UTF8.GetBytes(Document(
            (order, comma, colon),
            [("a", $"{i}"), ("text", $"\"{new string('t', i % 50)}\""), ("number", (i / 100.0).ToString(CultureInfo.InvariantCulture)), ("o", "{\"x\":1.5,\"y\":\"north\"}"), ("list", $"[{{\"k\":{i}}}]"), ("deep", "{}")])))];

    private static string Document((int[] Order, string Comma, string Colon) layout, (string Name, string Value)[] members) =>
        "{" + string.Join(layout.Comma, layout.Order.Select(i => $"\"{members[i].Name}\"{layout.Colon}{members[i].Value}")) + "}";

    /// <summary>One in some has a byte too few, a name twice, or a member that is not known.</summary>
    private static string Damaged(string document, int which) => which switch
    {
        0 => document.Remove(document.Length / 2, 1),
        1 => document.Replace("}", ",\"a\":1}", StringComparison.Ordinal),
        2 => document.Insert(1, "\"other\":{\"k\":[]},"),
        3 => document[..^1],
        4 => document.Replace(":", ":\t", StringComparison.Ordinal),
        _ => document,
    };

    private static string Replaced(string text, int at, char with) => text[..at] + with + text[(at + 1)..];
}
