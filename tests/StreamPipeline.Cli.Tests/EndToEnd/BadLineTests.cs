using System.Text;

namespace StreamPipeline.Cli.Tests.EndToEnd;

/// <summary>A bad line ends in quarantine with its reason, and the good lines around it arrive.</summary>
public sealed class BadLineTests : IDisposable
{
    private const string Event = """{"flight_id":"bad","scheduled":"2001-01-01T00:01:00Z","delay":-13,"distance":2345,"origin":"ANC","destination":"LAX"}""";

    private readonly Workspace _work = new();

    /// <summary>Name → bytes of the line in Latin-1, reason, rule or path.</summary>
    private static readonly Dictionary<string, (string Line, string Reason, string Path)> _lines = new()
    {
        ["arrays 10,000 deep"] = (With($"\"x\":{new string('[', 10_000)}{new string(']', 10_000)}"), "too_deep", "/x" + string.Concat(Enumerable.Repeat("/0", 63))),
        ["objects 10,000 deep"] = (With("\"x\":" + string.Concat(Enumerable.Repeat("{\"a\":", 10_000)) + "1" + new string('}', 10_000)), "too_deep", "/x" + string.Concat(Enumerable.Repeat("/a", 63))),
        ["10,000 brackets, never closed"] = (new string('[', 10_000), "too_deep", ""),
        ["invalid UTF-8 in a value"] = (With("\"x\":\"\xff\xfe\""), "invalid_utf8", ""),
        ["invalid UTF-8 in a name"] = (With("\"\xc3\x28\":1"), "invalid_utf8", ""),
        ["half a surrogate pair"] = (With("\"x\":\"\\ud800\""), "invalid_utf8", "/x"),
        ["a member named twice"] = (With("\"delay\":1"), "duplicate_key", "/delay"),
        ["an unknown member named twice"] = (With("\"x\":1,\"x\":2"), "duplicate_key", "/x"),
        ["an integer above 64 bits"] = (Delay("9223372036854775808"), "contract", "/delay"),
        ["an integer below 64 bits"] = (Delay("-9223372036854775809"), "contract", "/delay"),
        ["an exponent beyond range"] = (Delay("1e400"), "contract", "/delay"),
        ["a fraction for an integer"] = (Delay("1.5"), "contract", "/delay"),
        ["NaN"] = (Delay("NaN"), "malformed_json", ""),
        ["infinity"] = (Delay("-Infinity"), "malformed_json", ""),
        ["a day that does not exist"] = (Event.Replace("2001-01-01", "2001-02-30", StringComparison.Ordinal), "contract", "/scheduled"),
        ["a line that is cut"] = (Event[..70], "malformed_json", ""),
        ["two documents on a line, one of them cut"] = (Event + Event[..70], "malformed_json", ""),
        ["an array"] = ("[1,2,3]", "not_an_object", "/"),
        ["text"] = ("hello", "malformed_json", ""),
        ["a clock in 2099"] = (Event.Replace("2001", "2099", StringComparison.Ordinal), "future_event_time", "/scheduled"),
    };

    public static TheoryData<string> Names => [.. _lines.Keys];

    public void Dispose() => _work.Dispose();

    [Theory]
    [MemberData(nameof(Names))]
    public async Task A_bad_line_is_quarantined_between_two_good_ones(string name)
    {
        var (line, reason, path) = _lines[name];
        var good = Workspace.FlightLines().Take(20).ToList();
        var input = _work.Write("lines.ndjson", Encoding.Latin1.GetBytes(string.Concat(good.Take(10)) + line + "\n" + string.Concat(good.Skip(10))));

        var counts = (await _work.Run(input)).Done();

        Assert.Equal(new RunCounts(21, 20, 0, 1, 0, 0, 1), counts);
        Assert.Equal([$"{reason}|{path}"], LakeFiles.Rows($"SELECT reason, rule_or_path FROM {LakeFiles.Table(_work.Lake, "quarantine/flights")}"));
        Assert.Equal(
            [Convert.ToHexString(Encoding.Latin1.GetBytes(line))],
            LakeFiles.Rows($"SELECT hex(raw) FROM {LakeFiles.Table(_work.Lake, "quarantine/flights")}"));
        Assert.Equal(
            good.Select(text => text[14..text.IndexOf('"', 14)]),
            LakeFiles.Rows($"SELECT flight_id FROM {LakeFiles.Table(_work.Lake, "silver/flights")} ORDER BY _sequence"));
    }

    [Fact]
    public async Task A_number_beyond_any_range_that_the_contract_does_not_name_stays_as_it_is()
    {
        var counts = (await _work.Run(_work.Write("lines.ndjson", With("\"x\":1e999999")))).Done();
        Assert.Equal(1, counts.Silver);
        Assert.Equal(["""{"x":1e999999}"""], LakeFiles.Rows($"SELECT _extra FROM {LakeFiles.Table(_work.Lake, "silver/flights")}"));
    }

    [Fact]
    public async Task A_line_of_50_MB_is_quarantined_without_being_held_in_memory()
    {
        var good = Workspace.FlightLines().Take(2).ToList();
        var line = Encoding.UTF8.GetBytes(good[0] + $"{{\"flight_id\":\"{new string('x', 50 << 20)}\"}}\n" + good[1]);
        var input = _work.Write("lines.ndjson", line);
        var outcome = await CommandProcess.RunWithin(
            heapMegabytes: 40, _work.Folder, "run", "--pipeline", Workspace.FlightsPipeline, "--input", input, "--lake", _work.Lake, "--output", "json");

        Assert.Equal(new RunCounts(3, 2, 0, 1, 0, 0, 1), outcome.Done());
        Assert.Equal(
            ["record_too_large|line 2 is 52,428,816 bytes, at most 1,048,576 are allowed; limits.recordBytes raises it up to 10 MiB"],
            LakeFiles.Rows($"SELECT reason, detail FROM {LakeFiles.Table(_work.Lake, "quarantine/flights")}"));
    }

    private static string With(string member) => $"{Event[..^1]},{member}}}";

    private static string Delay(string value) => Event.Replace("-13", value, StringComparison.Ordinal);
}
