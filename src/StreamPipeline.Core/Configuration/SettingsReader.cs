namespace StreamPipeline.Core.Configuration;

/// <summary>What the readers of all sections share: the problems, and the places for the <see cref="SourceMap"/>.</summary>
internal sealed class SettingsReader(string file, ProblemList problems)
{
    public Dictionary<string, (int Line, int Column)> Positions { get; } = new(StringComparer.Ordinal);

    public static string Describe(ConfigNode node) => node switch
    {
        MapNode => "a mapping",
        ListNode => "a list",
        ScalarNode { IsNull: true } => "nothing",
        ScalarNode scalar => $"'{Shorten(scalar.Text)}'",
        _ => "something else",
    };

    /// <summary>What a user wrote, short enough to repeat in a message.</summary>
    public static string Shorten(string text)
    {
        var line = text.ReplaceLineEndings(" ");
        return line.Length <= 60 ? line : line[..57] + "...";
    }

    public void Problem(ConfigNode at, string message, string fix) => Problem(at.Line, at.Column, message, fix);

    public void Problem(int line, int column, string message, string fix) =>
        problems.Add(new Location(file, line, column), message, fix);

    public void Remember(string path, ConfigNode at) => Positions[path] = (at.Line, at.Column);

    /// <summary>A section with these keys and no others; null, with a problem added, when the node is not a mapping.</summary>
    public Section? OpenSection(ConfigNode node, string path, string example, params ReadOnlySpan<string> keys)
    {
        if (node is not MapNode map)
        {
            Mismatch(node, $"{path} must be a mapping", example);
            return null;
        }

        foreach (var entry in map.Entries)
        {
            if (!keys.Contains(entry.Key.Text))
            {
                var nearest = NearestName.Of(entry.Key.Text, keys.ToArray());
                Problem(
                    entry.Key,
                    $"unknown key '{Shorten(entry.Key.Text)}'{(path.Length > 0 ? $" in {path}" : "")}",
                    nearest is null ? $"known keys: {string.Join(", ", keys)}" : $"did you mean '{nearest}'?");
            }
        }

        return new Section(this, map, path);
    }

    /// <summary>The items of a list; an empty list, with a problem added, when the node is none or has more than <paramref name="itemsMax"/>.</summary>
    public IReadOnlyList<ConfigNode> Items(ConfigNode? node, string path, int itemsMax, string example)
    {
        if (node is null)
        {
            return [];
        }

        if (node is not ListNode list)
        {
            Mismatch(node, $"{path} must be a list", example);
            return [];
        }

        if (list.Items.Count > itemsMax)
        {
            Problem(list, $"{path} has {list.Items.Count} items, at most {itemsMax} are allowed", "remove some, or split the pipeline");
            return [];
        }

        return list.Items;
    }

    /// <summary>The text of a scalar; null, with a problem added, when the node is something else or empty.</summary>
    public string? Text(ConfigNode node, string path, string example)
    {
        if (node is ScalarNode { IsNull: false, Text.Length: > 0 } scalar)
        {
            return scalar.Text;
        }

        Mismatch(node, $"{path} must be a value", example);
        return null;
    }

    private void Mismatch(ConfigNode node, string expected, string example)
    {
        if (node is not ReportedNode)
        {
            Problem(node, $"{expected}, but it is {(node is ScalarNode { Text: "", IsPlain: false } ? "empty" : Describe(node))}", $"write it as `{example}`, or remove it");
        }
    }
}
