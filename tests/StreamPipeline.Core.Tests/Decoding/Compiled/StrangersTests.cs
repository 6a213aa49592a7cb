using System.Text;
using CsCheck;
using StreamPipeline.Core.Decoding;
using StreamPipeline.Core.Tests.Contracts;

namespace StreamPipeline.Core.Tests.Decoding.Compiled;

/// <summary>Members beside the contract, many and in any order: both paths keep them, and find the names that come twice. CsCheck prints the seed of a failure.</summary>
public sealed class StrangersTests
{
    private const string Contract = """
        {"type":"object","required":["a"],"properties":{"a":{"type":"integer"},"s":{"type":"string"},"o":{"type":"object","properties":{"x":{"type":"number"}}}}}
        """;

    /// <summary>More than are remembered.</summary>
    private const int Names = 400;

    private static readonly Gen<string> Name = Gen.Frequency(
        (30, Gen.Int[0, Names - 1].Select(NameOf)),
        (3, Gen.Int[0, Names - 1].Select(i => $"\\u006e{NameOf(i)[1..]}")),
        (3, Gen.String[Gen.Char['a', 'z'], 0, 70]),
        (2, Pick.From("é", "q\\\"", "", "s", "o")));

    private static readonly Gen<string> Value = Gen.Frequency(
        (20, Pick.From("1", "-12.5e3", "\"x\"", "\"\\n\"", "\"é\"", "null", "true", "false", "{}", "[]", "{\"k\":1,\"l\":{\"k\":2}}", "[1,{\"k\":2,\"a_name_of_more_than_thirty_two_bytes\":3}]")),
        (1, Pick.From("01", "1.", "nul", "{\"k\":1,\"k\":1}", "{\"k\":1,\"\\u006b\":1}", "{\"\\u006ba\":1,\"\\u0078b\":2,\"ka\":3}", "[{\"\\u006bk\":1,\"kk\":1}]", "\"\u0001\"", "[1,]", "")));

    private static readonly Gen<string> Comma = Gen.Frequency((30, Gen.Const(",")), (1, Pick.From(", ", " ,", "\n,\n", ",,", "")));

    private static readonly Gen<(string, string)> Quotes = Gen.Frequency((60, Gen.Const(("\"", "\""))), (1, Pick.From(("x", "\""), ("", "\""), ("\"", "\\"), ("\"", "\u0001"), ("\"", ""))));

    private static readonly Gen<string> Colon = Gen.Frequency((30, Gen.Const(":")), (1, Pick.From(": ", " :", "", "::")));

    private static readonly Gen<string> Document = Gen.Select(Name, Quotes, Colon, Value, Comma).Select((name, quotes, colon, value, comma) => $"{comma}{quotes.Item1}{name}{quotes.Item2}{colon}{value}")
        .Array[0, 30].Select(members => $"{{\"a\":1{string.Concat(members)}}}");

    [Fact]
    public void Members_beside_the_contract_are_read_the_same_in_any_number_and_order() =>
        Gen.Select(Document.Array[1, 8], Gen.Int[0, Names]).Sample(
            (documents, known) =>
            {
                // So many names have been seen before.
                var first = $"{{\"a\":1{string.Concat(Enumerable.Range(0, known).Select(i => $",\"{NameOf(i)}\":{i}"))}}}";
                Outcome.Of(Schemas.Compile(Contract), [.. documents.Prepend(first).Select(Encoding.UTF8.GetBytes)]);
                Outcome.Of(Schemas.Compile(Contract), string.Join('\n', documents.Prepend(first)));
            },
            iter: 300);

    [Fact]
    public void Members_beside_the_contract_take_the_compiled_path_whatever_their_order()
    {
        using var decoder = new JsonDecoder(Schemas.Compile(Contract), new());
        var random = new Random(1);
        var outcome = Outcome.Of(decoder, [.. Enumerable.Range(0, 50).Select(i =>
        {
            var members = Enumerable.Range(i < 25 ? 0 : i * Names, Names).Select(n => $"\"{NameOf(n)}\":{{\"k\":[{n},{new string('1', n % 50 + 1)}]}}").ToArray();
            random.Shuffle(members);
            return Encoding.UTF8.GetBytes($"{{\"a\":1,{string.Join(',', members)}}}");
        })]);

        Assert.Equal((50, 50), (outcome.Rows.Count, decoder.RowsCompiled));
    }

    /// <summary>Digits are looked for many at a time: numbers of each length, and what only begins like one.</summary>
    [Fact]
    public void Numbers_beside_the_contract_are_checked_the_same_at_any_length()
    {
        string[] ends = ["", ".", ".5", ".50000000000000000", ".5e", "e5", "E+12345678901234567", "e-", "-", "x", "/", ":", " "];
        var digits = Enumerable.Range(0, 70).Select(length => string.Concat(Enumerable.Range(1, length).Select(i => i % 10)));
        Outcome.Of(Schemas.Compile(Contract), [.. from start in digits from sign in new[] { "", "-", "0", "-0" } from end in ends select Encoding.UTF8.GetBytes($"{{\"a\":1,\"n\":{sign}{start}{end}}}")]);
    }

    // Of several lengths: short ones, one of a vector, and some beyond what is remembered.
    private static string NameOf(int i) => $"n{i}{new string('_', i % 5 * 8)}";
}
