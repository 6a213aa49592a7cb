using System.CommandLine;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Spectre.Console;
using StreamPipeline.Cli.Output;
using StreamPipeline.Cli.Run;
using StreamPipeline.Core.Commit;
using StreamPipeline.Embedded.Running;

namespace StreamPipeline.Cli.Commands;

/// <summary><c>reconcile</c>: late records of a day into gold.</summary>
internal static class ReconcileCommand
{
    public static Command Create(Terminal terminal, Func<string, string?> environment)
    {
        var pipeline = CommonOptions.Pipeline(required: true);
        var lake = new LakeOptions();
        var day = new Option<DateOnly>("--day")
        {
            Description = "The UTC day on which the windows start.",
            HelpName = "YYYY-MM-DD",
            Required = true,
            CustomParser = result =>
            {
                if (!DateOnly.TryParseExact(result.Tokens[0].Value, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var parsed))
                {
                    result.AddError($"--day is a date such as 2024-02-29, not '{result.Tokens[0].Value}'");
                }

                return parsed;
            },
        };
        var metric = new Option<string?>("--metric") { Description = "Only this metric; otherwise all.", HelpName = "M" };
        var output = CommonOptions.Output("text", "json");
        var command = new Command("reconcile", "Fold late records into the gold windows that start on a day and are closed. Again, it changes nothing.")
        {
            pipeline, day, metric, output,
        };
        lake.AddTo(command);
        command.SetAction(async (parsed, cancellation) =>
        {
            var compiled = PipelineLoader.Compile(parsed.GetRequiredValue(pipeline), environment, terminal);
            if (compiled is null)
            {
                return ExitCode.Usage;
            }

            var on = parsed.GetValue(day);
            var only = parsed.GetValue(metric);
            if (only is not null && compiled.Metrics.Metrics.All(m => m.Name != only))
            {
                throw new CommandException(
                    $"--metric {only}: pipeline.yaml has {string.Join(", ", compiled.Metrics.Metrics.Select(m => m.Name))}", ExitCode.Usage);
            }

            var reports = await Reconcile(lake.Of(parsed), compiled, on, only, cancellation);
            if (parsed.GetValue(output) == "json")
            {
                await terminal.Out.WriteLineAsync(ToJson(on, reports));
            }
            else
            {
                Write(terminal.Console, reports);
            }

            await terminal.Out.FlushAsync(cancellation);
            return ExitCode.Done;
        });
        return command;
    }

    private static async Task<IReadOnlyList<ReconcileReport>> Reconcile(
        LakeLocation location, Core.Pipeline pipeline, DateOnly day, string? metric, CancellationToken cancellation)
    {
        try
        {
            using var lake = Lakes.Open(location);
            return await LakeReconcile.Run(pipeline, lake, day, metric, cancellation);
        }
        catch (Exception error) when (RunFailure.Of(error, cancellation) is { } failure)
        {
            throw failure;
        }
    }

    private static string ToJson(DateOnly day, IReadOnlyList<ReconcileReport> reports)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteString("day"u8, day.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture));
            json.WriteStartArray("metrics"u8);
            foreach (var report in reports)
            {
                json.WriteStartObject();
                json.WriteString("metric"u8, report.Metric);
                json.WriteNumber("windows"u8, report.Windows);
                json.WriteNumber("changed"u8, report.Changed);
                json.WriteNumber("open"u8, report.Open);
                json.WriteNumber("rows"u8, report.Rows);
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.ToArray());
    }

    private static void Write(IAnsiConsole console, IReadOnlyList<ReconcileReport> reports)
    {
        var table = new Table().Border(TableBorder.Simple);
        table.AddColumn("metric");
        foreach (var name in new[] { "closed windows", "changed", "rows written", "open, left" })
        {
            table.AddColumn(new TableColumn(name).RightAligned());
        }

        foreach (var report in reports)
        {
            table.AddRow(new[] { report.Metric, Number(report.Windows), Number(report.Changed), Number(report.Rows), Number(report.Open) }.Select(cell => new Text(cell)));
        }

        console.Write(table);
    }

    private static string Number(long value) => value.ToString("N0", CultureInfo.InvariantCulture);
}
