using System.Buffers;
using System.CommandLine;
using System.Text;
using System.Text.Json;
using Spectre.Console;
using StreamPipeline.Cli.Output;
using StreamPipeline.Core.Commit;
using StreamPipeline.Core.Verification;
using StreamPipeline.Embedded;

namespace StreamPipeline.Cli.Commands;

/// <summary><c>verify</c>: recounts a lake and says where it differs from itself.</summary>
internal static class VerifyCommand
{
    public static Command Create(Terminal terminal, Func<string, string?> environment)
    {
        var pipeline = CommonOptions.Pipeline(required: true);
        var lake = new LakeOptions();
        var output = CommonOptions.Output("text", "json");
        var command = new Command("verify", "Recount a lake from its bronze, silver, state and gold. Exit code 1 on any difference.")
        {
            pipeline,
            output,
        };
        lake.AddTo(command);
        command.SetAction((parsed, cancellation) => Run(
            terminal, environment, parsed.GetRequiredValue(pipeline), lake.Of(parsed), parsed.GetValue(output) == "json", cancellation));
        return command;
    }

    private static async Task<int> Run(
        Terminal terminal, Func<string, string?> environment, string pipelinePath, LakeLocation location, bool json, CancellationToken cancellation)
    {
        var pipeline = PipelineLoader.Compile(pipelinePath, environment, terminal);
        if (pipeline is null)
        {
            return ExitCode.Usage;
        }

        VerifyReport report;
        try
        {
            using var lake = Lakes.Open(location);
            var catalog = new StreamCatalog(lake.State, pipeline.Settings.Stream, lake.Attempts);
            if (await catalog.Find(cancellation) is null)
            {
                throw new CommandException($"lake {location} holds no stream '{pipeline.Settings.Stream}'; name the pipeline that it was made with", ExitCode.Usage);
            }

            using var progress = new VerifyLine(terminal, json);
            report = await new Verify(pipeline, lake.State, lake.Objects, catalog).Run(progress, cancellation);
        }
        catch (LakeException error)
        {
            throw new CommandException(error.Message, ExitCode.Usage);
        }
        catch (InvalidDataException error)
        {
            throw new CommandException(error.Message);
        }

        if (json)
        {
            await terminal.Out.WriteLineAsync(ToJson(report));
        }
        else
        {
            Write(terminal, report);
        }

        await terminal.Out.FlushAsync(cancellation);
        return report.IsOk ? ExitCode.Done : ExitCode.Failed;
    }

    private static void Write(Terminal terminal, VerifyReport report)
    {
        var table = new Table().Border(TableBorder.Rounded)
            .AddColumn("check").AddColumn(new TableColumn("expected").RightAligned()).AddColumn(new TableColumn("found").RightAligned()).AddColumn("result");
        foreach (var check in report.Checks)
        {
            table.AddRow(
                new Text(PlainText.Of(check.Name)), new Text(FormattableString.Invariant($"{check.Expected:N0}")),
                new Text(FormattableString.Invariant($"{check.Found:N0}")),
                new Text(check.IsOk ? "ok" : FormattableString.Invariant($"{Math.Max(1, check.Differences):N0} differences")));
        }

        terminal.Console.Write(table);
        foreach (var check in report.Checks.Where(check => !check.IsOk))
        {
            terminal.Out.WriteLine($"{PlainText.Of(check.Name)}:");
            foreach (var example in check.Examples)
            {
                terminal.Out.WriteLine($"  {PlainText.Of(example, 400)}");
            }

            if (check.Differences > check.Examples.Count)
            {
                terminal.Out.WriteLine(FormattableString.Invariant($"  and {check.Differences - check.Examples.Count:N0} more"));
            }
        }

        foreach (var note in report.Notes)
        {
            terminal.Out.WriteLine($"note: {PlainText.Of(note, 400)}");
        }

        terminal.Out.WriteLine(report.IsOk ? "the lake is whole: no difference" : "the lake differs from what was committed");
    }

    private static string ToJson(VerifyReport report)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer, JsonText.Options))
        {
            json.WriteStartObject();
            json.WriteBoolean("ok", report.IsOk);
            json.WriteStartArray("checks");
            foreach (var check in report.Checks)
            {
                json.WriteStartObject();
                json.WriteString("name", check.Name);
                json.WriteNumber("expected", check.Expected);
                json.WriteNumber("found", check.Found);
                json.WriteNumber("differences", check.Differences);
                json.WriteBoolean("ok", check.IsOk);
                WriteTexts(json, "examples", check.Examples);
                json.WriteEndObject();
            }

            json.WriteEndArray();
            WriteTexts(json, "notes", report.Notes);
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    private static void WriteTexts(Utf8JsonWriter json, string name, IReadOnlyList<string> texts)
    {
        json.WriteStartArray(name);
        foreach (var text in texts)
        {
            json.WriteStringValue(text);
        }

        json.WriteEndArray();
    }

    /// <summary>One line on a terminal, redrawn; silent otherwise.</summary>
    private sealed class VerifyLine(Terminal terminal, bool json) : IProgress<VerifyProgress>, IDisposable
    {
        private readonly bool _isQuiet = json || !terminal.ErrorIsTerminal;
        private long _percent = -1;

        public void Report(VerifyProgress value)
        {
            var percent = 100 * value.Done / Math.Max(1, value.Total);
            if (!_isQuiet && percent != _percent)
            {
                _percent = percent;
                terminal.Error.Write(FormattableString.Invariant($"\r{Math.Min(percent, 100)}% verified\u001b[K"));
                terminal.Error.Flush();
            }
        }

        public void Dispose()
        {
            if (_percent >= 0)
            {
                terminal.Error.Write("\r\u001b[K");
                terminal.Error.Flush();
            }
        }
    }
}
