using System.Globalization;
using System.Text;
using CsCheck;
using StreamPipeline.Core.Contracts;
using StreamPipeline.Core.Decoding;
using StreamPipeline.Core.Tests.Contracts;

namespace StreamPipeline.Core.Tests.Decoding.Compiled;

/// <summary>
/// Valid events whose layout changes from one to the next: both paths give the same, and none of them is left to the complete one. CsCheck prints
/// the seed of a failure.
/// </summary>
public sealed class LayoutTests
{
    private static readonly Contract Contract = Schemas.Compile("""
        {"type":"object","required":["event_id","device"],"properties":{
          "event_id":{"type":"string","format":"uuid"},
          "measured_at":{"type":"string","format":"date-time"},
          "device":{"type":"object","required":["id"],"properties":{"id":{"type":"string","maxLength":40},"site":{"type":"string","enum":["north","south","harbor","a site of many letters"]}}},
          "count":{"type":"integer"},
          "temperature":{"type":["number","null"],"maximum":1000000000},
          "on":{"type":"boolean"},
          "tags":{"type":"array","items":{"type":"object","properties":{"k":{"type":"string"},"v":{"type":"number"}}}},
          "größe":{"type":"number"},
          "note":{"type":"string"}}}
        """);

    private static readonly Gen<string> Text = Gen.OneOf(
        Gen.String[Gen.Char['a', 'z'], 0, 20],
        Gen.Int[0, 200].Select(length => new string('x', length)),
        Pick.From("é", "Grüße, 世界", "😀😀😀 and then some more letters, and 😀", "\u0080", "a\u07FFb"));

    private static readonly Gen<string> Number = Gen.Select(Gen.Int[-99_999_999, 99_999_999], Gen.Int[0, 12], Gen.Bool).Select((value, places, zero) =>
        places == 0 ? $"{value}" : (value / Math.Pow(10, Math.Min(places, 9)) * (zero ? 0 : 1)).ToString($"F{places}", CultureInfo.InvariantCulture));

    private static readonly Gen<string> Unknown = Gen.OneOf(
        Number, Text.Select(text => $"\"{text}\""), Pick.From("null", "true", "{}", "[]", "{\"a\":[1,{\"b\":\"é\\n\"}],\"c\":{}}", "[[[]],\"]\"]", "\"\\ud83d\\ude00\""));

    /// <summary>Members as they are named in the contract, each with a value that fits.</summary>
    private static readonly Gen<List<(string Name, string Value)>> Known = Gen.Select(
        Gen.Guid.Select(id => $"\"{id}\""),
        Pick.From("2024-02-29T12:30:00Z", "2024-02-29T12:30:01.5Z", "2024-03-01T00:00:00.123456Z", "2024-02-29T12:30:00.1234567890123456789012345Z", "2024-02-29T12:30:00+05:30").Select(time => $"\"{time}\""),
        Gen.Select(Text.Where(text => text.Length <= 40), Pick.From("north", "south", "harbor", "a site of many letters"), Gen.Bool).Select((id, site, has) => has ? $"{{\"id\":\"{id}\",\"site\":\"{site}\"}}" : $"{{\"id\":\"{id}\"}}"),
        Gen.Long.Select(value => $"{value}"),
        Number,
        Gen.Select(Text, Number).Select((key, value) => $"[{{\"k\":\"{key}\",\"v\":{value}}},{{\"v\":1}},{{}}]"),
        Text.Select(text => $"\"{text}\""),
        Gen.Bool.Array[9]).Select((id, time, device, count, number, tags, note, has) =>
        {
            List<(string Name, string Value)> members = [("event_id", id), ("device", device)];
            AddIf(has[0], members, 1, "measured_at", time);
            AddIf(has[1], members, 3, "count", count);
            AddIf(has[2], members, 4, "temperature", has[3] ? number : "null");
            AddIf(has[4], members, 5, "on", has[5] ? "true" : "false");
            AddIf(has[6], members, 6, "tags", tags);
            AddIf(has[7], members, 7, "größe", number);
            AddIf(has[8], members, 8, "note", note);
            return members;
        });

    private static readonly Gen<string> Event = Gen.Select(
        Known,
        Gen.Frequency((3, Gen.Const(0)), (2, Gen.Int[1, 3]), (1, Gen.Int[100, 300])),
        Unknown.Array[5],
        Gen.Int,
        Gen.Frequency((3, Gen.Const("")), (1, Pick.From(" ", "\t", " \r\n  "))),
        Gen.Int[0, 5]).Select(Document);

    [Fact]
    public void Events_of_any_layout_are_read_the_same_and_all_of_them_fast() =>
        Event.Array[1, 12].Sample(
            events =>
            {
                byte[][] payloads = [.. events.Select(Encoding.UTF8.GetBytes)];
                Assert.Equal(events.Length, Outcome.Of(Contract, payloads).Rows.Count);
                Outcome.Of(Contract, string.Join('\n', events));
                using var decoder = new JsonDecoder(Contract, new());
                Outcome.Of(decoder, payloads);
                Assert.Equal(events.Length, decoder.RowsCompiled);
            },
            iter: 300);

    [Theory]
    [InlineData("{\"event_id\":\"6ba7b810-9dad-11d1-80b4-00c04fd430c8\",\"device\":{\"id\":\"x\"},\"x\":1,\"x\":2}")]
    [InlineData("{\"event_id\":\"6ba7b810-9dad-11d1-80b4-00c04fd430c8\",\"device\":{\"id\":\"x\",\"id\":\"x\"}}")]
    [InlineData("{\"event_id\":\"6ba7b810-9dad-11d1-80b4-00c04fd430c8\",\"device\":{\"id\":\"x\"},\"a_longer_unknown_name_0001\":1,\"a_longer_unknown_name_0001\":2}")]
    [InlineData("{\"event_id\":\"6ba7b810-9dad-11d1-80b4-00c04fd430c8\",\"device\":{\"id\":\"x\"},\"a_longer_unknown_name_0001\":1,\"a_longer_unknown_nam\\u0065_0001\":2}")]
    public void A_name_given_twice_is_seen_on_either_path(string document) =>
        Assert.Equal(["duplicate_key"], Outcome.Of(Contract, Encoding.UTF8.GetBytes(document)).Rejections.Select(rejection => rejection.Reason));

    private static void AddIf(bool has, List<(string Name, string Value)> members, int at, string name, string value)
    {
        if (has)
        {
            members.Insert(Math.Min(at, members.Count), (name, value));
        }
    }

    private static string Document(List<(string Name, string Value)> members, int unknown, string[] values, int seed, string blank, int odd)
    {
        // Seeded by the generator, and not for secrets.
#pragma warning disable CA5394
        var random = new Random(seed);
        for (var i = 0; i < unknown; i++)
        {
            // Some names come again in the next event, some never.
            var name = i % 2 == 0 ? $"other_{i}" : $"an_unknown_member_{random.Next()}_{i}";
            members.Insert(random.Next(members.Count + 1), (name, values[i % values.Length]));
        }

        var ordered = members.ToArray();
        if (odd == 1)
        {
            random.Shuffle(ordered);
        }

        return "{" + string.Join(",", ordered.Select((member, i) => $"{blank}\"{(odd == 2 && i % 2 == 0 ? Escaped(member.Name) : member.Name)}\"{blank}:{blank}{Texts(member.Value, odd == 3)}{blank}")) + "}";
#pragma warning restore CA5394
    }

    private static string Escaped(string name) => $"\\u{(int)name[0]:x4}{name[1..]}";

    /// <summary>A plain string with one of its characters as an escape.</summary>
    private static string Texts(string value, bool escaped) =>
        escaped && value.StartsWith('"') && value.Length > 3 && char.IsAsciiLetterOrDigit(value[1]) && !value.Contains('\\', StringComparison.Ordinal)
            ? $"\"{Escaped(value[1..])}"
            : value;
}
