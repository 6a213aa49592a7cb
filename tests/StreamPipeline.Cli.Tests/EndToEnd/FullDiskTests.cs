namespace StreamPipeline.Cli.Tests.EndToEnd;

/// <summary>
/// A disk that fills up, or takes no more files, in the middle of a run: the run says so and ends, and the same command goes on where it
/// stopped once there is room. Nothing is lost or doubled.
/// </summary>
public sealed class FullDiskTests(ITestOutputHelper output) : IDisposable
{
    private const string RunAgain = "run the same command again: it goes on where it stopped";

    /// <summary>By then there is room for more than ten finished lakes.</summary>
    private const int RefusedMax = 9;

    /// <summary>Tiny batches, so that there is time to stop a run in the middle.</summary>
    private static readonly string[] _manyBatches = ["--batch-size", "50"];

    private static readonly string[] _gold = ["gold/delays_by_origin", "gold/delays_by_state"];

    private readonly Workspace _work = new(manyCommits: true);

    public void Dispose() => _work.Dispose();

    [Fact]
    public async Task A_disk_that_fills_up_again_and_again_ends_each_run_and_loses_nothing()
    {
        var whole = (await _work.Run(Workspace.FlightsFile, "--batch-size", "500")).Done();
        var bytes = new DirectoryInfo(_work.Lake).EnumerateFiles("*", SearchOption.AllDirectories).Sum(file => file.Length);

        // Room for no state at all first, then for a part of what the finished lake takes, which is less than it takes on its way, then for more and more.
        using var disk = await SmallDisk.Mount(_work.PathOf("disk"), 32 << 10);
        var refused = 0;
        for (var size = bytes / 4; ; size = size * 17 / 10)
        {
            using var run = disk.Run("--batch-size", "500");
            var outcome = await run.Outcome();
            if (outcome.Code == ExitCode.Done)
            {
                await IsFinished(disk, whole, outcome);
                break;
            }

            IsRefused(outcome, disk.Lake, "the disk is full; free some space and ");
            Assert.InRange(++refused, 1, RefusedMax);
            await disk.Resize(size);
        }

        // The sizes up to what the finished lake takes were all too small.
        Assert.InRange(refused, 4, RefusedMax);
    }

    [Fact]
    public async Task A_folder_that_turns_read_only_in_mid_run_ends_it_and_nothing_is_lost()
    {
        var whole = (await _work.Run(Workspace.FlightsFile, _manyBatches)).Done();
        using var disk = await SmallDisk.Mount(_work.PathOf("disk"), 256 << 20);
        using (var run = disk.Run(_manyBatches))
        {
            // The command has become the process that nsenter was.
            var bronze = Path.Combine(disk.LakeFromHere, "bronze");
            while (!run.Exited.IsCompleted && !(Directory.Exists(bronze) && Directory.EnumerateFiles(bronze, "*.zst", SearchOption.AllDirectories).Skip(2).Any()))
            {
                await Task.Delay(TimeSpan.FromMilliseconds(1), TimeProvider.System, TestContext.Current.CancellationToken);
            }

            await SmallDisk.Signal("STOP", run.Id);
            await disk.Cover();
            await SmallDisk.Signal("CONT", run.Id);
            IsRefused(await run.Outcome(), disk.Lake, "the file system is read-only; make it writable and ");
        }

        await disk.Uncover();
        using var rest = disk.Run(_manyBatches);
        await IsFinished(disk, whole, await rest.Outcome());
    }

    [Fact]
    public async Task A_lake_that_is_read_only_at_the_start_is_not_run_into()
    {
        using var disk = await SmallDisk.Mount(_work.PathOf("disk"), 256 << 20);
        await disk.MakeReadOnly();
        using (var first = disk.Run())
        {
            (await first.Outcome()).Refused(
                ExitCode.Usage, $"error: lake {disk.Lake}: the folder cannot be written: the file system is read-only; make it writable and {RunAgain}");
        }

        await disk.MakeWritable();
        using var run = disk.Run();
        var whole = (await run.Outcome()).Done();
        await disk.MakeReadOnly();
        using (var again = disk.Run())
        {
            IsRefused(await again.Outcome(), Path.Combine(disk.Lake, "_state", "state.db"), "");
        }

        await disk.MakeWritable();
        using var last = disk.Run();
        Assert.Equal(new RunCounts(0, 0, 0, 0, whole.Records, 0, 0), (await last.Outcome()).Done());
    }

    /// <summary>One line that says where, what, and what to do.</summary>
    private void IsRefused(RunOutcome outcome, string where, string what)
    {
        output.WriteLine(outcome.Error);
        Assert.StartsWith("error: ", outcome.Error, StringComparison.Ordinal);
        var line = outcome.Error.Split('\n')[0];
        Assert.Contains(where, line, StringComparison.Ordinal);
        Assert.EndsWith(what + RunAgain, line, StringComparison.Ordinal);
        Assert.Equal(ExitCode.Failed, outcome.Code);
        Assert.Equal("", outcome.Out);
    }

    /// <summary>The same command has ended well, having kept what was committed, and the lake is that of a run that nothing disturbed.</summary>
    private async Task IsFinished(SmallDisk disk, RunCounts whole, RunOutcome outcome)
    {
        var counts = outcome.Done();
        output.WriteLine($"{counts.Replayed} of {whole.Records} were committed before");
        Assert.InRange(counts.Replayed, 1, whole.Records);
        Assert.Equal(whole.Records, counts.Records + counts.Replayed);
        foreach (var table in (string[])["silver/flights", "quarantine/flights", .. _gold])
        {
            var without = table.StartsWith("gold", StringComparison.Ordinal) ? null : LakeFiles.ArrivalOnly;
            Assert.Equal(LakeFiles.Content(_work.Lake, table, without), LakeFiles.Content(disk.LakeFromHere, table, without));
        }

        using var verify = disk.Verify();
        var verified = await verify.Outcome();
        Assert.True(verified.Code == ExitCode.Done, verified.Out + verified.Error);
    }
}
