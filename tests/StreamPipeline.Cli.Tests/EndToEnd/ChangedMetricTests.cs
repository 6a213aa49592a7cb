namespace StreamPipeline.Cli.Tests.EndToEnd;

/// <summary>A metric that is changed while its windows are open is refused before anything is committed, and the lake goes on by what the error advises.</summary>
public sealed class ChangedMetricTests : IDisposable
{
    private readonly Workspace _work = new();

    public void Dispose() => _work.Dispose();

    [Fact]
    public async Task A_changed_metric_is_refused_and_the_one_before_goes_on_with_a_new_one_beside_it()
    {
        var inputs = Enumerable.Range(0, 3).Select(i => _work.Write($"{i}.ndjson", Workspace.FlightLines().Skip(100 * i).Take(100))).ToList();
        var original = await File.ReadAllTextAsync(Workspace.FlightsPipeline, TestContext.Current.CancellationToken);
        var at = original.IndexOf("tumbling: 1h", StringComparison.Ordinal);
        var changed = Pipeline("changed", original[..at] + "tumbling: 30m" + original[(at + "tumbling: 1h".Length)..]);
        var beside = Pipeline("beside", original.TrimEnd() + """

              - name: flights_by_half_hour
                window: { tumbling: 30m }
                groupBy: [origin]
                measures: { flights: count() }
            """);
        (await _work.Run(inputs[0])).Done();
        var files = LakeFiles.Hashes(_work.Lake);

        (await Workspace.RunInto(_work.Lake, changed, inputs[1])).Refused(
            ExitCode.Usage,
            $"error: {changed} does not have the metrics whose windows are open in stream flights; nothing was written.\n"
            + "metric 'delays_by_origin': window was { tumbling: 1h } and is { tumbling: 30m }. Keep it as it was, and add the changed one beside it under a new name; "
            + "each batch opens new windows, so this holds for as long as the lake gets records");
        Assert.Equal(files, LakeFiles.Hashes(_work.Lake));

        Assert.Equal(100, (await _work.Run(inputs[1])).Done().Records);
        Assert.Equal(100, (await Workspace.RunInto(_work.Lake, beside, inputs[2])).Done().Records);
        var silver = LakeFiles.Count(_work.Lake, "silver/flights");
        Assert.Equal([$"{silver}"], LakeFiles.Rows($"SELECT sum(flights) FROM {LakeFiles.Table(_work.Lake, "gold/delays_by_origin")}"));
        Assert.NotEmpty(LakeFiles.Content(_work.Lake, "gold/flights_by_half_hour"));
    }

    private string Pipeline(string name, string yaml)
    {
        foreach (var file in Directory.EnumerateFiles(Path.GetDirectoryName(Workspace.FlightsPipeline)!))
        {
            var copy = _work.PathOf($"{name}/{Path.GetFileName(file)}");
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            File.Copy(file, copy);
        }

        return _work.Write($"{name}/pipeline.yaml", yaml);
    }
}
