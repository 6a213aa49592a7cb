using System.Globalization;
using System.Text;
using System.Text.Json;
using CsCheck;
using StreamPipeline.Core.Contracts;
using StreamPipeline.Core.Decoding;
using StreamPipeline.Core.Tests.Contracts;

namespace StreamPipeline.Core.Tests.Decoding;

public sealed class JsonDecoderPropertyTests
{
    private static readonly Contract Contract = Schemas.Compile("""
        {"type":"object","required":["id","at"],"properties":{
          "id":{"type":"string"},
          "at":{"type":"string","format":"date-time"},
          "n":{"type":["integer","null"]},
          "x":{"type":"number"},
          "ok":{"type":"boolean"},
          "user":{"type":["object","null"],"required":["name","rank"],"properties":{
            "name":{"type":"string"},"rank":{"type":"integer"},"tags":{"type":"array","items":{"type":["string","null"]}}}},
          "items":{"type":"array","items":{"type":"object","required":["sku"],"properties":{
            "sku":{"type":"string"},"sizes":{"type":"array","items":{"type":"number"}}}}}}}
        """);

    // Any text that UTF-8 can hold: lone surrogates have no such form.
    private static readonly Gen<string> Text = Gen.OneOf(
        Gen.String[Gen.Char.AlphaNumeric, 0, 12],
        Gen.Int[0, 0x10FFFF].Where(point => point is < 0xD800 or > 0xDFFF).Array[0, 6].Select(points => string.Concat(points.Select(char.ConvertFromUtf32))));

    private static readonly Gen<User> Users = Gen.Select(Text, Gen.Long, Text.Null().Array[0, 3], (name, rank, tags) => new User(name, rank, tags));

    private static readonly Gen<Item> Items = Gen.Select(Text, Gen.Double[-1e9, 1e9].Array[0, 3], (sku, sizes) => new Item(sku, sizes));

    private static readonly Gen<Event> Events = Gen.Select(
        Text,
        Gen.Long[0, 4_102_444_800_000_000],
        Gen.Long.Nullable(),
        Gen.Double[-1e300, 1e300].Nullable(),
        Gen.Bool.Nullable(),
        Users.Null(),
        Items.Array[0, 3].Null(),
        (id, at, n, x, ok, user, items) => new Event(id, at, n, x, ok, user, items));

    // What a stream may carry between good events: each is one event of its own line, as all start with a brace.
    private static readonly Gen<string> Bad = Gen.OneOf(new[]
    {
        "{\"id\":\"x\"}",
        "{\"user\":{\"name\":\"n\",\"rank\":1,\"tags\":[\"a\",null]},\"items\":[{\"sku\":\"s\",\"sizes\":[1]},{\"sizes\":[2]}]}",
        "{\"id\":\"x\",\"user\":{\"name\":\"n\",\"tags\":[\"a\"],\"rank\":1.5}}",
        "{\"items\":[{\"sku\":\"s\",\"sizes\":[1,2,\"3\"]}]}",
        "{\"id\":\"x\",\"id\":\"y\"}",
        "{\"id\":\"x\",",
        "{\"id\":",
        "{nonsense",
    }.Select(Gen.Const).ToArray());

    private static readonly Gen<byte[]> Fragments = Gen.OneOf(
        new[] { "{\"id\":1}", "\n", "{\"id\":", "[1,", "}", "]", "\"\\ud800\"", ",", " ", "{", "\uFEFF" }.Select(text => Gen.Const(Encoding.UTF8.GetBytes(text))).ToArray());

    [Fact]
    public void A_valid_event_comes_back_from_its_columns() =>
        Events.Array[1, 8].Sample(events =>
        {
            var outcome = Outcome.Of(Contract, string.Join('\n', events.Select(one => one.Json())));

            Assert.Empty(outcome.Reasons);
            Assert.Equal(events.Select(one => one.Cells()), outcome.Rows);
        });

    [Fact]
    public void Payloads_may_be_cut_between_events_anywhere() =>
        Gen.Select(Line().Array[1, 12], Gen.Int[0, 12]).Sample((lines, cut) =>
        {
            var whole = Outcome.Of(Contract, string.Join('\n', lines));
            byte[][] parts = [.. new[] { lines[..Math.Min(cut, lines.Length)], lines[Math.Min(cut, lines.Length)..] }
                .Where(part => part.Length > 0).Select(part => Encoding.UTF8.GetBytes(string.Join('\n', part)))];
            var split = Outcome.Of(Contract, parts);
            var single = lines.Select(line => Outcome.Of(Contract, line)).ToArray();

            Assert.Equal(whole.Rows, split.Rows);
            Assert.Equal(whole.Rows, single.SelectMany(one => one.Rows));
            Assert.Equal(Described(whole), Described(split));
            Assert.Equal(Described(whole), single.SelectMany(Described));
        });

    [Fact]
    public void A_rejected_row_leaves_no_trace() =>
        Line().Array[1, 20].Sample(lines =>
        {
            var good = lines.Where(line => Outcome.Of(Contract, line).Rejections.Count == 0).ToArray();
            var mixed = Outcome.Of(Contract, string.Join("\r\n", lines));

            Assert.Equal(lines.Length, mixed.Events);
            Assert.Equal(good.SelectMany(line => Outcome.Of(Contract, line).Rows), mixed.Rows);
            JsonDecoderHostileTests.AssertNothingIsLost(Encoding.UTF8.GetBytes(string.Join("\r\n", lines)), mixed);
        });

    [Fact]
    public void A_decoder_starts_afresh_after_each_batch() =>
        Line().Array[1, 6].Array[2, 4].Sample(batches =>
        {
            using var decoder = new JsonDecoder(Contract, new());
            foreach (var lines in batches)
            {
                var payload = Encoding.UTF8.GetBytes(string.Join('\n', lines));
                var again = Outcome.Of(decoder, [payload]);

                Assert.Equal(Outcome.Of(Contract, payload).Rows, again.Rows);
            }
        });

    [Fact]
    public void Random_bytes_never_throw_and_are_never_lost() =>
        Gen.OneOf(Fragments, Gen.Byte.Array[1, 3])
            .Array[0, 30]
            .Sample(
                parts =>
                {
                    var payload = parts.SelectMany(part => part).ToArray();
                    JsonDecoderHostileTests.AssertNothingIsLost(payload, Outcome.Of(Contract, payload));
                },
                iter: 20_000);

    private static Gen<string> Line() => Gen.Frequency((3, Events.Select(one => one.Json())), (2, Bad));

    private static IEnumerable<string> Described(Outcome outcome) =>
        outcome.Rejections.Select(rejection =>
            $"{rejection.Reason} {rejection.RuleOrPath} {rejection.Detail} {Encoding.UTF8.GetString(rejection.Origin.Raw.Span)}");

    private static string Quoted(string text) => $"\"{text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal)}\"";

    private static string Number(double value) => value.ToString("R", CultureInfo.InvariantCulture);

    private sealed record User(string Name, long Rank, string?[] Tags)
    {
        public string Cells() => $"{{name:{Quoted(Name)},rank:{Rank},tags:[{string.Join(",", Tags.Select(tag => tag is null ? "null" : Quoted(tag)))}]}}";
    }

    private sealed record Item(string Sku, double[] Sizes)
    {
        public string Cells() => $"{{sku:{Quoted(Sku)},sizes:[{string.Join(",", Sizes.Select(Number))}]}}";
    }

    private sealed record Event(string Id, long AtUs, long? N, double? X, bool? Ok, User? User, Item[]? Items)
    {
        public string Json()
        {
            using var buffer = new MemoryStream();
            using (var writer = new Utf8JsonWriter(buffer))
            {
                writer.WriteStartObject();
                writer.WriteString("id", Id);
                writer.WriteString("at", DateTime.UnixEpoch.AddTicks(AtUs * 10).ToString("yyyy-MM-ddTHH:mm:ss.ffffffZ", CultureInfo.InvariantCulture));
                if (N is null)
                {
                    writer.WriteNull("n");
                }
                else
                {
                    writer.WriteNumber("n", N.Value);
                }

                if (X is { } x)
                {
                    writer.WriteNumber("x", x);
                }

                if (Ok is { } ok)
                {
                    writer.WriteBoolean("ok", ok);
                }

                WriteNested(writer);
                writer.WriteEndObject();
            }

            return Encoding.UTF8.GetString(buffer.ToArray());
        }

        public string Cells()
        {
            string?[] cells =
            [
                $"id={Quoted(Id)}", $"at={AtUs}", N is { } n ? $"n={n}" : null, X is { } x ? $"x={Number(x)}" : null,
                Ok is { } ok ? $"ok={(ok ? "true" : "false")}" : null, User is null ? null : $"user={User.Cells()}",
                Items is null ? null : $"items=[{string.Join(",", Items.Select(item => item.Cells()))}]",
            ];
            return string.Join(' ', cells.Where(cell => cell is not null));
        }

        private void WriteNested(Utf8JsonWriter writer)
        {
            if (User is not null)
            {
                writer.WriteStartObject("user");
                writer.WriteString("name", User.Name);
                writer.WriteNumber("rank", User.Rank);
                writer.WriteStartArray("tags");
                foreach (var tag in User.Tags)
                {
                    writer.WriteStringValue(tag);
                }

                writer.WriteEndArray();
                writer.WriteEndObject();
            }

            if (Items is null)
            {
                return;
            }

            writer.WriteStartArray("items");
            foreach (var item in Items)
            {
                writer.WriteStartObject();
                writer.WriteString("sku", item.Sku);
                writer.WriteStartArray("sizes");
                foreach (var size in item.Sizes)
                {
                    writer.WriteNumberValue(size);
                }

                writer.WriteEndArray();
                writer.WriteEndObject();
            }

            writer.WriteEndArray();
        }
    }
}
