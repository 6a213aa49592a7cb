using System.Text.Json;

namespace StreamPipeline.Core.Contracts;

/// <summary>Walks a schema and builds the fields, reporting every problem on the way.</summary>
internal sealed class SchemaCompiler(SchemaReport report, SchemaNode root, TimeSpan patternTimeout)
{
    private readonly SchemaReferences _references = new(report, root);
    private readonly SchemaTypes _types = new(report);
    private int _fields;

    /// <summary>Null when there is no field to speak of; a problem tells why.</summary>
    public ContractField? CompileRoot()
    {
        if (!root.IsObject)
        {
            report.Add(root.Offset, $"the schema is {root.Shown}", "write an object: { \"type\": \"object\", \"properties\": { … } }");
            return null;
        }

        if (root.Find("$schema") is { } dialect && dialect.Text.TrimEnd('#') != SchemaKeywords.Dialect)
        {
            report.Add(dialect.Offset, $"'$schema' is {dialect.Shown}, which is not supported", $"write \"{SchemaKeywords.Dialect}\"");
        }

        var schema = _references.Resolve(root, []);
        if (schema is null)
        {
            return null;
        }

        if (schema.Find("type") is { } type && type.Text != "object")
        {
            report.Add(type.Offset, $"the event's type is {type.Shown}", "write \"object\": an event is a JSON object");
            return null;
        }

        return Compile(schema, new Place("", "", Required: true, Depth: 1, References: []), FieldKind.Object);
    }

    private ContractField? Compile(SchemaNode schema, Place place, FieldKind? known = null)
    {
        if (++_fields > Contract.FieldsMax + 1)
        {
            if (_fields == Contract.FieldsMax + 2)
            {
                report.Add(schema.Offset, $"the contract has more than {Contract.FieldsMax} fields", "leave the rest to '_extra', or split the stream");
            }

            return null;
        }

        if (!schema.IsObject)
        {
            if (schema.Kind == JsonTokenType.True)
            {
                return FieldBuilder.Json(place);
            }

            report.Add(schema.Offset, $"the schema of '{place.Shown}' is {schema.Shown}", "write an object such as { \"type\": \"string\" }");
            return null;
        }

        // Only the root arrives here resolved: its depth and kind are settled.
        var resolved = known is null ? _references.Resolve(schema, place.References) : schema;
        if (resolved is null)
        {
            return null;
        }

        if (!ReferenceEquals(resolved, schema))
        {
            _fields--;
            return Compile(resolved, place with { References = place.References.Add(resolved) });
        }

        var type = known is { } kind ? new SchemaType(kind, Nullable: false) : _types.Of(schema, place);
        CheckKeywords(schema, type, place);
        return type is { } settled ? CompileTyped(schema, place, settled) : null;
    }

    private ContractField? CompileTyped(SchemaNode schema, Place place, SchemaType type)
    {
        if (type.Kind is FieldKind.Object or FieldKind.List && place.Depth > Contract.DepthMax)
        {
            report.Add(schema.Offset, $"'{place.Shown}' is nested deeper than {Contract.DepthMax} levels", "leave out its type, to keep it as JSON text");
            return null;
        }

        switch (type.Kind)
        {
            case FieldKind.Object:
                return CompileObject(schema, place, type.Nullable);
            case FieldKind.List:
                return CompileList(schema, place, type.Nullable);
            case FieldKind.String:
                var text = TextKeywords.Compile(schema, report, type.Nullable, patternTimeout, out var values);
                return FieldBuilder.Text(place, values?.HasNull ?? type.Nullable, text, values);
            case FieldKind.Integer or FieldKind.Number:
                var number = NumberKeywords.Compile(schema, report, type, out values);
                return FieldBuilder.Number(place, type.Kind, values?.HasNull ?? type.Nullable, number, values);
            case FieldKind.Boolean:
                values = SchemaValues.Read(schema, report, FieldKind.Boolean, type.Nullable);
                bool? only = values is { Values: [var one] } ? one.Kind == JsonTokenType.True : null;
                return FieldBuilder.Boolean(place, values?.HasNull ?? type.Nullable, only, values);
            default:
                return FieldBuilder.Json(place);
        }
    }

    private ContractField? CompileObject(SchemaNode schema, Place place, bool nullable)
    {
        var children = new List<ContractField>();
        var properties = schema.Find("properties");
        var required = RequiredNames(schema, properties);
        if (properties is not { IsObject: true, Members.Count: > 0 })
        {
            report.Add(
                properties?.Offset ?? schema.Offset,
                $"'{place.Shown}' has no properties, so there is nothing to store",
                place.IsRoot ? "name at least one under 'properties'" : "name at least one under 'properties', or leave out its type, to keep it as JSON text");
            return null;
        }

        PropertyNames.Check(properties, report, place.IsRoot);
        foreach (var (name, _, value) in properties.Members)
        {
            if (Compile(value, place.Member(name, required.Contains(name))) is { } child)
            {
                children.Add(child);
            }
        }

        var allowsUnknown = AllowsUnknown(schema);
        // Without children each had a problem, and Arrow knows no empty struct.
        return children.Count == 0 ? null : FieldBuilder.Object(place, nullable, children, allowsUnknown);
    }

    private ContractField? CompileList(SchemaNode schema, Place place, bool nullable)
    {
        var itemsMin = schema.Find("minItems") is { } min ? report.Count(min, "minItems") ?? 0 : 0;
        var itemsMax = schema.Find("maxItems") is { } max ? report.Count(max, "maxItems") ?? int.MaxValue : int.MaxValue;
        if (itemsMin > itemsMax)
        {
            report.Add(schema.Find("minItems")!.Offset, $"'minItems' {itemsMin} is above 'maxItems' {itemsMax}", "no array can satisfy both: change one");
        }

        var item = schema.Find("items") is { } items ? Compile(items, place.Item()) : FieldBuilder.Json(place.Item());
        return item is null ? null : FieldBuilder.List(place, nullable, item, itemsMin, itemsMax);
    }

    private HashSet<string> RequiredNames(SchemaNode schema, SchemaNode? properties)
    {
        var names = new HashSet<string>(StringComparer.Ordinal);
        if (schema.Find("required") is not { } required)
        {
            return names;
        }

        if (required.Kind != JsonTokenType.StartArray)
        {
            report.Add(required.Offset, $"'required' is {required.Shown}", "write an array of property names");
        }

        foreach (var name in required.Items)
        {
            if (!name.IsString)
            {
                report.Add(name.Offset, $"'required' holds {name.Shown}", "write a property name in quotes");
            }
            else if (!names.Add(name.Text))
            {
                report.Add(name.Offset, $"'required' names '{name.Text}' twice", "keep one of them");
            }
            else if (properties?.Find(name.Text) is null)
            {
                report.Add(name.Offset, $"'required' names '{name.Text}', which is not in 'properties'", "add it there, or drop it here");
            }
        }

        return names;
    }

    private bool AllowsUnknown(SchemaNode schema)
    {
        var additional = schema.Find("additionalProperties");
        if (additional is null || additional.Kind is JsonTokenType.True or JsonTokenType.False)
        {
            return additional?.Kind != JsonTokenType.False;
        }

        report.Add(
            additional.Offset,
            $"'additionalProperties' is {additional.Shown}; only true and false are supported",
            "write true to keep unknown members in '_extra', or false to refuse them");
        return true;
    }

    private void CheckKeywords(SchemaNode schema, SchemaType? type, Place place)
    {
        foreach (var (keyword, offset, _) in schema.Members)
        {
            if (SchemaKeywords.IsAnnotation(keyword) || (keyword == "$defs" && ReferenceEquals(schema, root)))
            {
                continue;
            }

            if (!SchemaKeywords.IsSupported(keyword))
            {
                report.Add(offset, $"keyword '{keyword}' is not supported", Advice(keyword));
            }
            else if (type is { Kind: var kind } && !SchemaKeywords.AppliesTo(keyword, kind))
            {
                var what = kind == FieldKind.Json ? "without a 'type'" : $"on type '{SchemaKeywords.TypeName(kind)}'";
                report.Add(offset, $"keyword '{keyword}' of '{place.Shown}' has no effect {what}", "change the type, or remove it");
            }
        }
    }

    private static string Advice(string keyword) => keyword switch
    {
        "definitions" or "$defs" => "move it to '$defs' at the top of the file",
        "nullable" => "write the type as [\"string\", \"null\"]",
        "oneOf" or "anyOf" or "allOf" or "not" or "if" or "then" or "else" =>
            "remove it, and check the condition with a quality rule",
        _ => "remove it; what it asserts may be checked with a quality rule",
    };
}
