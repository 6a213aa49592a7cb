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

    /// <summary>Nested objects with and without members that have to be there.</summary>
    private static readonly Contract Nested = Schemas.Compile("""
        {"type":"object","required":["a","o"],"properties":{
          "a":{"type":"integer"},"b":{"type":"integer"},"c":{"type":["integer","null"]},
          "o":{"type":["object","null"],"required":["r"],"properties":{
            "r":{"type":"integer"},"s":{"type":"integer"},
            "p":{"type":["object","null"],"properties":{"x":{"type":"integer"},"y":{"type":"integer"},"q":{"type":"object","required":["z"],"properties":{"z":{"type":"integer"}}}}},
            "t":{"type":"integer"}}},
          "u":{"type":"object","properties":{"v":{"type":"integer"},"w":{"type":"integer"}}},
          "d":{"type":"integer"},"e":{"type":"integer"}}}
        """);

    /// <summary>In one order mostly, each event with members of its own choice: most combinations come once.</summary>
    [Fact]
    public void Members_that_come_and_go_in_any_combination_are_read_the_same() =>
        Gen.Select(Gen.Int, Gen.Int[1, 3], Gen.Int[1, 300], Gen.Int[0, 100], Gen.Int[0, 100]).Sample(
            (seed, orders, events, absentPercent, oddPercent) =>
            {
                var random = new Random(seed);
                var seeds = Enumerable.Range(0, orders).Select(_ => random.Next(4) == 0 ? 0 : random.Next()).ToArray();
                Outcome.Of(Nested, [.. Enumerable.Range(0, events).Select(_ => Encoding.UTF8.GetBytes(NestedEvent(random, seeds[random.Next(orders)], absentPercent, oddPercent)))]);
            },
            iter: 600);

    [Fact]
    public void Events_with_any_of_many_members_are_read_by_their_layout()
    {
        var names = Enumerable.Range(0, 14).Select(i => $"member_{i}").ToArray();
        var contract = Schemas.Compile($$"""{"type":"object","properties":{ {{string.Join(',', names.Select(name => $"\"{name}\":{{\"type\":\"integer\"}}"))}} } }""");
        using var decoder = new JsonDecoder(contract, new());
        var random = new Random(1);

        Outcome.Of(decoder, [.. Enumerable.Range(0, 5_000).Select(_ => Encoding.UTF8.GetBytes(
            "{" + string.Join(',', names.Where(_ => random.Next(2) == 0).Select(name => $"\"{name}\":{random.Next(1000)}")) + "}"))]);

        Assert.InRange(decoder.RowsAlike, 4_900, 5_000);
    }

    [Fact]
    public void Events_of_producers_that_write_members_in_another_order_are_read_by_their_layouts()
    {
        using var decoder = new JsonDecoder(Contract, new());

        Outcome.Of(decoder, [.. Enumerable.Range(0, 1_000).SelectMany(i => Alike(1, i % 3 == 0 ? [3, 2, 0] : i % 3 == 1 ? [2, 0, 1, 3] : [0, 1, 2, 3]))]);

        Assert.InRange(decoder.RowsAlike, 990, 1_000);
    }

    /// <summary>The text of one producer is the beginning of another one's.</summary>
    [Fact]
    public void Events_of_producers_that_space_in_another_way_are_read_by_their_layouts()
    {
        using var decoder = new JsonDecoder(Contract, new());
        string[] colons = [":", ": ", ":  ", ":\t"];

        Outcome.Of(decoder, [.. Enumerable.Range(0, 1_000).SelectMany(i => Alike(1, [0, 1, 2, 3], colon: colons[i % 4]))]);

        Assert.InRange(decoder.RowsAlike, 990, 1_000);
    }

    /// <summary>Lists of values, also within objects and lists, which may be empty, null or of any length. One event in twenty has a member beside the contract within an object, which is not learnt, and no reason to give up.</summary>
    [Fact]
    public void Events_with_lists_of_values_are_read_by_their_layout()
    {
        var contract = Schemas.Compile("""
            {"type":"object","properties":{"a":{"type":["array","null"],"items":{"type":"integer"}},
              "o":{"type":"object","properties":{"b":{"type":"array","items":{"type":["string","null"]}},"c":{"type":"array","items":{"type":"array","items":{"type":"number"}}}}}}}
            """);
        using var decoder = new JsonDecoder(contract, new());
        var random = new Random(1);
        string List(int depth) => $"[{string.Join(',', Enumerable.Range(0, random.Next(4)).Select(_ => depth == 0 ? $"{random.Next(99)}" : List(depth - 1)))}]";

        Outcome.Of(decoder, [.. Enumerable.Range(0, 2_000).Select(i => Encoding.UTF8.GetBytes(
            $"{{\"a\":{(i % 9 == 0 ? "null" : List(0))},\"o\":{{{(i % 20 == 7 ? "\"extra\":1," : "")}\"b\":[\"x\",null],\"c\":{List(1)}}}}}"))]);

        Assert.InRange(decoder.RowsAlike, 1_880, 1_900);
    }

    [Fact]
    public void Events_with_members_beside_the_contract_are_read_by_their_layout()
    {
        using var decoder = new JsonDecoder(Contract, new());
        var random = new Random(1);

        Outcome.Of(decoder, [.. Enumerable.Range(0, 2_000).Select(i => Encoding.UTF8.GetBytes(
            $"{{\"first\":{{\"k\":[{i}]}},\"a\":{i}{(random.Next(2) == 0 ? ",\"some\": \"x\"" : "")},\"n\\u0061me\":null{(random.Next(2) == 0 ? ",\"number\":1.5" : "")},\"last\":[]}}"))]);

        Assert.InRange(decoder.RowsAlike, 1_980, 2_000);
    }

    /// <summary>More of them than are remembered: the events are read all the same, and those without them still by their layout.</summary>
    [Fact]
    public void Very_many_members_beside_the_contract_are_not_all_learnt()
    {
        using var decoder = new JsonDecoder(Contract, new());
        var names = Enumerable.Range(0, 1_000).Select(i => $"stranger_{i}").ToArray();

        Outcome.Of(decoder, [.. Enumerable.Range(0, 3_000).Select(i => Encoding.UTF8.GetBytes(
            i % 4 == 0 ? $"{{\"a\":{i},\"{names[i % names.Length]}\":1,\"{names[i * 7 % names.Length]}2\":2}}" : $"{{\"a\":{i}}}"))]);

        Assert.InRange(decoder.RowsAlike, 2_200, 2_999);
    }

    [Theory]
    [InlineData("\"never_again_{0}\":1")]
    [InlineData("\"o\":{{\"never_again_{0}\":1}}")]
    public void Layouts_that_never_come_again_are_given_up_and_looked_for_again(string member)
    {
        using var decoder = new JsonDecoder(Contract, new());
        var members = Enumerable.Range(0, 10_000).Select(i => Encoding.UTF8.GetBytes($"{{\"a\":{i},{string.Format(CultureInfo.InvariantCulture, member, i)}}}")).ToArray();

        Assert.Equal(10_000, Outcome.Of(decoder, members).Rows.Count);
        Assert.Equal(0, decoder.RowsAlike);

        Outcome.Of(decoder, Alike(30_000, [0, 1]));
        Assert.InRange(decoder.RowsAlike, 10_000, 30_000);
    }

    /// <summary>Forty texts of 3 kB each are most of what there is room for, so no event spaced in another way is learnt beside them.</summary>
    [Fact]
    public void White_space_takes_no_more_memory_than_its_bound()
    {
        var names = Enumerable.Range(0, 40).Select(i => $"member_{i}").ToArray();
        var contract = Schemas.Compile($$"""{"type":"object","properties":{ {{string.Join(',', names.Select(name => $"\"{name}\":{{\"type\":\"integer\"}}"))}} } }""");
        using var decoder = new JsonDecoder(contract, new());

        Outcome.Of(decoder, [.. Enumerable.Range(0, 160).Select(i => Encoding.UTF8.GetBytes($"{{{string.Join(',', names.Select(name => $"\"{name}\":{new string(' ', 3_000 + (i % 16))}{i}"))}}}"))]);

        Assert.InRange(decoder.RowsAlike, 1, 9);
    }

    [Theory]
    [InlineData("\\ud800")]
    [InlineData("\\udc00\\ud800x")]
    [InlineData("x\\ud83d\\ude00")]
    [InlineData("\u00ff")]
    [InlineData("\\u0000")]
    [InlineData("")]
    [InlineData("\\/\\\"\\\\")]
    public void Names_beside_the_contract_may_be_anything(string name)
    {
        foreach (var bytes in new[] { Encoding.UTF8.GetBytes($"{{\"a\":1,\"{name}\":2}}"), Encoding.Latin1.GetBytes($"{{\"a\":1,\"{name}\":2}}"), Encoding.UTF8.GetBytes($"{{\"{name}\":1,\"a\":1,\"{name}\":2}}") })
        {
            Outcome.Of(Contract, bytes, bytes, "{\"a\":2}"u8.ToArray(), bytes);
        }
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

    private static string NestedEvent(Random random, int order, int absentPercent, int oddPercent)
    {
        var members = new Random(order);
        return Object(["a", "b", "c", "k1", "o", "u", "k2", "d", "e"]);

        string Object(string[] names)
        {
            if (order != 0)
            {
                members.Shuffle(names);
            }

            var written = names.Where(_ => random.Next(100) >= absentPercent).Select(name => $"\"{Name(name)}\":{Value(name)}").ToList();
            if (random.Next(1000) < oddPercent && written.Count > 0)
            {
                written.Add(written[random.Next(written.Count)]);
            }

            if (random.Next(1000) < oddPercent)
            {
                written.Insert(random.Next(written.Count + 1), $"\"k{random.Next(4)}\":{{\"a\":[1]}}");
            }

            if (random.Next(1000) < oddPercent)
            {
                written.Reverse();
            }

            return "{" + string.Join(',', written) + "}";
        }

        string Name(string name) => random.Next(1000) < oddPercent ? $"\\u{(int)name[0]:x4}{name[1..]}" : name;

        string Value(string name) => name switch
        {
            "o" or "p" or "c" when random.Next(4) == 0 => "null",
            "o" => Object(["r", "s", "p", "t"]),
            "p" => Object(["x", "y", "q"]),
            "q" => Object(["z"]),
            "u" => Object(["v", "w"]),
            _ => $"{random.Next(100)}",
        };
    }

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
