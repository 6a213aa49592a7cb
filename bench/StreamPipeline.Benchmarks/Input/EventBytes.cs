using System.Buffers;
using System.Buffers.Text;
using System.Runtime.CompilerServices;
using System.Text;

namespace StreamPipeline.Benchmarks.Input;

/// <summary>
/// Generated events as lines of JSON: the same seed gives the same bytes. Of a hundred, two are byte-for-byte copies of one of the last 1,024 and
/// one is bad: no temperature, a temperature that is text, an unknown site, one that a rule refuses, a line cut short.
/// </summary>
internal sealed class EventBytes(EventShape shape, int seed)
{
    private const int Copied = 1_024;
    private const int EventsPerSecond = 100;

    private static readonly DateTime _start = new(2025, 6, 1, 0, 0, 0, DateTimeKind.Utc);
    private static readonly string[] _sites = ["north", "south", "harbor", "airport"];
    private static readonly string[] _airports = ["ATL", "ORD", "DFW", "DEN", "LAX", "PHX", "IAH", "LAS", "DTW", "MSP", "SEA", "EWR", "SFO", "BOS", "JFK", "MIA"];

    // Seeded, and not for secrets.
#pragma warning disable CA5394
    private readonly Random _random = new(seed);
    private readonly byte[][] _recent = new byte[Copied][];
    private int _made;

    /// <summary>Appends the next event and its line feed.</summary>
    public void WriteLine(IBufferWriter<byte> output)
    {
        var dice = _random.Next(100);
        byte[] line;
        if (dice < 2 && _made >= Copied)
        {
            line = _recent[_random.Next(Copied)];
        }
        else
        {
            line = Encoding.ASCII.GetBytes(shape == EventShape.Iot ? Iot(bad: dice == 99) : Flight(bad: dice == 99));
            _recent[_made % Copied] = line;
        }

        _made++;
        output.Write(line);
        output.Write("\n"u8);
    }

    private string Iot(bool bad)
    {
        var fault = bad ? _random.Next(5) : -1;
        var device = _random.Next(5_000);
        var site = fault == 0 ? "moon" : _sites[device & 3];
        var temperature = fault switch
        {
            1 => "",
            2 => "\"temperature\":\"warm\",",
            3 => "\"temperature\":990.5,",
            _ => Invariant($"\"temperature\":{_random.Next(-1_000, 4_000) / 100.0:0.00},"),
        };
        var battery = _random.Next(20) switch
        {
            0 => "\"battery\":null,",
            1 or 2 => "",
            _ => Invariant($"\"battery\":{_random.Next(1_000) / 1000.0:0.000},"),
        };
        var online = _random.Next(10) > 0 ? "true" : "false";
        var text = Invariant($$$"""{"event_id":"{{{NextGuid()}}}","measured_at":"{{{Time(1_000 / EventsPerSecond):yyyy-MM-dd'T'HH:mm:ss.fff'Z'}}}","device":{"id":"dev-{{{device:D5}}}","site":"{{{site}}}","firmware":"v{{{1 + (device % 3)}}}.{{{device % 7}}}"},"sequence":{{{_made}}},{{{temperature}}}"humidity":{{{_random.Next(1_000) / 10.0:0.0}}},{{{battery}}}"online":{{{online}}},"position":{"lat":{{{52 + (device / 10_000.0):0.00000}}},"lon":{{{13 + (device / 7_000.0):0.00000}}}}}""");

        // Cut within a name: a line cut behind a colon makes DuckDB swallow the next line, and the results would not be equal.
        return fault == 4 ? text[..60] : text;
    }

    private string Flight(bool bad)
    {
        var time = Time(1_000);
        var (from, to) = (_airports[_random.Next(_airports.Length)], _airports[_random.Next(_airports.Length)]);
        return Invariant($$"""{"flight_id":"{{time:yyyyMMdd}}-{{from}}-{{to}}-{{_made:D7}}","scheduled":"{{time:yyyy-MM-dd'T'HH:mm:ss'Z'}}","delay":{{_random.Next(-30, 200)}},"distance":{{(bad ? -1 : _random.Next(100, 3_000))}},"origin":"{{from}}","destination":"{{to}}"}""");
    }

    /// <summary>The project runs with the invariant culture (InvariantGlobalization).</summary>
    private static string Invariant(DefaultInterpolatedStringHandler text) => text.ToStringAndClear();

    private DateTime Time(int millisecondsEach) => _start.AddMilliseconds(((long)_made * millisecondsEach) + _random.Next(500));

    private string NextGuid()
    {
        Span<byte> bytes = stackalloc byte[16];
        _random.NextBytes(bytes);
        Span<byte> text = stackalloc byte[36];
        Utf8Formatter.TryFormat(new Guid(bytes), text, out _);
        return Encoding.ASCII.GetString(text);
    }
#pragma warning restore CA5394
}
