using System.CommandLine;
using StreamPipeline.Cli.Inspect;
using StreamPipeline.Cli.Output;

namespace StreamPipeline.Cli.Commands;

/// <summary>Reads what a lake holds, without changing it.</summary>
internal delegate Task<LakeSummary> ReadLake(LakeLocation location, CancellationToken cancellation);

/// <summary><c>inspect</c>: tables, shards, scores, quarantine and inputs of a lake.</summary>
internal static class InspectCommand
{
    public static Command Create(Terminal terminal, ReadLake read)
    {
        var lake = new LakeOptions();
        var output = CommonOptions.Output("text", "json");
        var command = new Command("inspect", "Show what a lake holds: tables, shards and watermarks, quality scores, quarantine by reason, inputs.")
        {
            output,
        };
        lake.AddTo(command);
        command.SetAction(async (parsed, cancellation) =>
        {
            var summary = await read(lake.Of(parsed), cancellation);
            if (parsed.GetValue(output) == "json")
            {
                await terminal.Out.WriteLineAsync(InspectJson.Of(summary));
            }
            else
            {
                InspectView.Write(terminal.Console, summary);
            }

            await terminal.Out.FlushAsync(cancellation);
            return ExitCode.Done;
        });
        return command;
    }
}
