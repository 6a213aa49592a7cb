using StreamPipeline.Cli.Output;
using StreamPipeline.Cli.Telemetry;
using StreamPipeline.Embedded.Running;

namespace StreamPipeline.Cli.Run;

/// <summary>One run of an input into a lake, as a person or a script sees it.</summary>
internal sealed class RunSession(Terminal terminal, Func<string, string?> environment, string pipelinePath, LakeLocation location)
{
    private static readonly TimeSpan _progressEvery = TimeSpan.FromMilliseconds(250);

    /// <param name="input">A file, a folder, <c>-</c> or <c>kinesis://stream</c>.</param>
    /// <param name="stream">How a stream is read; null when the input is none.</param>
    /// <param name="options">How it is run.</param>
    /// <param name="json">The result is for a program.</param>
    /// <param name="cancellation">Ends the run between two batches.</param>
    public async Task<int> Run(string input, StreamInput? stream, RunOptions options, bool json, CancellationToken cancellation)
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
            if (stream is null)
            {
                SkippedInputs.Warn(terminal, input);
            }

            using var lake = Lakes.OpenOrCreate(location);
            var counters = new RunCounters();
            using var runner = new LakeRunner(pipeline, lake, terminal.Time, counters, terminal.WriteWarning);
            var progress = new RunProgress(terminal, json);
            using var done = new CancellationTokenSource();
            var showing = Show(progress, counters, done.Token);
            RunReport report;
            try
            {
                report = stream is null
                    ? await runner.Run(input, Console.OpenStandardInput(), options, cancellation)
                    : await stream.Run(runner, input, options, new StreamRunPlace(pipelinePath, location, FunctionLog), cancellation);
            }
            finally
            {
                await done.CancelAsync();
                await showing;
                progress.Finish();
            }

            new RunResult(report, terminal.Time.GetElapsedTime(started)).Write(terminal, json, location, pipeline);
            foreach (var damage in report.Damage)
            {
                terminal.WriteError(damage);
            }

            return report.Damage.Count == 0 ? ExitCode.Done : ExitCode.Failed;
        }
        catch (Exception error) when (RunFailure.Of(error, cancellation) is { } failure)
        {
            throw failure;
        }
    }

    /// <summary>A function's log, without the metrics that it writes for CloudWatch.</summary>
    private void FunctionLog(string line)
    {
        if (!line.StartsWith("{\"_aws\":", StringComparison.Ordinal))
        {
            terminal.Error.WriteLine(line);
        }
    }

    private async Task Show(RunProgress progress, RunCounters counters, CancellationToken done)
    {
        try
        {
            while (true)
            {
                await Task.Delay(_progressEvery, terminal.Time, done);
                var now = counters.Read();
                progress.Report(new RunPosition(
                    now.Counts.Records + now.Replayed, now.Counts.Silver, now.Counts.Duplicates, now.Counts.Quarantined, now.StoredRead, now.StoredTotal == 0 ? null : now.StoredTotal));
            }
        }
        catch (OperationCanceledException)
        {
            // The run is done.
        }
    }
}
