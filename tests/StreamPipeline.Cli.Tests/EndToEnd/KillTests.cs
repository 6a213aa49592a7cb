using System.Diagnostics;
using System.Globalization;
using StreamPipeline.Core.Commit;
using StreamPipeline.Core.Lake;
using StreamPipeline.Embedded;

namespace StreamPipeline.Cli.Tests.EndToEnd;

/// <summary>
/// The built command, killed with SIGKILL again and again and run until it is done, leaves the lake of a run that nobody disturbed. Some of the kills
/// come after a random time, some after a random part of the input, some a little after the run has begun to finish, when tables change. Into every other lake
/// two processes run at once, with the same shards: either or both are killed.
/// </summary>
public sealed class KillTests(ITestOutputHelper output) : IDisposable
{
    private const int KillsWanted = 50;

    /// <summary>15,202 lines in batches of 500.</summary>
    private const int BatchesMax = 31;

    /// <summary>Runs that are not killed in time end a lake; more lakes than this would mean that nothing is ever killed.</summary>
    private const int LakesMax = 20;

    /// <summary>A lake is left in peace after so many, so that kills are spread over lakes that are young and old.</summary>
    private const int KillsPerLake = 9;

    private static readonly TimeSpan _poll = TimeSpan.FromMilliseconds(2);

    private readonly Workspace _work = new(manyCommits: true);

    public void Dispose() => _work.Dispose();

    [Fact]
    public async Task Killed_at_random_moments_and_run_again_the_lake_equals_the_undisturbed_one()
    {
        var seed = int.TryParse(Environment.GetEnvironmentVariable("STREAMPIPELINE_KILL_SEED"), CultureInfo.InvariantCulture, out var given) ? given : 20_010_101;
        output.WriteLine($"seed {seed} (STREAMPIPELINE_KILL_SEED sets another)");
        var random = new Random(seed);
        var undisturbed = _work.PathOf("undisturbed");
        var started = Stopwatch.GetTimestamp();
        RunCounts whole;
        using (var command = Start(undisturbed))
        {
            whole = (await command.Outcome()).Done();
        }

        var duration = Stopwatch.GetElapsedTime(started);
        var within = duration;
        var kills = 0;
        var killsCompeting = 0;
        var killsWhileFinishing = 0;
        for (var lake = 0; kills < KillsWanted || killsCompeting == 0 || killsWhileFinishing == 0; lake++)
        {
            Assert.True(lake < LakesMax, $"only {kills} runs of {LakesMax} lakes could be killed, {killsWhileFinishing} of them while they finished; seed {seed}");
            var folder = _work.PathOf($"lake-{lake}");
            var contenders = 1 + (lake % 2);
            var (killed, finishing) = await KillUntilDone(folder, contenders, random, within);
            kills += killed;
            killsCompeting += contenders == 1 ? 0 : killed;
            killsWhileFinishing += finishing;

            // Who is through before the moment comes is not killed: the first run took longer than these take, on a machine that was busier then.
            within = killed < KillsPerLake / 2 ? within * 0.7 : within;
            await AssertSame(undisturbed, folder, whole);
            await AssertWhole(folder, whole);
        }

        output.WriteLine($"{kills} kills, {killsCompeting} of them of runs that competed, {killsWhileFinishing} while tables were written; undisturbed: {duration.TotalSeconds:0.0} s");
    }

    private static CommandProcess Start(string lake) => CommandProcess.Start(
        Path.GetDirectoryName(lake)!,
        "run", "--pipeline", Workspace.FlightsPipeline, "--input", Workspace.FlightsFile, "--lake", lake, "--batch-size", "500", "--output", "json");

    /// <summary>
    /// Kills runs into one lake, one or more of those that compete for it at a time, until one gets through; the others end after it.
    /// The number of kills, and of those after tables began to appear.
    /// </summary>
    private static async Task<(int Kills, int Finishing)> KillUntilDone(string lake, int contenders, Random random, TimeSpan duration)
    {
        var runs = new List<CommandProcess>();
        try
        {
            return await KillUntilDone(lake, contenders, runs, random, duration);
        }
        finally
        {
            runs.ForEach(run => run.Dispose());
        }
    }

    private static async Task<(int Kills, int Finishing)> KillUntilDone(string lake, int contenders, List<CommandProcess> runs, Random random, TimeSpan duration)
    {
        var kills = 0;
        var finishing = 0;
        for (var isDone = false; !isDone;)
        {
            while (runs.Count < contenders)
            {
                runs.Add(Start(lake));
            }

            using var ended = new CancellationTokenSource();
            var end = Task.WhenAny(runs.Select(run => run.Exited)).ContinueWith(_ => ended.Cancel(), CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
            try
            {
                await (kills < KillsPerLake ? Moment(lake, random, duration, ended.Token) : end);
            }
            catch (OperationCanceledException)
            {
                // One got through before its time came.
            }

            // One of them, or all at once.
            var first = random.Next(contenders + 1);
            foreach (var run in runs.Where((_, i) => kills < KillsPerLake && (first == contenders || first == i)).ToList())
            {
                if (await run.Kill())
                {
                    kills++;
                    finishing += HasTables(lake) ? 1 : 0;
                    runs.Remove(run);
                    run.Dispose();
                }
            }

            isDone = runs.Exists(run => run.Exited.IsCompleted);
        }

        foreach (var run in runs)
        {
            // Who loses a commit to another goes on; nobody fails for it.
            (await run.Outcome()).Done();
        }

        return (kills, finishing);
    }

    /// <summary>Once more changes nothing, and the lake recounts to what was committed.</summary>
    private static async Task AssertWhole(string lake, RunCounts whole)
    {
        using var command = Start(lake);
        Assert.Equal(new RunCounts(0, 0, 0, 0, whole.Records, 0, 0), (await command.Outcome()).Done());
        var verified = await Workspace.Command("verify", "--pipeline", Workspace.FlightsPipeline, "--lake", lake);
        Assert.True(verified.Code == ExitCode.Done, verified.Out + verified.Error);
    }

    /// <summary>
    /// Waits for a random moment: of the measured duration, or of the way through the input, or soon after tables appear. The last two do not
    /// depend on how busy the machine is.
    /// </summary>
    private static async Task Moment(string lake, Random random, TimeSpan duration, CancellationToken ended)
    {
        // What an earlier run has left says nothing about how far this one is.
        var kind = HasTables(lake) ? 0 : random.Next(3);
        var fraction = random.NextDouble();
        var batches = Batches(lake);
        var atBatch = batches + (int)((BatchesMax - batches) * fraction);
        while ((kind == 1 && Batches(lake) < atBatch) || (kind == 2 && !HasTables(lake)))
        {
            await Task.Delay(_poll, TimeProvider.System, ended);
        }

        await Task.Delay(duration * fraction * kind switch { 0 => 1, 1 => 0.01, _ => 0.15 }, TimeProvider.System, ended);
    }

    /// <summary>Batches whose bronze is written.</summary>
    private static int Batches(string lake)
    {
        var bronze = Path.Combine(lake, "bronze");
        return Directory.Exists(bronze) ? Directory.EnumerateFiles(bronze, "*.zst", SearchOption.AllDirectories).Count() : 0;
    }

    /// <summary>Whether rows are being, or have been, folded into table files.</summary>
    private static bool HasTables(string lake)
    {
        try
        {
            return Directory.Exists(lake) && Directory.EnumerateFiles(lake, "*.parquet", SearchOption.AllDirectories).Any();
        }
        catch (DirectoryNotFoundException)
        {
            // The run removed a folder meanwhile; it is looked at again.
            return false;
        }
    }

    private static async Task AssertSame(string expected, string actual, RunCounts whole)
    {
        foreach (var table in (string[])["silver/flights", "quarantine/flights"])
        {
            Assert.Equal(LakeFiles.Content(expected, table, LakeFiles.ArrivalOnly), LakeFiles.Content(actual, table, LakeFiles.ArrivalOnly));
        }

        string[] gold = ["gold/delays_by_origin", "gold/delays_by_state"];
        foreach (var table in gold)
        {
            Assert.Equal(LakeFiles.Content(expected, table), LakeFiles.Content(actual, table));
        }

        var committed = await LakeFiles.Committed(actual, ["silver/flights", "quarantine/flights", .. gold]);
        Assert.Equal(committed.Select(file => file.Path).Order(StringComparer.Ordinal), LakeFiles.Files(actual));
        await AssertState(actual, whole, [.. committed.Select(file => file.Staged).OfType<string>()]);
    }

    /// <summary>The state counts every event once, and no table still needs a staged file.</summary>
    private static async Task AssertState(string lake, RunCounts whole, List<string> staged)
    {
        var cancellation = TestContext.Current.CancellationToken;
        using var state = new SqliteStateStore(lake);
        var catalog = new StreamCatalog(state, "flights", new RandomAttemptIds());
        Assert.True(Assert.Single(await catalog.Inputs(cancellation)).Complete);
        var shard = Assert.Single(await catalog.Shards(cancellation)).Shard;
        var head = (await new CommittedBatches(state, "flights").Head(shard, cancellation))!;
        Assert.Equal(new Counts(whole.Records, whole.Silver, whole.Duplicates, whole.Quarantined, whole.Late), head.Totals);
        Assert.Equal(whole.Batches, head.Generation);
        Assert.Equal(head.Generation, await Generations(state, shard, cancellation));
        Assert.DoesNotContain(staged, file => File.Exists(Path.Combine(lake, file)));
        var silver = await new LakeTable(new FolderObjectStore(lake, "test"), "silver/flights").Load(cancellation);
        Assert.Equal(head.Generation, silver.Folded[shard]);
    }

    private static async Task<long> Generations(SqliteStateStore state, string shard, CancellationToken cancellation)
    {
        long count = 0;
        await foreach (var batch in new CommittedBatches(state, "flights").Of(shard, 0, cancellation))
        {
            Assert.Equal(++count, batch.Generation);
        }

        return count;
    }
}
