using System.CommandLine;
using StreamPipeline.Cli.Output;
using StreamPipeline.Core.Configuration;

namespace StreamPipeline.Cli.Commands;

/// <summary><c>validate</c>: all problems of a pipeline at once, without running it.</summary>
internal static class ValidateCommand
{
    public static Command Create(Terminal terminal)
    {
        var pipeline = CommonOptions.Pipeline(required: true);
        var output = CommonOptions.Output("text", "json");
        var command = new Command("validate", "Check a pipeline.yaml and the files it names; every problem is listed with its place and fix.")
        {
            pipeline,
            output,
        };
        command.SetAction(parsed => Run(terminal, parsed.GetRequiredValue(pipeline), parsed.GetValue(output) == "json"));
        return command;
    }

    private static int Run(Terminal terminal, string path, bool json)
    {
        var problems = new ProblemList();
        var settings = PipelineLoader.Compile(path, problems)?.Settings;
        if (json)
        {
            terminal.Out.WriteLine(ProblemReport.ToJson(problems.Items));
        }
        else if (problems.Any)
        {
            ProblemReport.Write(terminal, problems.Items);
        }
        else if (settings is not null)
        {
            terminal.Out.WriteLine(
                $"{PlainText.Of(path)}: pipeline '{settings.Name}' is valid: stream {settings.Stream}, {settings.Enrich.Count} enrich steps, {settings.Metrics.Count} metrics");
        }

        terminal.Out.Flush();
        return problems.Any ? ExitCode.Usage : ExitCode.Done;
    }
}
