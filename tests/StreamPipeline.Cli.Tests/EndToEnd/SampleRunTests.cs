using System.Globalization;
using System.Text.Json.Nodes;

namespace StreamPipeline.Cli.Tests.EndToEnd;

/// <summary>The other samples below events/, run and compared with what was counted independently.</summary>
public sealed class SampleRunTests : IDisposable
{
    private readonly Workspace _work = new();

    public void Dispose() => _work.Dispose();

    [Theory]
    [InlineData("iot", "SELECT round(sum(temperature), 2), sum(\"sequence\")::BIGINT", "temperature", "sequence")]
    [InlineData("orders", "SELECT round(sum(total), 2), sum(line_count)::BIGINT", "total", "line_count")]
    public async Task A_sample_has_the_counts_reasons_sums_and_windows_expected_of_it(string name, string sums, string first, string second)
    {
        var folder = Path.Combine(Samples.Folder, name);
        var expected = JsonNode.Parse(await File.ReadAllTextAsync(Path.Combine(folder, "expected.json"), TestContext.Current.CancellationToken))!;
        var counts = (await Workspace.RunInto(_work.Lake, Path.Combine(folder, "pipeline.yaml"), Path.Combine(folder, "events.ndjson"))).Done();

        long Expected(string key) => expected[key]!.GetValue<long>();
        Assert.Equal(
            new RunCounts(Expected("lines"), Expected("silver"), Expected("duplicates"), Expected("quarantined"), 0, Expected("late"), counts.Batches),
            counts);
        Assert.Equal(expected["reasons"]!.AsObject().Select(reason => $"{reason.Key}|{reason.Value}"), LakeFiles.Reasons(_work.Lake, name));
        Assert.Equal(
            [string.Create(CultureInfo.InvariantCulture, $"{expected["sums"]![first]}|{expected["sums"]![second]}")],
            LakeFiles.Rows($"{sums} FROM {LakeFiles.Table(_work.Lake, $"silver/{name}")}"));
        foreach (var (metric, rows) in expected["gold_rows"]!.AsObject())
        {
            Assert.Equal(rows!.GetValue<long>(), LakeFiles.Count(_work.Lake, $"gold/{metric}"));
        }

        // The first metric is the one the sampled windows are of; its groups follow the two times.
        var gold = expected["gold_rows"]!.AsObject().First().Key;
        var columns = LakeFiles.Columns(_work.Lake, $"gold/{gold}").ConvertAll(column => column.Split('|')[0]);
        foreach (var (window, values) in expected["sample"]!.AsObject())
        {
            CheckWindow(gold, columns, window.Split('|'), values!.AsObject());
        }
    }

    [Theory]
    [InlineData("ordinary", 8, 8, 0, 0, 0, "")]
    [InlineData("kpl-aggregate", 7, 7, 0, 0, 0, "")]
    [InlineData("gzip", 7, 7, 0, 0, 0, "")]
    [InlineData("zstd", 7, 7, 0, 0, 0, "")]
    [InlineData("multi-document", 6, 6, 0, 0, 0, "")]
    [InlineData("malformed", 11, 2, 0, 0, 0, "bad_base64|1 contract|2 corrupt_compression|1 duplicate_key|1 empty_record|1 invalid_utf8|1 malformed_json|1 not_an_object|1")]
    [InlineData("duplicate", 5, 2, 3, 1, 0, "")]
    [InlineData("late", 6, 6, 0, 0, 2, "")]
    public async Task A_Lambda_event_is_an_input(string name, int records, int silver, int duplicates, int replayed, int late, string reasons)
    {
        var input = Path.Combine(Samples.Folder, "lambda", name + ".json");
        var counts = (await _work.Run(input)).Done();
        Assert.Equal(new RunCounts(records, silver, duplicates, records - silver - duplicates, replayed, late, counts.Batches), counts);
        Assert.Equal(silver, LakeFiles.Count(_work.Lake, "silver/flights"));
        if (reasons.Length > 0)
        {
            Assert.Equal(reasons, string.Join(' ', LakeFiles.Reasons(_work.Lake, "flights")));
        }

        Assert.Equal(new RunCounts(0, 0, 0, 0, Replayed: records + replayed, 0, 0), (await _work.Run(input)).Done());
    }

    private void CheckWindow(string metric, List<string> columns, string[] at, JsonObject expected)
    {
        var where = $"window_start = '{at[0]}'";
        for (var i = 1; i < at.Length; i++)
        {
            where += $" AND \"{columns[1 + i]}\" = '{at[i]}'";
        }

        var measures = string.Join(", ", expected.Select(measure => measure.Value!.GetValueKind() == System.Text.Json.JsonValueKind.Number
            ? $"round({measure.Key}::DOUBLE, 3)::DOUBLE"
            : $"{measure.Key}::VARCHAR"));
        var row = Assert.Single(LakeFiles.Rows($"SELECT {measures} FROM {LakeFiles.Table(_work.Lake, $"gold/{metric}")} WHERE {where}"));
        Assert.Equal(string.Join('|', expected.Select(measure => measure.Value!.ToString())), row);
    }
}
