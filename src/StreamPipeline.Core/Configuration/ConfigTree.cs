using System.Text;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace StreamPipeline.Core.Configuration;

/// <summary>
/// Turns YAML text into a tree with places. It reads parser events instead of deserialising: no reflection, so it works under Native
/// AOT; and it takes only what a settings file needs: one document, no anchors, no aliases, no tags, so that a small file stays small.
/// </summary>
internal sealed class ConfigTree
{
    public const int FileBytesMax = 1 << 20;

    public const int DepthMax = 32;

    private readonly string _file;
    private readonly ProblemList _problems;
    private readonly GuardedParser _parser;

    private ConfigTree(string file, string text, ProblemList problems)
    {
        _file = file;
        _problems = problems;
        _parser = new GuardedParser(text);
    }

    /// <summary>The file's mapping; null, with problems added, when the file is no YAML mapping at all.</summary>
    public static MapNode? Read(ReadOnlyMemory<byte> utf8, string file, ProblemList problems)
    {
        if (DecodeText(utf8.Span, file, problems) is not { } text)
        {
            return null;
        }

        try
        {
            return new ConfigTree(file, text, problems).Document();
        }
        catch (YamlException error)
        {
            AddSyntaxProblem(error, text, file, problems);
            return null;
        }
    }

    private static string? DecodeText(ReadOnlySpan<byte> utf8, string file, ProblemList problems)
    {
        var whole = new Location(file, 0, 0);
        if (utf8.Length > FileBytesMax)
        {
            problems.Add(
                whole, $"the file is too large: {utf8.Length:N0} bytes, at most {FileBytesMax:N0} are allowed", "a pipeline.yaml is about one page; is this the right file?");
            return null;
        }

        if (utf8.StartsWith("\uFEFF"u8))
        {
            utf8 = utf8[3..];
        }

        var line = 1;
        var lineStart = 0;
        for (var i = 0; i < utf8.Length; i++)
        {
            if (utf8[i] == '\n')
            {
                line++;
                lineStart = i + 1;
            }
            else if (utf8[i] is < 32 and not (byte)'\t' and not (byte)'\r')
            {
                // The YAML scanner takes NUL for the end of the text and would silently ignore the rest.
                problems.Add(
                    new Location(file, line, i - lineStart + 1), $"control character 0x{utf8[i]:X2} in the file", "save it as plain UTF-8 text");
                return null;
            }
        }

        try
        {
            return new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(utf8);
        }
        catch (DecoderFallbackException error)
        {
            problems.Add(whole, $"the file is not UTF-8: byte {error.Index + 1:N0} is wrong", "save it as UTF-8");
            return null;
        }
    }

    private MapNode? Document()
    {
        _parser.Consume<StreamStart>();
        if (_parser.Accept<StreamEnd>(out _))
        {
            _problems.Add(new Location(_file, 1, 1), "the file is empty", "write at least name, stream, contract and eventTime.field");
            return null;
        }

        _parser.Consume<DocumentStart>();
        var root = Node(depth: 1);
        _parser.Consume<DocumentEnd>();
        if (_parser.Accept<DocumentStart>(out var second))
        {
            _problems.Add(At(_file, second.Start), "a second YAML document starts here", "one file describes one pipeline: move it to a file of its own");
        }

        if (root is MapNode map)
        {
            return map;
        }

        if (root is not ReportedNode)
        {
            _problems.Add(
                new Location(_file, root.Line, root.Column), $"the file holds {SettingsReader.Describe(root)}, not settings", "write `key: value` lines such as `name: flights`");
        }

        return null;
    }

    private ConfigNode Node(int depth)
    {
        var at = _parser.Current is { } next ? next.Start : Mark.Empty;
        if (depth > DepthMax)
        {
            // Nothing sensible nests this deep, and going on would only cost time: this ends the reading.
            throw new YamlException(at, at, $"nested deeper than {DepthMax} levels");
        }

        if (_parser.Current is NodeEvent { Anchor.IsEmpty: false })
        {
            Problem(at, "anchors (&name) are not supported", "write the value out where it is needed");
        }
        else if (_parser.Current is NodeEvent { Tag.IsEmpty: false })
        {
            Problem(at, "tags (!name) are not supported", "remove the tag");
        }

        if (_parser.TryConsume<Scalar>(out var scalar))
        {
            return new ScalarNode(Line(at), Column(at), scalar.Value, scalar.Style == ScalarStyle.Plain);
        }

        if (_parser.TryConsume<SequenceStart>(out _))
        {
            var items = new List<ConfigNode>();
            while (!_parser.TryConsume<SequenceEnd>(out _))
            {
                items.Add(Node(depth + 1));
            }

            return new ListNode(Line(at), Column(at), items);
        }

        if (_parser.TryConsume<MappingStart>(out var mapping))
        {
            return new MapNode(Line(at), Column(at), Entries(depth, mapping.Style == MappingStyle.Flow), mapping.Style == MappingStyle.Flow);
        }

        _parser.Consume<AnchorAlias>();
        Problem(at, "aliases (*name) are not supported", "write the value out here");
        return new ReportedNode(Line(at), Column(at));
    }

    private List<MapEntry> Entries(int depth, bool isFlow)
    {
        var entries = new List<MapEntry>();
        var seen = new Dictionary<string, int>(StringComparer.Ordinal);
        while (!_parser.TryConsume<MappingEnd>(out _))
        {
            var at = _parser.Current!.Start;
            var key = Node(depth + 1);
            var value = Node(depth + 1);
            if (key is not ScalarNode text)
            {
                Problem(at, $"a key is {SettingsReader.Describe(key)}", "a key is a plain word");
            }
            else if (!(isFlow && MeasureExpression.IsCutOff(text, value)) && !seen.TryAdd(text.Text, text.Line))
            {
                Problem(at, $"'{text.Text}' is set a second time; the first is on line {seen[text.Text]}", "keep one of them");
            }
            else
            {
                entries.Add(new MapEntry(text, value));
            }
        }

        return entries;
    }

    private void Problem(Mark at, string message, string fix) => _problems.Add(At(_file, at), message, fix);

    private static void AddSyntaxProblem(YamlException error, string text, string file, ProblemList problems)
    {
        var end = error.Message.AsSpan().IndexOfAny('\r', '\n');
        var message = $"this is not YAML: {(end < 0 ? error.Message : error.Message[..end]).TrimEnd('.')}";
        var lines = text.Split('\n');
        for (var i = Math.Max(0, Line(error.Start) - 2); i <= Line(error.Start) && i < lines.Length; i++)
        {
            // The parser names the place where it gave up, which for a tab is often the line before or after.
            var indentation = lines[i].AsSpan(0, lines[i].Length - lines[i].AsSpan().TrimStart().Length);
            if (indentation.IndexOf('\t') is >= 0 and var tab)
            {
                problems.Add(new Location(file, i + 1, tab + 1), message, "the line starts with a tab: indent with spaces");
                return;
            }
        }

        problems.Add(At(file, error.Start), message, "check the indentation, quotes and brackets here and on the line before");
    }

    private static Location At(string file, Mark mark) => new(file, Line(mark), Column(mark));

    private static int Line(Mark mark) => (int)Math.Max(1, mark.Line);

    private static int Column(Mark mark) => (int)Math.Max(1, mark.Column);
}
