using System.CommandLine;
using StreamPipeline.Cli.Output;
using StreamPipeline.Core.Configuration;

namespace StreamPipeline.Cli.Commands;

/// <summary><c>validate</c>: all problems of a pipeline at once, without running it.</summary>
internal static class ValidateCommand
{
    public static Command Create(Terminal terminal, Func<string, string?> environment)
    {
        var pipeline = CommonOptions.Pipeline(required: true);
        var rate = new Option<double?>("--rate")
        {
            Description = "Expected events per second of the stream; warns when the dedup horizon cannot hold them.",
            HelpName = "R",
            CustomParser = result => CommonOptions.ParseRate(result),
        };
        var output = CommonOptions.Output("text", "json");
        var command = new Command("validate", "Check a pipeline.yaml and the files it names; every problem is listed with its place and fix.")
        {
            pipeline,
            rate,
            output,
        };
        command.SetAction(parsed => Run(terminal, environment, parsed.GetRequiredValue(pipeline), parsed.GetValue(rate), parsed.GetValue(output) == "json"));
        return command;
    }

    private static int Run(Terminal terminal, Func<string, string?> environment, string path, double? ratePerSecond, bool json)
    {
        var problems = new ProblemList();
        var settings = PipelineLoader.Compile(path, environment, problems)?.Settings;
        var warning = settings?.Dedup is { } dedup && ratePerSecond is { } rate ? HorizonWarning.Of(dedup, rate) : null;
        if (json)
        {
            terminal.Out.WriteLine(ProblemReport.ToJson(problems.Items, warning is null ? [] : [warning]));
        }
        else if (problems.Any)
        {
            ProblemReport.Write(terminal, problems.Items);
        }
        else if (settings is not null)
        {
            terminal.Out.WriteLine(
                $"{PlainText.Of(path)}: pipeline '{settings.Name}' is valid: stream {settings.Stream}, {Count(settings.Enrich.Count, "enrich step")}, {Count(settings.Metrics.Count, "metric")}");
            if (warning is not null)
            {
                terminal.WriteWarning(warning);
            }
        }

        terminal.Out.Flush();
        return problems.Any ? ExitCode.Usage : ExitCode.Done;
    }

    private static string Count(int count, string noun) => count == 1 ? $"1 {noun}" : $"{count:N0} {noun}s";
}
