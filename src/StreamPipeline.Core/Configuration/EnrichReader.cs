namespace StreamPipeline.Core.Configuration;

/// <summary>Reads <c>enrich</c>: a list of steps, each a mapping with the one key <c>lookup</c> or <c>mask</c>.</summary>
internal static class EnrichReader
{
    private const int StepsMax = 32;
    private const int MatchMax = 8;
    private const int AddMax = 64;
    private const string DefaultKeyVariable = "STREAMPIPELINE_MASK_KEY";
    private const string Example = "- lookup: { file: airports.csv, match: { origin: iata }, add: { state: origin_state } }";

    public static IReadOnlyList<EnrichStep> Read(SettingsReader reader, Section top)
    {
        var nodes = reader.Items(top.Child("enrich"), "enrich", StepsMax, "enrich: [ { lookup: … } ]");
        var steps = new List<EnrichStep>(nodes.Count);
        var added = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        for (var i = 0; i < nodes.Count; i++)
        {
            var path = $"enrich[{i}]";
            reader.Remember(path, nodes[i]);
            if (reader.OpenSection(nodes[i], path, Example, "lookup", "mask") is not { } step)
            {
                continue;
            }

            var lookup = step.Child("lookup");
            var mask = step.Child("mask");
            if ((lookup is null) == (mask is null))
            {
                // An unknown key has been reported by its own name already; "neither" would say it twice.
                if (lookup is not null || step.Map.Entries.Count == 0)
                {
                    reader.Problem(nodes[i], $"{path} must hold one of lookup and mask", "start each step with its own dash");
                }
            }
            else
            {
                EnrichStep? read = lookup is null ? Mask(reader, mask!, path) : Lookup(reader, lookup, path, added);
                steps.AddRange(read is null ? [] : [read]);
            }
        }

        return steps;
    }

    private static LookupStep? Lookup(SettingsReader reader, ConfigNode node, string path, HashSet<string> added)
    {
        if (reader.OpenSection(node, $"{path}.lookup", Example, "file", "match", "add") is not { } section)
        {
            return null;
        }

        var file = section.FileName("file", "file: airports.csv");
        var match = section.TextMap("match", MatchMax, "match: { origin: iata }");
        var add = section.TextMap("add", AddMax, "add: { state: origin_state }");
        if (file is null || match is null || add is null)
        {
            return null;
        }

        foreach (var (field, _) in match)
        {
            section.CheckField(field, section.PathOf("match"), field.Text);
        }

        foreach (var (_, column) in add)
        {
            if (section.CheckName(column, section.PathOf("add"), column.Text, dash: false) && !added.Add(column.Text))
            {
                reader.Problem(column, $"{section.PathOf("add")}: column '{column.Text}' is added twice", "give each added column a name of its own; case does not tell them apart");
            }
        }

        return new LookupStep(file, ToDictionary(match), ToDictionary(add));
    }

    private static MaskStep? Mask(SettingsReader reader, ConfigNode node, string path)
    {
        const string MaskExample = "mask: { field: email, with: hmac-sha256 }";
        if (reader.OpenSection(node, $"{path}.mask", MaskExample, "field", "with", "key") is not { } section)
        {
            return null;
        }

        var field = section.Field("field", required: true, MaskExample);
        section.Required("with", "with: hmac-sha256");
        section.Choice("with", ("hmac-sha256", true));
        var variable = DefaultKeyVariable;
        if (section.Child("key") is { } key && reader.Text(key, section.PathOf("key"), $"key: env:{DefaultKeyVariable}") is { } text)
        {
            variable = text.StartsWith("env:", StringComparison.Ordinal) ? text[4..] : "";
            if (!IsVariableName(variable))
            {
                // The message must not repeat the value: it may be the secret itself.
                reader.Problem(
                    key,
                    $"{section.PathOf("key")} does not name an environment variable",
                    $"never put a key in the file: set it in the environment and write `key: env:{DefaultKeyVariable}`");
            }
        }

        return field is null ? null : new MaskStep(field, variable);
    }

    private static bool IsVariableName(string name)
    {
        var valid = name.Length is >= 1 and <= 128 && !char.IsAsciiDigit(name[0]);
        foreach (var c in name)
        {
            valid &= char.IsAsciiLetterOrDigit(c) || c == '_';
        }

        return valid;
    }

    private static Dictionary<string, string> ToDictionary(IReadOnlyList<(ScalarNode Key, ScalarNode Value)> entries)
    {
        var result = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var (key, value) in entries)
        {
            result.Add(key.Text, value.Text);
        }

        return result;
    }
}
