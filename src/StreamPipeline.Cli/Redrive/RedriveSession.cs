using StreamPipeline.Cli.Output;
using StreamPipeline.Cli.Telemetry;
using StreamPipeline.Core.Commit;
using StreamPipeline.Embedded;
using StreamPipeline.Embedded.Query;
using StreamPipeline.Embedded.Redriving;
using StreamPipeline.Embedded.Sources;

namespace StreamPipeline.Cli.Redrive;

/// <summary>One redrive, as a person or a script sees it.</summary>
internal sealed class RedriveSession(Terminal terminal, Func<string, string?> environment, string pipelinePath, LakeLocation location)
{
    public async Task<int> Run(RedriveOptions options, bool json, CancellationToken cancellation)
    {
        var pipeline = PipelineLoader.Compile(pipelinePath, environment, terminal);
        if (pipeline is null)
        {
            return ExitCode.Usage;
        }

        await using var telemetry = TelemetryExport.Start(terminal, environment);
        var started = terminal.Time.GetTimestamp();
        try
        {
            using var lake = Lakes.Open(location);
            using var fetched = await FetchedObjects.Of(options.From, cancellation);
            var report = await new LakeRedrive(pipeline, lake, terminal.Time).Run(options with { From = fetched?.Folder ?? options.From }, cancellation);
            new RedriveResult(report, options, terminal.Time.GetElapsedTime(started)).Write(terminal, json);
            foreach (var problem in report.Problems)
            {
                terminal.WriteError(problem);
            }

            return report.Problems.Count == 0 ? ExitCode.Done : ExitCode.Failed;
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            throw new CommandException("interrupted; all that was committed is safe, and the same command goes on where this one stopped");
        }
        catch (Exception error) when (error is InputException or InputRefusedException or LakeException or LakeQueryException or StateBehindException or Core.Windows.MetricChangedException)
        {
            throw new CommandException(error.Message, ExitCode.Usage);
        }
        catch (Exception error) when (error is StateUncertainException or InvalidDataException)
        {
            throw new CommandException(error.Message);
        }
    }
}
