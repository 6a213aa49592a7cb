using System.Text;
using StreamPipeline.Core.Contracts;

namespace StreamPipeline.Core.Tests.Contracts;

public sealed class ContractProblemTests
{
    [Fact]
    public void Every_problem_is_reported_at_once_with_its_position()
    {
        var problems = Schemas.Problems("""
            {
              "type": "object",
              "required": ["a", "zz"],
              "properties": {
                "a": { "type": "string", "format": "uri" },
                "b": { "oneOf": [] , "type": "integer" },
                "c": { "type": ["string", "integer"] },
                "_Shard": { "type": "string" },
                "A": { "type": "string", "pattern": "(" }
              }
            }
            """);

        Assert.Equal(
            [
                (3, 21, "'required' names 'zz', which is not in 'properties'"),
                (8, 5, "property '_Shard' has the name of a column that the pipeline adds"),
                (9, 5, "properties 'a' and 'A' differ only by letter case, which DuckDB and Athena do not tell apart"),
                (5, 40, "'format' \"uri\" is not supported"),
                (6, 12, "keyword 'oneOf' is not supported"),
                (7, 20, "a union of several types is not supported: a column has one"),
                (9, 41, "'pattern' \"(\" is not a regular expression: Not enough )'s."),
            ],
            problems.Select(problem => (problem.Line, problem.Column, problem.Message)));
        Assert.All(problems, problem => Assert.NotEmpty(problem.Fix));
        Assert.All(problems, problem => Assert.Equal("c.json", problem.File));
    }

    [Theory]
    [InlineData("{\n  \"type\": \"object\",\n}", 3, 1, "the file is not JSON")]
    [InlineData("", 1, 1, "the file is not JSON")]
    [InlineData("{} {}", 1, 4, "the file is not JSON")]
    [InlineData("[]", 1, 1, "the schema is an array")]
    [InlineData("true", 1, 1, "the schema is true")]
    [InlineData("{\"title\":\"\\ud800\"}", 1, 10, "the string holds half a surrogate pair")]
    public void A_file_that_is_no_schema_is_one_problem(string text, int line, int column, string message)
    {
        var problem = Assert.Single(Schemas.Problems(text));

        Assert.Equal((line, column), (problem.Line, problem.Column));
        Assert.StartsWith(message, problem.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"type":"string"}""", "the event's type is \"string\"")]
    [InlineData("""{"type":"object"}""", "'the event' has no properties, so there is nothing to store")]
    [InlineData("""{"type":"object","properties":{}}""", "'the event' has no properties, so there is nothing to store")]
    [InlineData("""{"$schema":"http://json-schema.org/draft-07/schema#","type":"object","properties":{"a":{}}}""", "'$schema' is \"http://json-schema.org/draft-07/schema#\", which is not supported")]
    [InlineData("""{"type":"object","properties":{"":{}}}""", "a property has an empty name")]
    [InlineData("""{"type":"object","properties":{"_extra":{}}}""", "property '_extra' has the name of a column that the pipeline adds")]
    [InlineData("""{"type":"object","properties":{"a":{}, "a":{}}}""", "'a' is given twice in one object")]
    [InlineData("""{"type":"object","properties":{"a":{"type":"object","properties":{"b":{}}}, "a.b":{}}}""", "property 'a.b' reads like a path into 'a'")]
    [InlineData("""{"type":"object","required":"a","properties":{"a":{}}}""", "'required' is \"a\"")]
    [InlineData("""{"type":"object","additionalProperties":{"type":"string"},"properties":{"a":{}}}""", "'additionalProperties' is an object; only true and false are supported")]
    [InlineData("""{"type":"object","patternProperties":{},"properties":{"a":{}}}""", "keyword 'patternProperties' is not supported")]
    [InlineData("""{"type":"object","properties":{"a":{"$ref":"#/$defs/a"}},"$defs":{"a":{"type":"array","items":{"$ref":"#/$defs/a"}}}}""", "'$ref' \"#/$defs/a\" is recursive, which a table cannot hold")]
    [InlineData("""{"type":"object","properties":{"a":{"$ref":"#/$defs/a"}},"$defs":{"a":{"$ref":"#/$defs/a"}}}""", "'$ref' \"#/$defs/a\" is recursive, which a table cannot hold")]
    [InlineData("""{"type":"object","properties":{"a":{"$ref":"#/$defs/b"}},"$defs":{}}""", "'$ref' names the definition 'b', which does not exist")]
    [InlineData("""{"type":"object","properties":{"a":{"$ref":"other.json"}}}""", "'$ref' is \"other.json\"; only definitions of this file are supported")]
    public void A_schema_that_no_table_can_hold_is_a_problem(string schema, string message) =>
        Assert.Equal([message], Schemas.Problems(schema).Select(problem => problem.Message));

    [Theory]
    [InlineData("""{"type":"null"}""", "'type' is \"null\", which is not supported")]
    [InlineData("""{"type":["null"]}""", "'type' is null only: there is nothing to store")]
    [InlineData("""{"type":"text"}""", "'type' is \"text\", which is not supported")]
    [InlineData("""{"type":7}""", "'type' is 7")]
    [InlineData("""false""", "the schema of 'v' is false")]
    [InlineData("""{"minimum":0}""", "'v' has 'minimum' but no 'type'")]
    [InlineData("""{"type":"string","minimum":0}""", "keyword 'minimum' of 'v' has no effect on type 'string'")]
    [InlineData("""{"type":"string","minLength":-1}""", "'minLength' is -1")]
    [InlineData("""{"type":"string","maxLength":1.5}""", "'maxLength' is 1.5")]
    [InlineData("""{"type":"string","minLength":3,"maxLength":2}""", "'minLength' 3 is above 'maxLength' 2")]
    [InlineData("""{"type":"string","enum":[]}""", "'enum' is an array without values")]
    [InlineData("""{"type":"string","enum":["a",1]}""", "1 can never be a value of type 'string'")]
    [InlineData("""{"type":"string","enum":["a",null]}""", "null can never be a value of type 'string'")]
    [InlineData("""{"type":"integer","enum":[1.5]}""", "1.5 can never be a value of type 'integer'")]
    [InlineData("""{"enum":["a",1]}""", "1 is of another type than the values before it, or of one that is not supported")]
    [InlineData("""{"const":null}""", "the type of 'v' cannot be told from its values")]
    [InlineData("""{"const":{}}""", "an object is of another type than the values before it, or of one that is not supported")]
    [InlineData("""{"type":"object","enum":[{}],"properties":{"a":{}}}""", "keyword 'enum' of 'v' has no effect on type 'object'")]
    [InlineData("""{"type":"integer","minimum":5,"maximum":4}""", "no number lies between the minimum and the maximum")]
    [InlineData("""{"type":"integer","exclusiveMinimum":4,"exclusiveMaximum":5}""", "no number lies between the minimum and the maximum")]
    [InlineData("""{"type":"number","exclusiveMinimum":4,"maximum":4}""", "no number lies between the minimum and the maximum")]
    [InlineData("""{"type":"integer","minimum":9223372036854775808}""", "no number lies between the minimum and the maximum")]
    [InlineData("""{"type":"integer","exclusiveMinimum":9223372036854775807}""", "no number lies between the minimum and the maximum")]
    [InlineData("""{"type":["null","integer"],"exclusiveMaximum":-9223372036854775808}""", "no number lies between the minimum and the maximum")]
    [InlineData("""{"type":"integer","maximum":-1e19}""", "no number lies between the minimum and the maximum")]
    [InlineData("""{"type":"integer","minimum":9223372036854775807.5}""", "no number lies between the minimum and the maximum")]
    [InlineData("""{"type":"integer","minimum":4.5,"maximum":4.9}""", "no number lies between the minimum and the maximum")]
    [InlineData("""{"type":"number","exclusiveMinimum":true}""", "'exclusiveMinimum' is true")]
    [InlineData("""{"type":"number","multipleOf":0}""", "'multipleOf' is 0")]
    [InlineData("""{"type":"number","multipleOf":-1}""", "'multipleOf' is -1")]
    [InlineData("""{"type":"number","maximum":1e400}""", "'maximum' is 1e400")]
    [InlineData("""{"type":"array","minItems":2,"maxItems":1}""", "'minItems' 2 is above 'maxItems' 1")]
    [InlineData("""{"type":"array","prefixItems":[]}""", "keyword 'prefixItems' is not supported")]
    [InlineData("""{"type":"object"}""", "'v' has no properties, so there is nothing to store")]
    public void A_field_that_makes_no_sense_is_a_problem(string schema, string message)
    {
        var problems = Schemas.Problems($$$$"""{"type":"object","properties":{"v":{{{{schema}}}}}}""");

        Assert.Equal([message], problems.Select(problem => problem.Message));
        Assert.NotEmpty(problems[0].Fix);
    }

    [Fact]
    public void Columns_count_characters_not_bytes()
    {
        var problem = Assert.Single(Schemas.Problems("""{"type":"object","title":"äöü€","properties":{"v":{"format":"uri","type":"string"}}}"""));

        Assert.Equal((1, 61), (problem.Line, problem.Column));
    }

    [Fact]
    public void More_fields_than_the_limit_are_one_problem()
    {
        var properties = string.Join(",", Enumerable.Range(0, Contract.FieldsMax + 5).Select(i => $"\"f{i}\":{{}}"));

        var problem = Assert.Single(Schemas.Problems($$$$"""{"type":"object","properties":{{{{{properties}}}}}}"""));

        Assert.Equal("the contract has more than 2000 fields", problem.Message);
    }

    [Fact]
    public void As_many_fields_as_the_limit_are_fine()
    {
        var properties = string.Join(",", Enumerable.Range(0, Contract.FieldsMax).Select(i => $"\"f{i}\":{{}}"));

        Assert.Equal(Contract.FieldsMax, Schemas.Compile($$$$"""{"type":"object","properties":{{{{{properties}}}}}}""").Fields.Count);
    }

    [Theory]
    [InlineData(Contract.DepthMax - 1, false)]
    [InlineData(Contract.DepthMax, true)]
    public void Nesting_is_bounded(int lists, bool isProblem)
    {
        var schema = new StringBuilder();
        for (var i = 0; i < lists; i++)
        {
            schema.Append("""{"type":"array","items":""");
        }

        schema.Append("true").Append('}', lists);
        var text = $$$$"""{"type":"object","properties":{"v":{{{{schema}}}}}}""";

        if (isProblem)
        {
            Assert.EndsWith("is nested deeper than 64 levels", Assert.Single(Schemas.Problems(text)).Message, StringComparison.Ordinal);
        }
        else
        {
            Schemas.Compile(text);
        }
    }

    [Fact]
    public void References_that_multiply_are_bounded()
    {
        var definitions = string.Join(",", Enumerable.Range(0, 40).Select(i =>
            $$$$"""  "d{{{{i}}}}":{"type":"object","properties":{"a":{"$ref":"#/$defs/d{{{{i + 1}}}}"},"b":{"$ref":"#/$defs/d{{{{i + 1}}}}"}}}"""));

        var problems = Schemas.Problems($$$$"""{"type":"object","properties":{"v":{"$ref":"#/$defs/d0"}},"$defs":{{{{{definitions}}}},"d40":{"type":"string"}}}""");

        Assert.Contains(problems, problem => problem.Message == "the contract has more than 2000 fields");
    }
}
