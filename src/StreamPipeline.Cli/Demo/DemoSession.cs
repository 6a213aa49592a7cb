using StreamPipeline.Cli.Generation;
using StreamPipeline.Cli.Output;
using StreamPipeline.Cli.Query;
using StreamPipeline.Cli.Run;
using StreamPipeline.Cli.Telemetry;
using StreamPipeline.Core;
using StreamPipeline.Core.Configuration;
using StreamPipeline.Embedded.Mapping;
using StreamPipeline.Embedded.Running;

namespace StreamPipeline.Cli.Demo;

/// <summary>The whole product in one command: generate events, run them, watch, compare the counts, say what to try next.</summary>
internal sealed class DemoSession(Terminal terminal, Func<string, string?> environment, long events, long seed, int? listenOn = null)
{
    /// <summary>Small ones, so that something moves on the screen.</summary>
    private const int Batches = 200;

    /// <summary>Whatever the number of events, they spread over a day, so that windows close.</summary>
    private const double DaySeconds = 86_400;

    /// <param name="lakePath">The lake; null: a new temporary folder, which is kept.</param>
    /// <param name="cancellation">Ends the demo between two batches.</param>
    public async Task<int> Run(string? lakePath, CancellationToken cancellation)
    {
        await using var telemetry = TelemetryExport.Start(terminal, environment);
        lakePath ??= Directory.CreateTempSubdirectory("streampipeline-demo-").FullName;
        try
        {
            using var lake = Lakes.OpenOrCreate(new LakeLocation(lakePath));
            var pipelinePath = DemoFiles.Write(lakePath);
            if (PipelineLoader.Compile(pipelinePath, environment, terminal) is not { } pipeline)
            {
                return ExitCode.Usage;
            }

            var input = Path.Combine(lakePath, DemoFiles.Folder, DemoFiles.Events);
            if (Generate(pipeline, pipelinePath, input, cancellation) is not { } generated)
            {
                return ExitCode.Usage;
            }

            var counters = new RunCounters();
            using var runner = new LakeRunner(pipeline, lake, terminal.Time, counters);
            // One shard: the generator knows what is late on one.
            var options = new RunOptions(1, Follow: false, KeepOpen: false, new MappingSettings { BatchSize = (int)Math.Clamp(events / Batches, 100, 10_000) });
            var run = Task.Run(() => runner.Run(input, Stream.Null, options, cancellation), CancellationToken.None);
            var frames = new DemoFrames(counters, new DemoLook(pipeline, lake), terminal.Time);
            try
            {
                await DemoView.ShowAsync(terminal, frames.Of(run, cancellation), CancellationToken.None);
            }
            finally
            {
                // The lake must not be closed under a run that goes on.
                await Task.WhenAny(run);
            }

            var totals = (await run).Totals;
            var agrees = DemoAgreement.Write(terminal, generated, totals, counters.ReadQuality());
            terminal.Out.WriteLine($"the lake is kept in {PlainText.Of(lakePath)}");
            NextSteps.Write(terminal, Next(pipeline, pipelinePath, input, lakePath));
            await terminal.Out.FlushAsync(CancellationToken.None);
            if (listenOn is { } port)
            {
                await new DemoListening(terminal, pipeline, lake, lakePath, port).Run(cancellation);
            }

            return agrees ? ExitCode.Done : ExitCode.Failed;
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            throw new CommandException($"interrupted; what was committed is in the lake {lakePath}");
        }
        catch (Exception error) when (RunFailure.Of(error, cancellation) is { } failure)
        {
            throw failure;
        }
    }

    /// <summary>Null when the pipeline's events cannot be invented; the problems are written out.</summary>
    private GeneratorCounts? Generate(Pipeline pipeline, string pipelinePath, string path, CancellationToken cancellation)
    {
        var options = new GeneratorOptions
        {
            Events = events,
            Seed = seed,
            Duplicates = 0.02,
            Malformed = 0.01,
            Late = 0.005,
            RatePerSecond = Math.Max(events, 1) / DaySeconds,
        };
        var problems = new ProblemList();
        var generator = EventGenerator.Bind(
            pipeline.Contract, pipeline.Settings, options, pipeline.Settings.ContractFile, problems, FolderConfigurationFiles.Beside(pipelinePath));
        if (generator is null)
        {
            ProblemReport.Write(terminal, problems.Items);
            return null;
        }

        GeneratorCounts? counts = null;
        DemoFiles.WriteWhole(path, file => counts = generator.Write(file, cancellation));
        terminal.Out.WriteLine(FormattableString.Invariant($"{events:N0} events of one day, seed {seed}: 2 % duplicates, 1 % malformed, 0.5 % late"));
        terminal.Out.Flush();
        return counts;
    }

    private static List<string[]> Next(Pipeline pipeline, string pipelinePath, string input, string lake)
    {
        var stream = pipeline.Settings.Stream;
        List<string[]> commands =
        [
            ["inspect", "--lake", lake],
            ["query", "--lake", lake, $"select reason, rule_or_path, detail, raw from quarantine.{SqlName.Of(stream)} limit 5"],
        ];
        if (pipeline.Settings.Metrics is [var metric, ..])
        {
            commands.Add(["query", "--lake", lake, $"select * from gold.{SqlName.Of(metric.Name)} order by window_start desc limit 10"]);
        }

        // The same input again is replayed, and changes nothing.
        commands.Add(["run", "--pipeline", pipelinePath, "--input", input, "--lake", lake]);
        return commands;
    }
}
