using System.Text;
using System.Text.Json;
using Spectre.Console;
using StreamPipeline.Cli.Output;
using StreamPipeline.Embedded.Redriving;

namespace StreamPipeline.Cli.Redrive;

/// <summary>The result of a redrive: a table, or one JSON object.</summary>
internal sealed class RedriveResult(RedriveReport report, RedriveOptions options, TimeSpan elapsed)
{
    public void Write(Terminal terminal, bool json)
    {
        if (json)
        {
            terminal.Out.WriteLine(ToJson());
        }
        else
        {
            WriteTable(terminal);
        }

        terminal.Out.Flush();
    }

    private string ToJson()
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteBoolean("dry_run"u8, options.DryRun);
            json.WriteNumber("selected"u8, report.Selected);
            json.WriteNumber("records"u8, report.Counts.Records);
            json.WriteNumber("silver"u8, report.Counts.Silver);
            json.WriteNumber("duplicates"u8, report.Counts.Duplicates);
            json.WriteNumber("quarantined"u8, report.Counts.Quarantined);
            json.WriteNumber("replayed"u8, report.Replayed);
            json.WriteNumber("late"u8, report.Counts.Late);
            json.WriteNumber("unavailable"u8, report.Unavailable);
            json.WriteNumber("failed_before"u8, report.FailedBefore);
            json.WriteNumber("batches"u8, report.Batches);
            json.WriteStartObject("reasons"u8);
            foreach (var (reason, events) in report.Reasons)
            {
                json.WriteNumber(reason, events);
            }

            json.WriteEndObject();
            json.WriteNumber("seconds"u8, Math.Round(elapsed.TotalSeconds, 3));
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.ToArray());
    }

    private void WriteTable(Terminal terminal)
    {
        var table = new Table().Border(TableBorder.Simple).AddColumn("").AddColumn(new TableColumn("events").RightAligned()).AddColumn("");
        Row(table, "selected", report.Selected, "");
        Row(table, "silver", report.Counts.Silver, "valid and unique now");
        Row(table, "duplicates", report.Counts.Duplicates, "copies of an event in silver");
        Row(table, "quarantined", report.Counts.Quarantined, "failed again");
        foreach (var (reason, events) in report.Reasons)
        {
            Row(table, "  " + reason, events, "");
        }

        Row(table, "late", report.Counts.Late, "in silver, too late for a window: reconcile folds them in");
        Row(table, "replayed", report.Replayed, "committed before, left out");
        Row(table, "unavailable", report.Unavailable, "original bytes not to be had, left out");
        terminal.Console.Write(table);
        if (options.DryRun)
        {
            terminal.Out.WriteLine("A dry run: nothing was written.");
        }

        if (report.FailedBefore > 0)
        {
            terminal.Out.WriteLine(FormattableString.Invariant($"{report.FailedBefore:N0} events failed in an earlier redrive and were left out; --again takes them too."));
        }
    }

    private static void Row(Table table, string name, long count, string meaning) =>
        table.AddRow(new Text(name), new Text(count.ToString("N0", System.Globalization.CultureInfo.InvariantCulture)), new Text(meaning));
}
