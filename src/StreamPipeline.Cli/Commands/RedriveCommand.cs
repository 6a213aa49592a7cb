using System.CommandLine;
using StreamPipeline.Cli.Output;
using StreamPipeline.Cli.Redrive;
using StreamPipeline.Embedded.Redriving;

namespace StreamPipeline.Cli.Commands;

/// <summary><c>redrive</c>: events from quarantine or an on-failure destination once more through the pipeline.</summary>
internal static class RedriveCommand
{
    public static Command Create(Terminal terminal, Func<string, string?> environment)
    {
        var pipeline = CommonOptions.Pipeline(required: true);
        var lake = new LakeOptions();
        var from = new Option<string>("--from")
        {
            Description = "quarantine; or a file, a folder or s3://bucket/prefix: Lambda events, what Lambda left in an S3 on-failure destination, .ndjson.",
            HelpName = "quarantine|X",
            Required = true,
        };
        var where = new Option<string?>("--where")
        {
            Description = "With --from quarantine: SQL over its columns, such as \"reason = 'contract'\". Default: all rows.",
            HelpName = "SQL",
        };
        var again = new Option<bool>("--again") { Description = "With --from quarantine: also events that failed in an earlier redrive." };
        var dryRun = new Option<bool>("--dry-run") { Description = "Tell what would become of the events, and write nothing." };
        var output = CommonOptions.Output("text", "json");
        var command = new Command("redrive", "Run events again, from quarantine or files, after the pipeline was fixed. Each is redriven once; again, it changes nothing.")
        {
            pipeline, from, where, again, dryRun, output,
        };
        command.Validators.Add(result =>
        {
            if (result.GetValue(from) is { } source && source != RedriveOptions.Quarantine && (result.GetValue(where) is not null || result.GetValue(again)))
            {
                result.AddError("--where and --again choose rows of the quarantine table: use them with --from quarantine");
            }
        });
        lake.AddTo(command);
        command.SetAction((parsed, cancellation) =>
        {
            var options = new RedriveOptions(parsed.GetRequiredValue(from), parsed.GetValue(where), parsed.GetValue(again), parsed.GetValue(dryRun));
            var session = new RedriveSession(terminal, environment, parsed.GetRequiredValue(pipeline), lake.Of(parsed));
            return session.Run(options, parsed.GetValue(output) == "json", cancellation);
        });
        return command;
    }
}
