using System.Text;

namespace StreamPipeline.Cli.Tests.EndToEnd;

/// <summary>A masked field never appears in the clear outside bronze, whatever is wrong with its record.</summary>
public sealed class MaskingTests : IDisposable
{
    private const string Secret = "jane.roe";
    private const string Good =
        """{"device":{"id":"dev-0001","site":"north"},"sequence":@,"measured_at":1767258012695,"temperature":20.5,"owner":{"email":"jane.roe@example.org"}}""";

    private readonly Workspace _work = new();

    public void Dispose() => _work.Dispose();

    [Fact]
    public async Task A_masked_field_is_nowhere_in_silver_quarantine_or_what_is_printed()
    {
        string[] lines =
        [
            Good,
            Good.Replace("@example.org", " is no address", StringComparison.Ordinal),
            Good.Replace("20.5", "\"hot\"", StringComparison.Ordinal),
            Good.Replace("north", "west", StringComparison.Ordinal),
            Good.Replace("20.5", "NaN", StringComparison.Ordinal),
            Good[..^6],
            Good[..^1],
            Good.Replace("\"owner\"", "\"owner\":{\"email\":\"jane.roe@example.com\"},\"owner\"", StringComparison.Ordinal),
            Good.Replace("\"email\"", "\"email\":\"jane.roe@example.com\",\"email\"", StringComparison.Ordinal),
            Good.Replace("\"email\"", "\"\\u0065mail\"", StringComparison.Ordinal).Replace("20.5", "null", StringComparison.Ordinal),
            Good.Replace("\"jane.roe@example.org\"", "[\"jane.roe@example.org\"]", StringComparison.Ordinal),
            Good.Replace("{\"email\":\"jane.roe@example.org\"}", "\"jane.roe@example.org\"", StringComparison.Ordinal),
            Good.Replace("{\"email\":\"jane.roe@example.org\"}", "[\"jane.roe@example.org\"]", StringComparison.Ordinal),
            Good.Replace("\"jane.roe@example.org\"", "{\"of\":\"jane.roe@example.org\"}", StringComparison.Ordinal),
            Good.Replace("1767258012695", "4070908800000", StringComparison.Ordinal),
            Good.Replace("20.5", "20.5,\"x\":\"\xff\"", StringComparison.Ordinal),
            Good.Replace("20.5", "20.5,\"x\":" + new string('[', 10_000), StringComparison.Ordinal),
            Good.Replace("20.5", $"20.5,\"x\":\"{new string('x', 2 << 20)}\"", StringComparison.Ordinal),
            "[" + Good + "]",
            Good + Good[..^6],
        ];
        var numbered = lines.Select((line, i) => line.Replace("@,", $"{i},", StringComparison.Ordinal) + "\n");
        var input = _work.Write("lines.ndjson", Encoding.Latin1.GetBytes(string.Concat(numbered)));

        // Lenient, so that the gate does not decide.
        var pipeline = _work.CopyOfSample("iot");
        await File.WriteAllTextAsync(
            pipeline, (await File.ReadAllTextAsync(pipeline, TestContext.Current.CancellationToken)).Replace("gate: 0.5", "gate: 0.01", StringComparison.Ordinal), TestContext.Current.CancellationToken);
        var outcome = await Workspace.RunInto(_work.Lake, pipeline, input);

        var counts = outcome.Done();
        Assert.Equal(lines.Length, counts.Records);
        Assert.Equal(1, counts.Silver);
        Assert.Matches("^[0-9a-f]{64}$", Assert.Single(LakeFiles.Rows($"SELECT owner.email FROM {LakeFiles.Table(_work.Lake, "silver/iot")}")));
        Assert.DoesNotContain(Secret, outcome.Out + outcome.Error, StringComparison.Ordinal);
        var rows = LakeFiles.Content(_work.Lake, "silver/iot").Concat(LakeFiles.Rows(
            $"SELECT reason, rule_or_path, detail, decode(raw) FROM (SELECT * REPLACE (regexp_replace(raw::VARCHAR, '\\\\x..', '?', 'g')::BLOB AS raw) FROM {LakeFiles.Table(_work.Lake, "quarantine/iot")})"));
        Assert.Equal(lines.Length, rows.Count());
        Assert.All(rows, row => Assert.DoesNotContain(Secret, row, StringComparison.Ordinal));
        AssertAbsentFromFiles();
    }

    /// <summary>Also not in files that no table names; bronze holds records as they came.</summary>
    private void AssertAbsentFromFiles()
    {
        foreach (var file in Directory.EnumerateFiles(_work.Lake, "*", SearchOption.AllDirectories).Where(file => !file.Contains("/bronze/", StringComparison.Ordinal)))
        {
            Assert.DoesNotContain(Secret, Encoding.Latin1.GetString(File.ReadAllBytes(file)), StringComparison.Ordinal);
        }
    }
}
