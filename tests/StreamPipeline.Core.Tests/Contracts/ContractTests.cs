using Apache.Arrow.Types;
using StreamPipeline.Core.Contracts;

namespace StreamPipeline.Core.Tests.Contracts;

public sealed class ContractTests
{
    private const string Everything = """
        {
          "$schema": "https://json-schema.org/draft/2020-12/schema", "$id": "x", "title": "t", "type": "object",
          "required": ["id", "at", "user"],
          "properties": {
            "id": { "type": "string" },
            "at": { "type": "string", "format": "date-time" },
            "day": { "type": "string", "format": "date" },
            "count": { "type": ["integer", "null"] },
            "price": { "type": "number" },
            "ok": { "type": "boolean" },
            "any": { "description": "whatever" },
            "user": {
              "type": "object", "required": ["name"],
              "properties": { "name": { "type": "string" }, "address": { "$ref": "#/$defs/address" } }
            },
            "tags": { "type": "array", "items": { "type": ["string", "null"] } },
            "http.method": { "enum": ["GET", "PUT"] }
          },
          "$defs": { "address": { "type": "object", "properties": { "city": { "type": "string" } } } }
        }
        """;

    [Fact]
    public void A_schema_becomes_arrow_fields_then_extra()
    {
        var schema = Schemas.Compile(Everything).ArrowSchema;

        Assert.Equal(
            ["id", "at", "day", "count", "price", "ok", "any", "user", "tags", "http.method", "_extra"],
            schema.FieldsList.Select(field => field.Name));
        Assert.Equal(
            ["utf8", "timestamp", "date32", "int64", "double", "bool", "utf8", "struct", "list", "utf8", "utf8"],
            schema.FieldsList.Select(field => field.DataType.Name));
        Assert.Equal(
            [false, false, true, true, true, true, true, false, true, true, true],
            schema.FieldsList.Select(field => field.IsNullable));
        var at = Assert.IsType<TimestampType>(schema.GetFieldByName("at").DataType);
        Assert.Equal((TimeUnit.Microsecond, "UTC"), (at.Unit, at.Timezone));
        Assert.True(Assert.IsType<ListType>(schema.GetFieldByName("tags").DataType).ValueField.IsNullable);
    }

    [Theory]
    [InlineData("id", FieldKind.String)]
    [InlineData("user", FieldKind.Object)]
    [InlineData("user.name", FieldKind.String)]
    [InlineData("user.address.city", FieldKind.String)]
    [InlineData("http.method", FieldKind.String)]
    public void A_field_is_found_by_its_dotted_path(string path, FieldKind kind)
    {
        var field = Schemas.Compile(Everything).Find(path);

        Assert.Equal(kind, field?.Kind);
        Assert.Equal(path, field?.Path);
    }

    [Theory]
    [InlineData("")]
    [InlineData("user.")]
    [InlineData("user.nam")]
    [InlineData("tags.item")]
    [InlineData("id.x")]
    public void A_path_that_leads_nowhere_finds_nothing(string path) => Assert.Null(Schemas.Compile(Everything).Find(path));

    [Fact]
    public void Limits_are_exposed_for_those_who_invent_events()
    {
        var contract = Schemas.Compile("""
            {"type":"object","properties":{
              "a":{"type":"string","minLength":2,"maxLength":5,"pattern":"^x","format":"email"},
              "b":{"type":"integer","minimum":0.5,"exclusiveMaximum":10,"multipleOf":3},
              "c":{"enum":["x","y",null]},
              "d":{"type":"array","minItems":1,"maxItems":2,"items":{"const":7}},
              "e":{"enum":[1,2.5]}, "f":{"const":true}}}
            """);

        Assert.Equivalent(new { LengthMin = 2, LengthMax = 5, Pattern = "^x", Format = TextFormat.Email }, contract.Find("a")!.Text);
        Assert.Equivalent(new { Minimum = 0.5, ExclusiveMaximum = 10.0, IntegerMinimum = 1L, IntegerMaximum = 9L, MultipleOf = 3.0 }, contract.Find("b")!.Number);
        Assert.Equal(["x", "y"], contract.Find("c")!.Text!.Values!);
        Assert.True(contract.Find("c")!.Nullable);
        Assert.Equal((1, 2), (contract.Find("d")!.ItemsMin, contract.Find("d")!.ItemsMax));
        Assert.Equal([7L], contract.Find("d")!.Item!.Number!.IntegerValues!);
        Assert.Equal([1.0, 2.5], contract.Find("e")!.Number!.Values!);
        Assert.True(contract.Find("f")!.OnlyBoolean);
    }

    [Fact]
    public void Additional_properties_false_applies_to_its_object_only()
    {
        var contract = Schemas.Compile("""
            {"type":"object","additionalProperties":false,"properties":{"o":{"type":"object","properties":{"x":{}}}}}
            """);

        Assert.False(contract.Root.AllowsUnknown);
        Assert.True(contract.Find("o")!.AllowsUnknown);
    }

    [Fact]
    public void A_byte_order_mark_is_skipped() =>
        Assert.Single(Schemas.Compile("\uFEFF" + """{"type":"object","properties":{"a":true}}""").Fields);
}
