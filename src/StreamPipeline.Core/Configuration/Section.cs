using System.Globalization;

namespace StreamPipeline.Core.Configuration;

/// <summary>
/// Typed access to one mapping. Each method remembers the place of what it reads; on a mistake it adds a problem and returns null or
/// the default, so that reading goes on and every problem is found in one go.
/// </summary>
internal sealed class Section(SettingsReader reader, MapNode map, string path)
{
    public const int NameLengthMax = 64;

    private const int FieldLengthMax = 256;

    public MapNode Map => map;

    public string PathOf(string key) => path.Length == 0 ? key : $"{path}.{key}";

    /// <summary>The same section with another value for one key.</summary>
    public Section With(string key, ConfigNode value)
    {
        var entries = new List<MapEntry>(map.Entries.Count);
        foreach (var entry in map.Entries)
        {
            entries.Add(entry.Key.Text == key ? entry with { Value = value } : entry);
        }

        return new Section(reader, map with { Entries = entries }, path);
    }

    /// <summary>The value of a key; null when the key is absent.</summary>
    public ConfigNode? Child(string key)
    {
        foreach (var entry in map.Entries)
        {
            if (entry.Key.Text == key)
            {
                // A mapping or a list starts on the line below its key: the key is what a user looks for.
                reader.Remember(PathOf(key), entry.Value is ScalarNode { IsNull: false } ? entry.Value : entry.Key);
                return entry.Value is ScalarNode { IsNull: true }
                    ? new ScalarNode(entry.Key.Line, entry.Key.Column, "", IsPlain: true)
                    : entry.Value;
            }
        }

        return null;
    }

    public ConfigNode? Required(string key, string example)
    {
        var child = Child(key);
        if (child is null)
        {
            reader.Problem(map, $"'{PathOf(key)}' is missing", $"add `{example}`");
        }

        return child;
    }

    public string? Text(string key, string example) => Child(key) is { } node ? reader.Text(node, PathOf(key), example) : null;

    public string? RequiredText(string key, string example) =>
        Required(key, example) is { } node ? reader.Text(node, PathOf(key), example) : null;

    /// <summary>A name that becomes a folder and an SQL name.</summary>
    public string? Name(string key, bool required, string example)
    {
        var text = required ? RequiredText(key, example) : Text(key, example);
        return text is null || CheckName(Child(key)!, PathOf(key), text, dash: true) ? text : null;
    }

    public bool CheckName(ConfigNode at, string what, string text, bool dash)
    {
        var valid = text.Length is >= 1 and <= NameLengthMax && char.IsAsciiLetter(text[0]);
        foreach (var c in text)
        {
            valid &= char.IsAsciiLetterOrDigit(c) || c == '_' || (dash && c == '-');
        }

        if (!valid)
        {
            reader.Problem(
                at,
                $"{what}: '{SettingsReader.Shorten(text)}' is not a usable name",
                $"start with a letter; letters, digits{(dash ? ", _ and -" : " and _")} only, at most {NameLengthMax} characters");
        }

        return valid;
    }

    /// <summary>A file named relative to pipeline.yaml.</summary>
    public string? FileName(string key, string example)
    {
        if (RequiredText(key, example) is not { } text)
        {
            return null;
        }

        return CheckFile(Child(key)!, PathOf(key), text) ? text : null;
    }

    public bool CheckFile(ConfigNode at, string what, string text)
    {
        if (text.StartsWith('/') || text.StartsWith('\\') || (text.Length > 1 && text[1] == ':') || text.Contains("://", StringComparison.Ordinal))
        {
            reader.Problem(at, $"{what}: '{SettingsReader.Shorten(text)}' is an absolute path", "name the file relative to pipeline.yaml, so that the folder can be moved as a whole");
            return false;
        }

        return true;
    }

    public string? Field(string key, bool required, string example)
    {
        var text = required ? RequiredText(key, example) : Text(key, example);
        return text is null || CheckField(Child(key)!, PathOf(key), text) ? text : null;
    }

    /// <summary>A dotted path: names separated by single dots.</summary>
    public bool CheckField(ConfigNode at, string what, string text)
    {
        var valid = text.Length <= FieldLengthMax && text[0] != '.' && text[^1] != '.' && !text.Contains("..", StringComparison.Ordinal);
        if (!valid)
        {
            reader.Problem(
                at,
                $"{what}: '{SettingsReader.Shorten(text)}' is not a field path",
                $"write a field's name, or names joined by dots such as `device.id`, at most {FieldLengthMax} characters");
        }

        return valid;
    }

    public TimeSpan Duration(string key, TimeSpan absent, TimeSpan min, TimeSpan max) =>
        Child(key) is { } node ? DurationOf(node, key, min, max) ?? absent : absent;

    public TimeSpan? RequiredDuration(string key, TimeSpan min, TimeSpan max, string example) =>
        Required(key, example) is { } node ? DurationOf(node, key, min, max) : null;

    private TimeSpan? DurationOf(ConfigNode node, string key, TimeSpan min, TimeSpan max)
    {
        if (reader.Text(node, PathOf(key), $"{key}: 1h") is not { } text)
        {
            return null;
        }

        if (!Quantity.TryParseDuration(text, out var duration))
        {
            reader.Problem(node, $"{PathOf(key)}: '{SettingsReader.Shorten(text)}' is not a duration", "write a whole number and a unit: 500ms, 30s, 5m, 1h, 7d");
            return null;
        }

        if (duration < min || duration > max)
        {
            reader.Problem(
                node, $"{PathOf(key)}: {text} is out of range, {Quantity.Format(min)} to {Quantity.Format(max)} is allowed", $"set {PathOf(key)} within that range");
            return null;
        }

        return duration;
    }

    public int Bytes(string key, int absent, int min, int max)
    {
        if (Child(key) is not { } node || reader.Text(node, PathOf(key), $"{key}: 1MiB") is not { } text)
        {
            return absent;
        }

        if (!Quantity.TryParseBytes(text, out var bytes))
        {
            reader.Problem(node, $"{PathOf(key)}: '{SettingsReader.Shorten(text)}' is not a size", "write bytes as a whole number, or with a unit: 512KiB, 1MiB");
            return absent;
        }

        return InRange(node, key, bytes, min, max, Quantity.Format(min), Quantity.Format(max)) ? (int)bytes : absent;
    }

    public int Integer(string key, int absent, int min, int max)
    {
        if (Child(key) is not { } node || reader.Text(node, PathOf(key), $"{key}: {absent}") is not { } text)
        {
            return absent;
        }

        if (!long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value))
        {
            reader.Problem(node, $"{PathOf(key)}: '{SettingsReader.Shorten(text)}' is not a whole number", $"write it as `{key}: {absent}`");
            return absent;
        }

        return InRange(node, key, value, min, max, $"{min:N0}", $"{max:N0}") ? (int)value : absent;
    }

    private bool InRange(ConfigNode node, string key, long value, int min, int max, string minText, string maxText)
    {
        if (value >= min && value <= max)
        {
            return true;
        }

        reader.Problem(node, $"{PathOf(key)}: {value:N0} is out of range, {minText} to {maxText} is allowed", $"set {PathOf(key)} within that range");
        return false;
    }

    /// <summary>A share in [0, 1).</summary>
    public double? Share(string key)
    {
        if (Child(key) is not { } node || reader.Text(node, PathOf(key), $"{key}: 0.95") is not { } text)
        {
            return null;
        }

        if (double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var value) && value is >= 0 and < 1)
        {
            return value;
        }

        reader.Problem(node, $"{PathOf(key)}: '{SettingsReader.Shorten(text)}' is not a share", "write a number from 0 to below 1, such as 0.95; a batch passes when its score is above it");
        return null;
    }

    /// <summary>One of a few words.</summary>
    public T? Choice<T>(string key, params ReadOnlySpan<(string Word, T Value)> choices)
        where T : struct
    {
        var words = new string[choices.Length];
        for (var i = 0; i < choices.Length; i++)
        {
            words[i] = choices[i].Word;
        }

        if (Child(key) is not { } node || reader.Text(node, PathOf(key), $"{key}: {words[0]}") is not { } text)
        {
            return null;
        }

        foreach (var (word, value) in choices)
        {
            if (word == text)
            {
                return value;
            }
        }

        var nearest = NearestName.Of(text, words);
        reader.Problem(
            node,
            $"{PathOf(key)}: '{SettingsReader.Shorten(text)}' is not supported, only {string.Join(", ", words)}",
            $"write `{key}: {nearest ?? words[0]}`");
        return null;
    }

    /// <summary>A list of distinct field paths; a single one may stand without brackets.</summary>
    public IReadOnlyList<string> Fields(string key, int itemsMax)
    {
        var node = Child(key);
        var nodes = node is ScalarNode { IsNull: false } ? [node] : reader.Items(node, PathOf(key), itemsMax, $"{key}: [field]");
        var fields = new List<string>(nodes.Count);
        for (var i = 0; i < nodes.Count; i++)
        {
            var at = $"{PathOf(key)}[{i}]";
            reader.Remember(at, nodes[i]);
            if (reader.Text(nodes[i], at, $"{key}: [field]") is not { } text || !CheckField(nodes[i], at, text))
            {
                continue;
            }

            if (fields.Contains(text))
            {
                reader.Problem(nodes[i], $"{at}: '{text}' is named twice", "keep one of them");
            }

            fields.Add(text);
        }

        return fields;
    }

    /// <summary>A mapping of text to text, in file order; null, with a problem added, when the key is missing, empty or of another shape.</summary>
    public IReadOnlyList<(ScalarNode Key, ScalarNode Value)>? TextMap(string key, int entriesMax, string example)
    {
        if (Required(key, example) is not { } node)
        {
            return null;
        }

        if (node is not MapNode { Entries.Count: > 0 } pairs || pairs.Entries.Count > entriesMax)
        {
            if (node is not ReportedNode)
            {
                reader.Problem(node, $"{PathOf(key)} must be a mapping of 1 to {entriesMax} entries, but it is {(node is MapNode m ? $"one of {m.Entries.Count}" : SettingsReader.Describe(node))}", $"write it as `{example}`");
            }

            return null;
        }

        var result = new List<(ScalarNode, ScalarNode)>();
        foreach (var (name, value) in pairs.Entries)
        {
            var at = $"{PathOf(key)}.{name.Text}";
            reader.Remember(at, value);
            if (reader.Text(value, at, example) is not null)
            {
                result.Add((name, (ScalarNode)value));
            }
        }

        return result;
    }
}
