using System.Collections.Immutable;

namespace StreamPipeline.Core.Contracts;

/// <summary>Follows <c>$ref</c> to <c>$defs</c> of the same file. Source: JSON Schema 2020-12 core, section 8.2.3.</summary>
internal sealed class SchemaReferences(SchemaReport report, SchemaNode root)
{
    private const string Prefix = "#/$defs/";

    /// <summary>The schema itself when it is no reference; null, with a problem, when the reference leads nowhere.</summary>
    public SchemaNode? Resolve(SchemaNode schema, ImmutableList<SchemaNode> open)
    {
        // A chain of references is as long as there are definitions at most; a ring is noticed as recursion.
        while (schema.Find("$ref") is { } reference)
        {
            foreach (var (keyword, offset, _) in schema.Members)
            {
                var known = keyword is "$ref" || SchemaKeywords.IsAnnotation(keyword) || (keyword == "$defs" && ReferenceEquals(schema, root));
                if (!known)
                {
                    report.Add(offset, $"keyword '{keyword}' beside '$ref' is not supported", "move it into the definition");
                }
            }

            if (Target(reference) is not { } target)
            {
                return null;
            }

            if (open.Contains(target))
            {
                report.Add(reference.Offset, $"'$ref' {reference.Shown} is recursive, which a table cannot hold", "leave out the type at some depth, to keep the rest as JSON text");
                return null;
            }

            open = open.Add(target);
            schema = target;
            if (!schema.IsObject)
            {
                return schema;
            }
        }

        return schema;
    }

    private SchemaNode? Target(SchemaNode reference)
    {
        if (!reference.IsString || !reference.Text.StartsWith(Prefix, StringComparison.Ordinal) || reference.Text.AsSpan(Prefix.Length).Contains('/'))
        {
            report.Add(reference.Offset, $"'$ref' is {reference.Shown}; only definitions of this file are supported", "write \"#/$defs/name\"");
            return null;
        }

        var name = reference.Text[Prefix.Length..].Replace("~1", "/", StringComparison.Ordinal).Replace("~0", "~", StringComparison.Ordinal);
        var target = root.Find("$defs")?.Find(name);
        if (target is null)
        {
            report.Add(reference.Offset, $"'$ref' names the definition '{name}', which does not exist", "add it under '$defs' at the top of the file");
        }

        return target;
    }
}
