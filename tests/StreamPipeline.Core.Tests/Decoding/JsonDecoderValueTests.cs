using StreamPipeline.Core.Decoding;
using StreamPipeline.Core.Tests.Contracts;

namespace StreamPipeline.Core.Tests.Decoding;

/// <summary>Every keyword, with a value that satisfies it and one that does not.</summary>
public sealed class JsonDecoderValueTests
{
    [Theory]
    [InlineData("""{"type":"string"}""", "\"a\\n\\u00e9\\ud83d\\ude00\"", "\"a\\né😀\"")]
    [InlineData("""{"type":["string","null"]}""", "null", null)]
    [InlineData("""{"type":"integer"}""", "9223372036854775807", "9223372036854775807")]
    [InlineData("""{"type":"integer"}""", "-9223372036854775808", "-9223372036854775808")]
    [InlineData("""{"type":"integer"}""", "-9.223372036854775808e18", "-9223372036854775808")]
    [InlineData("""{"type":"integer"}""", "1.0", "1")]
    [InlineData("""{"type":"integer"}""", "1e3", "1000")]
    [InlineData("""{"type":"integer"}""", "1200e-2", "12")]
    [InlineData("""{"type":"integer"}""", "-0", "0")]
    [InlineData("""{"type":"integer"}""", "0.00e999999999999999", "0")]
    [InlineData("""{"type":"number"}""", "-0", "-0")]
    [InlineData("""{"type":"number"}""", "1e-400", "0")]
    [InlineData("""{"type":"number"}""", "0e99999999999999", "0")]
    [InlineData("""{"type":"number"}""", "0.1000000000000000055511151231257827021181583404541015625", "0.1")]
    [InlineData("""{"type":"boolean"}""", "true", "true")]
    [InlineData("""{"type":"boolean","const":false}""", "false", "false")]
    [InlineData("""{}""", "{ \"a\": [1.50, null] }", "\"{ \\\"a\\\": [1.50, null] }\"")]
    [InlineData("""{}""", "1.50", "\"1.50\"")]
    [InlineData("""{"type":"string","format":"date-time"}""", "\"2001-01-01T00:01:00Z\"", "978307260000000")]
    [InlineData("""{"type":"string","format":"date"}""", "\"1970-01-02\"", "1")]
    [InlineData("""{"type":"string","format":"uuid"}""", "\"6ba7b810-9DAD-11d1-80b4-00c04fd430c8\"", "\"6ba7b810-9DAD-11d1-80b4-00c04fd430c8\"")]
    [InlineData("""{"type":"string","format":"ipv4"}""", "\"255.0.10.1\"", "\"255.0.10.1\"")]
    [InlineData("""{"type":"string","format":"email"}""", "\"a.b+c@x-y.example\"", "\"a.b+c@x-y.example\"")]
    [InlineData("""{"type":"string","minLength":2,"maxLength":2}""", "\"é😀\"", "\"é😀\"")]
    [InlineData("""{"type":"string","pattern":"b\\d"}""", "\"ab1c\"", "\"ab1c\"")]
    [InlineData("""{"type":"string","pattern":"^.$"}""", "\"😀\"", "\"😀\"")]
    [InlineData("""{"type":"string","pattern":"^(?=a)a"}""", "\"ab\"", "\"ab\"")]
    [InlineData("""{"enum":["a","b"]}""", "\"\\u0061\"", "\"a\"")]
    [InlineData("""{"const":1.5}""", "15e-1", "1.5")]
    [InlineData("""{"enum":[1,2]}""", "2.0", "2")]
    [InlineData("""{"enum":["a",null]}""", "null", null)]
    [InlineData("""{"type":"integer","minimum":-0.5,"maximum":2}""", "0", "0")]
    [InlineData("""{"type":"number","exclusiveMinimum":0,"exclusiveMaximum":1}""", "0.5", "0.5")]
    [InlineData("""{"type":"number","multipleOf":0.1}""", "0.3", "0.3")]
    [InlineData("""{"type":"number","multipleOf":0.01}""", "1e300", "1E+300")]
    [InlineData("""{"type":"number","multipleOf":7}""", "49.00", "49")]
    [InlineData("""{"type":"integer","multipleOf":5}""", "1e1", "10")]
    [InlineData("""{"type":"array","items":{"type":"integer"},"minItems":1,"maxItems":2}""", "[1,2]", "[1,2]")]
    [InlineData("""{"type":"array","items":{"type":["integer","null"]}}""", "[null,2]", "[null,2]")]
    [InlineData("""{"type":"array"}""", "[1,\"a\"]", "[\"1\",\"\\\"a\\\"\"]")]
    [InlineData("""{"type":"array","items":{"type":"array","items":{"type":"boolean"}}}""", "[[],[true,false]]", "[[],[true,false]]")]
    [InlineData("""{"type":"object","required":["x"],"properties":{"x":{"type":"integer"},"y":{"type":"string"}}}""", "{\"x\":1}", "{x:1,y:null}")]
    [InlineData("""{"type":["object","null"],"required":["x"],"properties":{"x":{"type":"integer"}}}""", "null", null)]
    public void A_valid_value_is_kept(string schema, string json, string? value)
    {
        var outcome = Outcome.Of(Schemas.OfValue(schema), $$"""{"v":{{json}}}""");

        Assert.Empty(outcome.Reasons);
        Assert.Equal([value is null ? "" : $"v={value}"], outcome.Rows);
    }

    [Theory]
    [InlineData("""{"type":"string"}""", "1", "found 1, expected string (keyword 'type')")]
    [InlineData("""{"type":"string"}""", "null", "found null, expected string; null is not allowed (keyword 'type')")]
    [InlineData("""{"type":["string","null"]}""", "{}", "found an object, expected string (keyword 'type')")]
    [InlineData("""{"type":"integer"}""", "\"1\"", "found \"1\", expected integer (keyword 'type')")]
    [InlineData("""{"type":"integer"}""", "1.5", "found 1.5, expected integer (keyword 'type')")]
    [InlineData("""{"type":"integer"}""", "1e-999999999999999", "found 1e-999999999999999, expected integer (keyword 'type')")]
    [InlineData("""{"type":"integer"}""", "9223372036854775808", "found 9223372036854775808, expected an integer: it is out of range for a 64-bit integer (keyword 'type')")]
    [InlineData("""{"type":"integer"}""", "-9223372036854775809", "found -9223372036854775809, expected an integer: it is out of range for a 64-bit integer (keyword 'type')")]
    [InlineData("""{"type":"integer"}""", "1e999999999999999", "found 1e999999999999999, expected an integer: it is out of range for a 64-bit integer (keyword 'type')")]
    [InlineData("""{"type":"number"}""", "1e400", "found 1e400, expected a number: it is out of range for a double (keyword 'type')")]
    [InlineData("""{"type":"number"}""", "-1e400", "found -1e400, expected a number: it is out of range for a double (keyword 'type')")]
    [InlineData("""{"type":"number"}""", "true", "found true, expected number (keyword 'type')")]
    [InlineData("""{"type":"boolean"}""", "\"true\"", "found \"true\", expected boolean (keyword 'type')")]
    [InlineData("""{"type":"boolean","const":true}""", "false", "found false, expected true (keyword 'const')")]
    [InlineData("""{"type":"string","format":"date-time"}""", "\"2001-01-01T00:01:00\"", "found \"2001-01-01T00:01:00\", expected an RFC 3339 date-time with offset, such as 2024-02-29T12:30:00Z (keyword 'format')")]
    [InlineData("""{"type":"string","format":"date"}""", "\"2023-02-29\"", "found \"2023-02-29\", expected a date such as 2024-02-29 (keyword 'format')")]
    [InlineData("""{"type":"string","format":"uuid"}""", "\"6ba7b8109dad11d180b400c04fd430c8\"", "found \"6ba7b8109dad11d180b400c04fd430c8\", expected uuid (keyword 'format')")]
    [InlineData("""{"type":"string","format":"ipv4"}""", "\"256.0.0.1\"", "found \"256.0.0.1\", expected ipv4 (keyword 'format')")]
    [InlineData("""{"type":"string","format":"email"}""", "\"a@b..c\"", "found \"a@b..c\", expected email (keyword 'format')")]
    [InlineData("""{"type":"string","minLength":2}""", "\"😀\"", "found \"😀\", expected at least 2 characters, it has 1 (keyword 'minLength')")]
    [InlineData("""{"type":"string","maxLength":1}""", "\"éé\"", "found \"éé\", expected at most 1 characters, it has 2 (keyword 'maxLength')")]
    [InlineData("""{"type":"string","pattern":"^a$"}""", "\"a\\n\"", "found \"a\\n\", expected a match of ^a$ (keyword 'pattern')")]
    [InlineData("""{"type":"string","pattern":"^\\d$"}""", "\"٣\"", "found \"٣\", expected a match of ^\\d$ (keyword 'pattern')")]
    [InlineData("""{"enum":["a","b"]}""", "\"c\"", "found \"c\", expected one of \"a\", \"b\" (keyword 'enum')")]
    [InlineData("""{"enum":["a"],"type":["string","null"]}""", "null", "found null, expected one of \"a\" (keyword 'enum')")]
    [InlineData("""{"enum":[1,2]}""", "3", "found 3, expected one of 1, 2 (keyword 'enum')")]
    [InlineData("""{"const":1.5}""", "1.6", "found 1.6, expected one of 1.5 (keyword 'const')")]
    [InlineData("""{"const":"a"}""", "\"c\"", "found \"c\", expected one of \"a\" (keyword 'const')")]
    [InlineData("""{"type":["string","null"],"const":"q"}""", "null", "found null, expected one of \"q\" (keyword 'const')")]
    [InlineData("""{"type":["integer","null"],"enum":[1,2]}""", "null", "found null, expected one of 1, 2 (keyword 'enum')")]
    [InlineData("""{"type":["boolean","null"],"const":true}""", "null", "found null, expected one of true (keyword 'const')")]
    [InlineData("""{"type":"string","enum":["q"]}""", "null", "found null, expected string; null is not allowed (keyword 'type')")]
    [InlineData("""{"type":"integer","minimum":0}""", "-1", "found -1, expected at least 0 (keyword 'minimum')")]
    [InlineData("""{"type":"integer","exclusiveMinimum":0}""", "0", "found 0, expected at least 1 (keyword 'exclusiveMinimum')")]
    [InlineData("""{"type":"integer","maximum":9}""", "10", "found 10, expected at most 9 (keyword 'maximum')")]
    [InlineData("""{"type":"integer","exclusiveMaximum":9}""", "9", "found 9, expected at most 8 (keyword 'exclusiveMaximum')")]
    [InlineData("""{"type":"number","minimum":0}""", "-0.1", "found -0.1, expected at least 0 (keyword 'minimum')")]
    [InlineData("""{"type":"number","exclusiveMinimum":0}""", "0.0", "found 0.0, expected above 0 (keyword 'exclusiveMinimum')")]
    [InlineData("""{"type":"number","maximum":1}""", "1.01", "found 1.01, expected at most 1 (keyword 'maximum')")]
    [InlineData("""{"type":"number","exclusiveMaximum":1}""", "1", "found 1, expected below 1 (keyword 'exclusiveMaximum')")]
    [InlineData("""{"type":"number","multipleOf":0.1}""", "0.35", "found 0.35, expected a multiple of 0.1 (keyword 'multipleOf')")]
    [InlineData("""{"type":"number","multipleOf":3}""", "1e300", "found 1e300, expected a multiple of 3 (keyword 'multipleOf')")]
    [InlineData("""{"type":"integer","multipleOf":5}""", "12", "found 12, expected a multiple of 5 (keyword 'multipleOf')")]
    [InlineData("""{"type":"array","minItems":1}""", "[]", "found 0 items, expected at least 1 (keyword 'minItems')")]
    [InlineData("""{"type":"array","maxItems":1}""", "[1,2,3]", "found more than 1 items, expected at most 1 (keyword 'maxItems')")]
    [InlineData("""{"type":"array"}""", "{}", "found an object, expected array (keyword 'type')")]
    [InlineData("""{"type":"object","properties":{"x":{}}}""", "[]", "found an array, expected object (keyword 'type')")]
    public void A_violation_tells_what_was_found_and_expected(string schema, string json, string detail)
    {
        var outcome = Outcome.Of(Schemas.OfValue(schema), $$"""{"v":{{json}}}""");

        var rejection = Assert.Single(outcome.Rejections);
        Assert.Equal(QuarantineReason.Contract, rejection.Reason);
        Assert.Equal("/v", rejection.RuleOrPath);
        Assert.Equal(detail, rejection.Detail);
        Assert.Empty(outcome.Rows);
    }

    [Theory]
    [InlineData("""{"v":[{"x":1},{"x":"a"}]}""", "/v/1/x")]
    [InlineData("""{"v":[{"x":1},{}]}""", "/v/1/x")]
    [InlineData("""{"v":[{"x":1},null]}""", "/v/1")]
    [InlineData("""{"z":[1,{"y":2}],"v":[{"x":1,"u":[3]},7]}""", "/v/1")]
    [InlineData("""{}""", "/v")]
    [InlineData("""{"v":[{"x":1,"a/b~c":true}]}""", "/v/0/a~1b~0c")]
    [InlineData("""{"v":[{"x":1,"a\u002fb~c":true}]}""", "/v/0/a~1b~0c")]
    public void A_violation_carries_the_pointer_of_its_value(string payload, string pointer)
    {
        var contract = Schemas.OfValue("""
            {"type":"array","items":{"type":"object","required":["x"],"properties":{
              "x":{"type":"integer"},"a/b~c":{"type":"string"},"u":{"type":"array","items":{"type":"integer"}}}}}
            """);

        Assert.Equal([$"0 contract {pointer}"], Outcome.Of(contract, payload).Reasons);
    }

    [Fact]
    public void A_closed_object_refuses_unknown_members()
    {
        var contract = Schemas.Compile("""{"type":"object","additionalProperties":false,"properties":{"a":{}}}""");

        var rejection = Assert.Single(Outcome.Of(contract, """{"a":1,"b":2}""").Rejections);

        Assert.Equal(("contract", "/b"), (rejection.Reason, rejection.RuleOrPath));
        Assert.Equal("found member \"b\", which the contract does not name (keyword 'additionalProperties')", rejection.Detail);
    }

    [Fact]
    public void A_pattern_that_takes_too_long_is_a_rejection_that_says_so()
    {
        var contract = Schemas.OfValue("""{"type":"string","pattern":"^(?=(a+)+$)b"}""");

        var rejection = Assert.Single(Outcome.Of(contract, $$"""{"v":"{{new string('a', 200)}}!"}""").Rejections);

        Assert.Contains("took longer than 100 ms", rejection.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public void Long_values_are_shortened_in_details()
    {
        var contract = Schemas.OfValue("""{"type":"string","maxLength":3}""");

        var rejection = Assert.Single(Outcome.Of(contract, $$"""{"v":"{{new string('x', 100_000)}}"}""").Rejections);

        Assert.Equal($"found \"{new string('x', 60)}…\", expected at most 3 characters, it has 100000 (keyword 'maxLength')", rejection.Detail);
    }

    [Theory]
    [InlineData("""{"v":1,"x":5}""", """{"x":5}""")]
    [InlineData("""{"x":5,"v":1,"y":{"a":[1.0,2e0]}}""", """{"x":5,"y":{"a":[1.0,2e0]}}""")]
    [InlineData("""{"v":1,"user":{"x":1}}""", """{"user":{"x":1}}""")]
    [InlineData("""{"v":1,"user":{"name":"n"}}""", null)]
    [InlineData("""{"v":1,"user":{"x":1,"name":"n","y":2},"z":3}""", """{"user":{"x":1,"y":2},"z":3}""")]
    [InlineData("""{"v":1,"items":[{"n":1},{"x":5},{"n":2,"y":6}]}""", """{"items":{"1":{"x":5},"2":{"y":6}}}""")]
    [InlineData("""{"v":1,"grid":[[{}],[{},{"x":{"y":1}}]]}""", """{"grid":{"1":{"1":{"x":{"y":1}}}}}""")]
    [InlineData("""{"v":1,"a\u0062":"\u0041"}""", """{"a\u0062":"\u0041"}""")]
    [InlineData("""{"x":100000000000000000000000.10,"v":1,"us\u0065r":{"x":1}}""", """{"x":100000000000000000000000.10,"us\u0065r":{"x":1}}""")]
    public void What_the_contract_does_not_name_goes_to_extra(string payload, string? extra)
    {
        var contract = Schemas.Compile("""
            {"type":"object","properties":{"v":{"type":"integer"},
              "user":{"type":"object","properties":{"name":{"type":"string"}}},
              "items":{"type":"array","items":{"type":"object","properties":{"n":{"type":"integer"}}}},
              "grid":{"type":"array","items":{"type":"array","items":{"type":"object","properties":{"n":{"type":"integer"}}}}}}}
            """);
        using var decoder = new JsonDecoder(contract, new());
        decoder.Append(System.Text.Encoding.UTF8.GetBytes(payload), 0, 0, []);
        using var batch = decoder.Build([1]);

        Assert.Equal(extra, ((Apache.Arrow.StringArray)batch.Columns.Column("_extra")).GetString(0));
    }

    [Theory]
    [InlineData("""{"user":"secret"}""")]
    [InlineData("""{"user":{"home":"secret"}}""")]
    [InlineData("""{"user":{"home":{"city":7777777}}}""")]
    [InlineData("""{"user":7777777}""")]
    [InlineData("""{"user":["secret"]}""")]
    [InlineData("""{"user":{"home":["secret"]}}""")]
    public void What_stands_in_place_of_an_object_with_a_concealed_field_stays_out_of_details(string payload)
    {
        var contract = Schemas.Compile("""
            {"type":"object","properties":{"user":{"type":"object","properties":{"home":{"type":"object","properties":{"city":{"type":"string"}}}}}}}
            """);
        using var decoder = new JsonDecoder(contract, new(), new HashSet<string> { "user.home.city" });
        var rejections = new List<Rejection>();

        decoder.Append(System.Text.Encoding.UTF8.GetBytes(payload), 0, 0, rejections);

        var detail = Assert.Single(rejections).Detail;
        Assert.StartsWith("found ", detail, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", detail, StringComparison.Ordinal);
        Assert.DoesNotContain("777", detail, StringComparison.Ordinal);
    }

    [Fact]
    public void Values_of_concealed_fields_stay_out_of_details()
    {
        using var decoder = new JsonDecoder(Schemas.OfValue("""{"type":"string","maxLength":3}"""), new(), new HashSet<string> { "v" });
        var rejections = new List<Rejection>();

        decoder.Append("""{"v":"secret"}"""u8.ToArray(), 0, 0, rejections);

        Assert.DoesNotContain("secret", Assert.Single(rejections).Detail, StringComparison.Ordinal);
    }
}
