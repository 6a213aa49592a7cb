using System.Globalization;
using System.Text;

namespace StreamPipeline.Benchmarks.Adversarial;

/// <summary>Generated events of one shape as lines of JSON, all valid by <c>adversarial.schema.json</c>: the same seed gives the same bytes.</summary>
internal sealed class AdversarialEvents(AdversarialShape shape, int seed)
{
    private const int UnknownMembers = 200;
    private static readonly DateTime _start = new(2025, 6, 1, 0, 0, 0, DateTimeKind.Utc);
    private static readonly string[] _sites = ["north", "south", "harbor", "airport"];

    // Seeded, and not for secrets.
#pragma warning disable CA5394
    private readonly Random _random = new(seed);
    private int _made;

    /// <param name="events">How many.</param>
    public byte[] Lines(int events)
    {
        var lines = new StringBuilder();
        for (var i = 0; i < events; i++)
        {
            lines.Append(Event()).Append('\n');
        }

        return Encoding.UTF8.GetBytes(lines.ToString());
    }

    private string Event()
    {
        _made++;
        var device = _random.Next(5_000);
        List<(string, string)> members =
        [
            ("event_id", Text(new Guid(_made, 1, 2, 3, 4, 5, 6, 7, 8, 9, (byte)device).ToString())),
            ("measured_at", Text(_start.AddMilliseconds(_made * 10L).ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture))),
            ("device", Object([("id", Text($"dev-{device}")), ("site", Text(_sites[device & 3])), ("firmware", Text($"v{device % 3}.{device % 7}"))])),
            ("sequence", Number(_made)),
            ("temperature", Number(_random.Next(-1_000, 4_000) / 100.0)),
            ("humidity", Number(_random.Next(1_000) / 10.0)),
        ];
        AddOptional(members, "battery", () => _random.Next(3) == 0 ? "null" : Number(_random.Next(1_000) / 1_000.0));
        AddOptional(members, "online", () => "true");
        AddOptional(members, "position", () => Object([("lat", Number(52 + (device / 10_000.0))), ("lon", Number(13 + (device / 7_000.0)))]));
        AddOptional(members, "note", Note);
        if (shape is AdversarialShape.Unknown or AdversarialShape.Strange or AdversarialShape.Shuffled)
        {
            members.InsertRange(_made % 5, Enumerable.Range(0, UnknownMembers).Reverse().Select(Unknown));
        }
        else if (shape == AdversarialShape.Nested)
        {
            members.Insert(_made % 5, ("payload", Object([.. Enumerable.Range(0, UnknownMembers).Select(Unknown)])));
        }

        return Object(members);
    }

    private (string Name, string Value) Unknown(int i) => (
        shape is AdversarialShape.Strange or AdversarialShape.Nested ? $"field_{_random.Next()}_{i}" : $"field_{i}",
        (i % 3) switch
        {
            0 => Number(_random.Next()),
            1 => Text($"value {i}"),
            _ => shape == AdversarialShape.Nested ? Object([("k", "[1,{}]"), ("l", Object([]))]) : "false",
        });

    private void AddOptional(List<(string, string)> members, string name, Func<string> value)
    {
        if (shape != AdversarialShape.Flickering || _random.Next(2) == 0)
        {
            members.Add((name, value()));
        }
    }

    private string Note() => Text(shape switch
    {
        AdversarialShape.Long => new string((char)('a' + (_made % 26)), 4_000),
        AdversarialShape.Foreign => string.Concat(Enumerable.Repeat("Grüße, 世界! ", 200)),
        _ => "all is well",
    });

    private string Object(List<(string Name, string Value)> members)
    {
        var some = members.ToArray();
        if (shape is AdversarialShape.Reordered or AdversarialShape.Shuffled)
        {
            _random.Shuffle(some);
        }

        var space = shape == AdversarialShape.Spaced ? " \r  " : "";
        return "{" + space + string.Join("," + space, some.Select((member, i) => $"{space}\"{(i % 2 == 0 ? Escaped(member.Name) : member.Name)}\"{space}:{space}{member.Value}{space}")) + "}";
    }

    private string Text(string text) => $"\"{Escaped(text)}\"";

    /// <summary>Two of the text's characters by number, and one in a hundred from there on.</summary>
    private string Escaped(string text) => shape == AdversarialShape.Escaped
        ? string.Concat(text.Select((c, i) => i == 1 || i == text.Length - 1 || i % 100 == 99 ? $"\\u{(int)c:x4}" : $"{c}"))
        : text;

    private static string Number(double value) => value.ToString("0.#####", CultureInfo.InvariantCulture);
#pragma warning restore CA5394
}
