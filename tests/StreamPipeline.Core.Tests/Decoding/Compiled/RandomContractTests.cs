using System.Globalization;
using System.Text;
using CsCheck;
using StreamPipeline.Core.Configuration;
using StreamPipeline.Core.Contracts;
using StreamPipeline.Core.Tests.Contracts;

namespace StreamPipeline.Core.Tests.Decoding.Compiled;

/// <summary>Both paths on contracts and documents that nobody wrote.</summary>
public sealed class RandomContractTests
{
    private static readonly string[] Names = ["a", "b", "id", "name", "a_name_of_sixteen", "a_name_of_more_than_sixteen_bytes", "é", "x.y", "q\\\"q", "tab\\t", "value"];

    private static readonly Gen<string> Leaf = Pick.From(
        """{"type":"string"}""",
        """{"type":["string","null"],"minLength":2,"maxLength":6}""",
        """{"type":"string","pattern":"^[a-c]+$"}""",
        """{"type":"string","pattern":"(?=a)a"}""",
        """{"enum":["a","bc","value of more than eight","é",null]}""",
        """{"enum":["a","b","c","d","e","f","g","h","i","j","k","l","m","n"]}""",
        """{"type":"string","format":"uuid"}""",
        """{"type":"string","format":"ipv4"}""",
        """{"type":"string","format":"email"}""",
        """{"type":"string","format":"date-time"}""",
        """{"type":["string","null"],"format":"date-time","maxLength":22}""",
        """{"type":"string","format":"date"}""",
        """{"type":"integer"}""",
        """{"type":["integer","null"],"minimum":-5,"maximum":1000,"multipleOf":5}""",
        """{"type":"integer","enum":[1,2,300]}""",
        """{"type":"number"}""",
        """{"type":["number","null"],"exclusiveMinimum":-1,"exclusiveMaximum":1e3}""",
        """{"type":"number","multipleOf":0.1,"minimum":0}""",
        """{"type":"number","enum":[1.5,2]}""",
        """{"type":"boolean"}""",
        """{"const":true}""",
        """{}""");

    private static readonly Gen<string> Text = Gen.OneOf(
        Pick.From(
            "a", "abc", "bc", "é", "value of more than eight", "6ba7b810-9dad-11d1-80b4-00c04fd430c8", "6ba7b810-9dad-11d1-80b4-00c04fd430cg", "10.0.0.1", "10.0.0.01", "256.1.1.1",
            "1.2.3", "a.b@example.com", "a..b@example.com", "2024-02-29T12:30:00Z", "2024-02-29T23:59:60Z", "2016-12-31T23:59:60Z", "2024-02-29T12:30:00.5Z",
            "2024-02-29T12:30:00.1234567890Z", "2024-02-29T24:00:00Z", "2024-02-30T00:00:00Z", "0001-01-01T00:00:00+01:00", "2024-02-29", "2023-02-29", "", "\\n", "\\u00e9", "\\ud83d\\ude00",
            "\\ud83d", "\\u0000", "a\\/b", "\\x", "\u007f", "😀", "a string that is longer than any vector is wide, so that a second look is needed, and a third"),
        Gen.String[Gen.Char['a', 'e'], 0, 70],
        Gen.Int[0, 0x10FFFF].Where(point => point is > 0x22 and not 0x5C and (< 0xD800 or > 0xDFFF)).Array[0, 8].Select(points => string.Concat(points.Select(char.ConvertFromUtf32))));

    private static readonly Gen<string> Number = Gen.OneOf(
        Pick.From("0", "-0", "-0.0", "1", "5", "300", "-5", "1.5", "0.1", "0.30", "1e3", "1E-2", "1e400", "-1e400", "1e-400", "0e999999", "1.0", "20e-1", "01", "-", "1.", "1e", "1e+", "+1", "9007199254740993",
            "9223372036854775807", "9223372036854775808", "-9223372036854775808", "123456789012345678", "1234567890123456789", "12345678901234567890", "0.1234567890123456789", "99999999", "100000000"),
        Gen.Int.Select(value => value.ToString(CultureInfo.InvariantCulture)),
        Gen.Long.Select(value => value.ToString(CultureInfo.InvariantCulture)),
        Gen.Double.Where(double.IsFinite).Select(value => value.ToString("R", CultureInfo.InvariantCulture)),
        Gen.Select(Gen.Int[-99_999, 99_999], Gen.Int[0, 6]).Select((value, digits) => (value / Math.Pow(10, digits)).ToString("F" + digits, CultureInfo.InvariantCulture)));

    private static readonly Gen<string> Blank = Gen.Frequency((12, Gen.Const("")), (2, Gen.Const(" ")), (1, Pick.From("\n", "\r\n", "\t", "  ", "\v", "\u00a0")));

    private static readonly Gen<string> AnyValue = Value(3);

    private static readonly Gen<string> Schema = Object(3);

    /// <summary>Documents for any contract over <see cref="Names"/>: some fit it, most do not, and all are read twice by each decoder.</summary>
    [Fact]
    public void Random_documents_are_read_the_same_under_random_contracts() =>
        Gen.Select(Schema, Members(3).Array[1, 6], Pick.From("\n", "", " "), Gen.Int[1, 5]).Sample(
            (schema, documents, between, depth) =>
            {
                var contract = Compiled(schema);
                if (contract is null)
                {
                    return;
                }

                var limits = new DecodeLimits(Depth: depth == 5 ? 64 : depth);
                Outcome.Of(contract, limits, [.. documents.Select(Encoding.UTF8.GetBytes)]);
                Outcome.Of(contract, limits, [Encoding.UTF8.GetBytes(string.Join(between, documents))]);
            },
            iter: 2_000);

    /// <summary>Each kind of field with values that mostly fit it.</summary>
    [Fact]
    public void Single_values_are_read_the_same() =>
        Gen.Select(Leaf, Gen.OneOf(Text.Select(text => $"\"{text}\""), Number, AnyValue).Array[1, 10], Blank).Sample(
            (schema, values, blank) => Outcome.Of(
                Schemas.OfValue(schema), [.. values.Select(value => Encoding.UTF8.GetBytes($"{{\"v\":{blank}{value}{blank}}}"))]),
            iter: 3_000);

    private static Contract? Compiled(string schema) => Contract.Compile(Encoding.UTF8.GetBytes(schema), "c.json", new ProblemList());

    private static Gen<string> Object(int depth) =>
        Gen.Select(Gen.Shuffle(Names, 0, 5), Field(depth).Array[5], Gen.Bool.Array[5], Gen.Frequency((4, Gen.Const(true)), (1, Gen.Const(false)))).Select((names, fields, required, open) =>
            $$"""
            {"type":{{(required[0] ? "\"object\"" : "\"object\"")}},"additionalProperties":{{(open ? "true" : "false")}},
             "required":[{{string.Join(',', names.Where((_, i) => required[i] && i > 2).Select(name => $"\"{name}\""))}}],
             "properties":{ {{string.Join(',', names.Select((name, i) => $"\"{name}\":{fields[i]}"))}} } }
            """);

    private static Gen<string> Field(int depth) => depth == 0
        ? Leaf
        : Gen.Frequency(
            (6, Leaf),
            (2, Gen.Const(0).SelectMany(_ => Object(depth - 1))),
            (1, Field(depth - 1).Select(item => $$"""{"type":"array","minItems":0,"maxItems":4,"items":{{item}}}""")));

    private static Gen<string> Members(int depth) =>
        Gen.Select(Gen.OneOf(Gen.Shuffle(Names, 0, 6), Pick.From(Names).Array[0, 4]), Value(depth).Array[6], Pick.From("", "", "", "\\u0061", "z"), Blank).Select((names, values, odd, blank) =>
            "{" + string.Join("," + blank, names.Select((name, i) => $"{blank}\"{(i == 2 ? odd : "")}{name}\"{blank}:{blank}{values[i]}{blank}")) + "}");

    private static Gen<string> Value(int depth)
    {
        var scalar = Gen.OneOf(Text.Select(text => $"\"{text}\""), Number, Pick.From("true", "false", "null", "nul", "truex"));
        return depth == 0
            ? scalar
            : Gen.Frequency(
                (6, scalar),
                (2, Gen.Const(0).SelectMany(_ => Members(depth - 1))),
                (1, Value(depth - 1).Array[0, 5].Select(items => $"[{string.Join(',', items)}]")));
    }
}
