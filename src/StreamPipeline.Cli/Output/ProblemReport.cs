using System.Buffers;
using System.Text;
using System.Text.Json;
using Spectre.Console;
using StreamPipeline.Core.Configuration;

namespace StreamPipeline.Cli.Output;

/// <summary>Shows configuration problems: a table on a terminal, one line each when piped, or a JSON object.</summary>
internal static class ProblemReport
{
    /// <summary>To standard error, in the order of the files and lines.</summary>
    public static void Write(Terminal terminal, IReadOnlyList<Problem> problems)
    {
        var sorted = Sorted(problems);
        if (!terminal.ErrorIsTerminal)
        {
            foreach (var problem in sorted)
            {
                terminal.WriteError(PlainText.Of(problem.ToString()));
            }

            return;
        }

        var table = new Table().Border(TableBorder.Rounded).AddColumns("where", "problem", "fix");
        foreach (var problem in sorted)
        {
            table.AddRow(new Text(PlainText.Of(Place(problem))), new Text(PlainText.Of(problem.Message)), new Text(PlainText.Of(problem.Fix)));
        }

        terminal.ErrorConsole.Write(table);
        terminal.WriteError(problems.Count == 1 ? "1 problem" : $"{problems.Count:N0} problems");
    }

    /// <summary><c>{"valid":…,"problems":[{"file":…,"line":…,"column":…,"message":…,"fix":…}],"warnings":["…"]}</c>.</summary>
    public static string ToJson(IReadOnlyList<Problem> problems, IReadOnlyList<string> warnings)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer, JsonText.Options))
        {
            json.WriteStartObject();
            json.WriteBoolean("valid", problems.Count == 0);
            json.WriteStartArray("problems");
            foreach (var problem in Sorted(problems))
            {
                json.WriteStartObject();
                json.WriteString("file", problem.File);
                json.WriteNumber("line", problem.Line);
                json.WriteNumber("column", problem.Column);
                json.WriteString("message", problem.Message);
                json.WriteString("fix", problem.Fix);
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteStartArray("warnings");
            foreach (var warning in warnings)
            {
                json.WriteStringValue(warning);
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    private static string Place(Problem problem) =>
        problem.Line > 0 ? $"{problem.File}:{problem.Line}:{problem.Column}" : problem.File;

    // Stable: problems of one place stay in the order they were found.
    private static IOrderedEnumerable<Problem> Sorted(IReadOnlyList<Problem> problems)
    {
        var files = problems.Select(p => p.File).Distinct().ToList();
        return problems.OrderBy(p => files.IndexOf(p.File)).ThenBy(p => p.Line).ThenBy(p => p.Column);
    }
}
