namespace StreamPipeline.Cli.Tests.EndToEnd;

/// <summary>A folder that cannot be the lake is refused before anything is written to it.</summary>
public sealed class BadLakeTests : IDisposable
{
    private readonly Workspace _work = new();

    public void Dispose() => _work.Dispose();

    [Fact]
    public async Task A_folder_that_cannot_be_written_is_refused()
    {
        // Nobody may make a folder there, not even root.
        var outcome = await Workspace.RunInto("/proc/lake", Workspace.FlightsPipeline, Workspace.FlightsFile);
        Assert.StartsWith("error: lake /proc/lake: the folder cannot be written: ", outcome.Error, StringComparison.Ordinal);
        Assert.Equal(ExitCode.Usage, outcome.Code);
        Assert.Equal("", outcome.Out);
    }

    [Fact]
    public async Task A_folder_that_holds_something_else_is_refused_and_left_alone()
    {
        _work.Write("lake/notes.txt", "mine");
        await IsRefused($"error: lake {_work.Lake}: the folder holds something else (such as 'notes.txt') and no lake.json; name an empty or a new folder");
        Assert.Equal([_work.PathOf("lake/notes.txt")], Directory.EnumerateFileSystemEntries(_work.Lake));
    }

    [Fact]
    public async Task A_file_is_refused()
    {
        _work.Write("lake", "a file");
        await IsRefused($"error: lake {_work.Lake}: this is a file; name a folder");
    }

    [Fact]
    public async Task A_lake_of_a_newer_format_is_refused()
    {
        _work.Write("lake/lake.json", """{"format":"streampipeline-lake","version":2}""");
        await IsRefused(
            $"error: lake {_work.Lake}: lake.json says format 'streampipeline-lake' version 2; this program reads 'streampipeline-lake' up to version 1");
    }

    [Fact]
    public async Task A_lake_whose_marker_is_damaged_is_refused()
    {
        _work.Write("lake/lake.json", "{");
        var outcome = await _work.Run(Workspace.FlightsFile);
        Assert.StartsWith($"error: lake {_work.Lake}: lake.json cannot be read: ", outcome.Error, StringComparison.Ordinal);
        Assert.Equal(ExitCode.Usage, outcome.Code);
    }

    [Fact]
    public async Task A_corrupt_state_fails_and_no_table_is_touched()
    {
        var input = _work.Write("lines.ndjson", Workspace.FlightLines().Take(100));
        (await _work.Run(input)).Done();
        var files = LakeFiles.Hashes(_work.Lake);
        var state = Path.Combine(_work.Lake, "_state", "state.db");
        var noise = new byte[9_000];
        new Random(3).NextBytes(noise);
        await File.WriteAllBytesAsync(state, noise, TestContext.Current.CancellationToken);

        (await _work.Run(input)).Refused(
            ExitCode.Failed,
            $"error: cannot open state in '{state}': the file is damaged or no SQLite database (SQLite Error 26: 'file is not a database'.); restore it from a backup, or start with a new --lake folder\n--verbose shows the stack trace");
        Assert.Equal(files, LakeFiles.Hashes(_work.Lake));
        Assert.Equal(noise, await File.ReadAllBytesAsync(state, TestContext.Current.CancellationToken));
    }

    [Theory]
    [InlineData("removed")]
    [InlineData("emptied")]
    [InlineData("older")]
    public async Task A_lake_without_its_state_is_refused_and_no_record_is_lost(string what)
    {
        var inputs = Enumerable.Range(0, 3).Select(i => _work.Write($"{i}.ndjson", Workspace.FlightLines().Skip(100 * i).Take(100))).ToList();
        var state = Path.Combine(_work.Lake, "_state");
        (await _work.Run(inputs[0])).Done();
        var older = await File.ReadAllBytesAsync(Path.Combine(state, "state.db"), TestContext.Current.CancellationToken);
        (await _work.Run(inputs[1])).Done();
        Directory.Delete(state, recursive: true);
        if (what != "removed")
        {
            Directory.CreateDirectory(state);
            await File.WriteAllBytesAsync(Path.Combine(state, "state.db"), what == "older" ? older : [], TestContext.Current.CancellationToken);
        }

        var files = LakeFiles.Hashes(_work.Lake);
        var outcome = await _work.Run(inputs[2]);
        var knows = what == "older" ? "knows it up to 1" : "knows no batch of it";
        Assert.StartsWith(
            $"error: the state is older than the lake, or of another one: table 'silver/flights' holds the batches of shard 'lane-000000000000' up to generation 2, and the state {knows}. ",
            outcome.Error,
            StringComparison.Ordinal);
        Assert.Equal(ExitCode.Usage, outcome.Code);
        Assert.Equal("", outcome.Out);
        Assert.Equal(files, LakeFiles.Hashes(_work.Lake));
    }

    private async Task IsRefused(string message) => (await _work.Run(Workspace.FlightsFile)).Refused(ExitCode.Usage, message);
}
