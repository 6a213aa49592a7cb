using System.CommandLine;
using System.Text.Json;
using StreamPipeline.Cli.Output;
using StreamPipeline.Core.Commit;
using StreamPipeline.Core.Configuration;
using StreamPipeline.Embedded;
using StreamPipeline.Embedded.Running;

namespace StreamPipeline.Cli.Commands;

/// <summary><c>vacuum</c>: removes what failed attempts left in a lake.</summary>
internal static class VacuumCommand
{
    private static readonly TimeSpan _graceMax = TimeSpan.FromDays(366);

    public static Command Create(Terminal terminal, Func<string, string?> environment)
    {
        var pipeline = CommonOptions.Pipeline(required: true);
        var lake = new LakeOptions();
        var grace = new Option<string>("--grace")
        {
            Description = "Objects younger than this stay: a whole number and ms, s, m, h or d.",
            HelpName = "24h",
            DefaultValueFactory = _ => "24h",
        };
        grace.Validators.Add(result =>
        {
            if (!Quantity.TryParseDuration(result.GetValueOrDefault<string>() ?? "", out var age) || age > _graceMax)
            {
                result.AddError($"--grace is a whole number and ms, s, m, h or d, at most {Quantity.Format(_graceMax)}, not '{result.GetValueOrDefault<string>()}'");
            }
        });
        var dryRun = new Option<bool>("--dry-run") { Description = "Count what would go, and change nothing." };
        var output = CommonOptions.Output("text", "json");
        var command = new Command("vacuum", "Remove what failed attempts left in a lake, and expired seen segments. Runs do it by themselves when they end.")
        {
            pipeline, grace, dryRun, output,
        };
        lake.AddTo(command);
        command.SetAction((parsed, cancellation) =>
        {
            // Validated above.
            _ = Quantity.TryParseDuration(parsed.GetRequiredValue(grace), out var age);
            return Run(
                terminal, environment, parsed.GetRequiredValue(pipeline), lake.Of(parsed), age, parsed.GetValue(dryRun), parsed.GetValue(output) == "json", cancellation);
        });
        return command;
    }

    private static async Task<int> Run(
        Terminal terminal,
        Func<string, string?> environment,
        string pipelinePath,
        LakeLocation location,
        TimeSpan grace,
        bool dryRun,
        bool json,
        CancellationToken cancellation)
    {
        var pipeline = PipelineLoader.Compile(pipelinePath, environment, terminal);
        if (pipeline is null)
        {
            return ExitCode.Usage;
        }

        LakeVacuumReport report;
        try
        {
            using var lake = Lakes.Open(location);
            report = await new LakeVacuum(pipeline, lake, terminal.Time).Run(grace, dryRun, cancellation);
        }
        catch (Exception error) when (error is LakeException or StateBehindException)
        {
            throw new CommandException(error.Message, ExitCode.Usage);
        }
        catch (Exception error) when (error is InvalidDataException or StateUncertainException)
        {
            throw new CommandException(error.Message);
        }

        (string Name, string Text, long Count)[] counts =
        [
            ("staged", "staged objects of attempts that did not commit", report.Lake.StagedObjects),
            ("tableFiles", "files of table versions that did not commit", report.Lake.TableObjects),
            ("bytes", "bytes of these", report.Lake.Bytes),
            ("seenSegments", "seen segments, expired or not committed", report.Lake.SeenSegments),
            ("claims", "claims of keys, expired", report.Lake.Claims),
            ("paneItems", "pane layer items that no head names", report.Lake.PaneItems),
            ("temporaryFiles", "half-written files", report.TemporaryFiles),
            ("spools", "copies of standard input", report.Spools),
            ("fenced", "shards moved on so that a sleeping attempt cannot commit", report.Lake.Fenced),
            ("kept", "objects younger than the grace period, left alone", report.Lake.Kept),
        ];
        if (json)
        {
            using var buffer = new MemoryStream();
            using (var writer = new Utf8JsonWriter(buffer))
            {
                writer.WriteStartObject();
                writer.WriteBoolean("dryRun", dryRun);
                foreach (var (name, _, count) in counts)
                {
                    writer.WriteNumber(name, count);
                }

                writer.WriteEndObject();
            }

            await terminal.Out.WriteLineAsync(System.Text.Encoding.UTF8.GetString(buffer.ToArray()));
        }
        else
        {
            await terminal.Out.WriteLineAsync(dryRun ? "would remove:" : "removed:");
            foreach (var (_, text, count) in counts)
            {
                await terminal.Out.WriteLineAsync(FormattableString.Invariant($"{count,12:N0}  {text}"));
            }
        }

        await terminal.Out.FlushAsync(cancellation);
        return ExitCode.Done;
    }
}
