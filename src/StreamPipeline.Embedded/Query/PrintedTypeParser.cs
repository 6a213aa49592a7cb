namespace StreamPipeline.Embedded.Query;

/// <summary>Reads the name of a type as DuckDB's DESCRIBE writes it, such as <c>STRUCT(a BIGINT, "b c" DATE[])[]</c>.</summary>
internal sealed class PrintedTypeParser
{
    private readonly string _text;
    private int _at;

    private PrintedTypeParser(string text) => _text = text;

    private char Here => _at < _text.Length ? _text[_at] : '\0';

    /// <summary>Null when it is written otherwise, as a struct without names is.</summary>
    public static PrintedType? Parse(string text)
    {
        var parser = new PrintedTypeParser(text);
        return parser.Read() is { } type && parser._at == text.Length ? type : null;
    }

    private PrintedType? Read()
    {
        var type = TryTake("STRUCT(") ? ReadStruct() : TryTake("MAP(") ? ReadMap() : ReadSimple();
        while (type is not null && Here == '[')
        {
            _at = _text.IndexOf(']', _at) + 1;
            type = _at == 0 ? null : new PrintedType("LIST", [("", type)]);
        }

        return type;
    }

    private PrintedType? ReadStruct()
    {
        var parts = new List<(string Name, PrintedType Type)>();
        do
        {
            if (ReadName() is not { } name || !TryTake(" ") || Read() is not { } type)
            {
                return null;
            }

            parts.Add((name, type));
        }
        while (TryTake(", "));

        return TryTake(")") ? new PrintedType("STRUCT", parts) : null;
    }

    private PrintedType? ReadMap() =>
        Read() is { } key && TryTake(", ") && Read() is { } value && TryTake(")") ? new PrintedType("MAP", [("key", key), ("value", value)]) : null;

    /// <summary>Up to what ends it; brackets and quotes within are its own.</summary>
    private PrintedType? ReadSimple()
    {
        var start = _at;
        for (var depth = 0; _at < _text.Length && (depth > 0 || Here is not (',' or ')' or '[')); _at++)
        {
            if (Here is '\'' or '"')
            {
                _at = _text.IndexOf(Here, _at + 1);
                if (_at < 0)
                {
                    return null;
                }
            }

            depth += Here switch { '(' => 1, ')' => -1, _ => 0 };
        }

        var name = _text[start.._at];
        return name.Length == 0 ? null : new PrintedType(name.StartsWith("ENUM(", StringComparison.Ordinal) ? "ENUM" : name, []);
    }

    private string? ReadName()
    {
        var start = _at;
        if (Here != '"')
        {
            while (char.IsLetterOrDigit(Here) || Here == '_')
            {
                _at++;
            }

            return _at > start ? _text[start.._at] : null;
        }

        do
        {
            _at = _text.IndexOf('"', _at + 1) + 1;
        }
        while (_at > 0 && Here == '"');

        return _at == 0 ? null : _text[(start + 1)..(_at - 1)].Replace("\"\"", "\"", StringComparison.Ordinal);
    }

    private bool TryTake(string text)
    {
        var found = string.CompareOrdinal(_text, _at, text, 0, text.Length) == 0;
        _at += found ? text.Length : 0;
        return found;
    }
}
