using System.Text;
using CsCheck;
using StreamPipeline.Core.Configuration;
using static StreamPipeline.Core.Tests.Enrichment.EnricherTests;
using static StreamPipeline.Core.Tests.Enrichment.EnrichmentFixture;

namespace StreamPipeline.Core.Tests.Enrichment;

public sealed class RawMaskTests
{
    private static readonly EnrichStep[] _masks = [new MaskStep("email", "MASK_KEY"), new MaskStep("home.city", "MASK_KEY")];

    [Theory]
    [InlineData("""{ "id" : 1 , "email" : "a@b" }""", """{ "id" : 1 , "email" : "<a@b>" }""")]
    [InlineData("""{"em\u0061il":"\u00e4\n"}""", """{"em\u0061il":"<ä|>"}""")]
    [InlineData("""{"email":{"x":[1, 2]},"id":7}""", """{"email":"<{"x":[1, 2]}>","id":7}""")]
    [InlineData("""{"email":1.50}""", """{"email":"<1.50>"}""")]
    [InlineData("""{"email":null,"home":null}""", """{"email":null,"home":null}""")]
    [InlineData("""{"home":{"city":"Bonn","zip":1},"city":"x"}""", """{"home":{"city":"<Bonn>","zip":1},"city":"x"}""")]
    [InlineData("""{"home":"Bonn"}""", """{"home":"<Bonn>"}""")]
    [InlineData("""{"home":[{"city":"Bonn"}]}""", """{"home":"<[{"city":"Bonn"}]>"}""")]
    [InlineData("""{"other":{"email":"x","home":{"city":"y"}}}""", """{"other":{"email":"x","home":{"city":"y"}}}""")]
    [InlineData("""[{"email":"a"},[{"email":"b"}],"c",{}]""", """[{"email":"<a>"},[{"email":"<b>"}],"<c>",{}]""")]
    [InlineData(""" {"email":"a"} {"email":"b"}""", """ {"email":"<a>"} {"email":"<b>"}""")]
    [InlineData("\"a@b\"", "\"<a@b>\"")]
    public void Masked_fields_are_replaced_and_nothing_else_is_touched(string raw, string expected)
    {
        // In what is expected, <text> stands for its mask, and | for a line feed within it.
        while (expected.IndexOf('<', StringComparison.Ordinal) is var start and >= 0)
        {
            var end = expected.IndexOf('>', StringComparison.Ordinal);
            expected = expected[..start] + Hmac(expected[(start + 1)..end].Replace('|', '\n')) + expected[(end + 1)..];
        }

        Assert.Equal(expected, Mask(raw, out var withheld));
        Assert.False(withheld);
    }

    [Theory]
    [InlineData("""{"email":"a@b""")]
    [InlineData("""{"email":"a@b","email":"c@d"}""")]
    [InlineData("""{"email":"a@b"} and more""")]
    [InlineData("""{"email":"\ud800"}""")]
    [InlineData("plain text of a@b")]
    public void What_is_not_sound_json_is_withheld(string raw)
    {
        Assert.Equal("", Mask(raw, out var withheld));
        Assert.True(withheld);
    }

    [Fact]
    public void Without_masks_any_bytes_stay_as_they_are()
    {
        byte[] raw = [0xFF, 0x00];
        Assert.True(Bind("").MaskRaw(raw, out var withheld).Span.SequenceEqual(raw));
        Assert.False(withheld);
    }

    [Fact]
    public void A_secret_in_a_masked_place_never_comes_through_whatever_its_shape()
    {
        var secret = Gen.Recursive<string>((depth, inner) => depth > 2
            ? Gen.Const("\"S3CRET\"")
            : Gen.OneOf(
                AnyOf("\"S3CRET\"", "\"S3\\u0043RET\""),
                inner.Select(value => "[1," + value + "]"),
                inner.Select(value => "{\"x\":{\"email\":" + value + "}}")));
        var email = Gen.Select(AnyOf("email", "\\u0065mail"), secret).Select((name, value) => $"\"{name}\": {value}");
        var home = Gen.OneOf(
            secret.Select(value => "\"home\":{\"zip\":1,\"city\":" + value + "}"),
            secret.Select(value => "\"home\":[" + value + "]"),
            Gen.Const("\"home\":\"S3CRET\""));
        var plain = AnyOf("\"id\":1", "\"a\":{\"b\":[null,{\"c\":\"d\"}]}", "\"active\":true");
        var document = Gen.Select(email, home, plain, Gen.Int[0, 5]).Select((e, h, p, order) =>
            "{" + string.Join(',', order switch { 0 => [e, h, p], 1 => [p, h, e], 2 => [h, p, e], 3 => [h], 4 => [p, e], _ => new[] { p } }) + "}");
        Gen.Select(document.Array[1, 3], Gen.Int[0, 2]).Sample((documents, kind) =>
        {
            var json = kind switch
            {
                0 => string.Join('\n', documents),
                1 => $"[{string.Join(',', documents)}]",
                _ => $"[[{string.Join("],[", documents)}]]",
            };
            var masked = Mask(json, out var withheld);
            Assert.False(withheld);
            Assert.DoesNotContain("S3CRET", masked.Replace("\\u0043", "C", StringComparison.Ordinal), StringComparison.Ordinal);
            Assert.Equal(json.Contains("\"d\"", StringComparison.Ordinal), masked.Contains("\"d\"", StringComparison.Ordinal));
        });
    }

    private static string Mask(string raw, out bool withheld) =>
        Encoding.UTF8.GetString(Bind("", _masks).MaskRaw(Encoding.UTF8.GetBytes(raw), out withheld).Span);
}
