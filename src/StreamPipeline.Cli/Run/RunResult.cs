using System.Text;
using System.Text.Json;
using Spectre.Console;
using StreamPipeline.Cli.Output;
using StreamPipeline.Cli.Query;
using StreamPipeline.Core;
using StreamPipeline.Embedded.Running;

namespace StreamPipeline.Cli.Run;

/// <summary>The result of a run: a table, or the JSON object that scripts rely on.</summary>
internal sealed class RunResult(RunReport report, TimeSpan elapsed)
{
    public void Write(Terminal terminal, bool json, LakeLocation lake, Pipeline pipeline)
    {
        if (json)
        {
            terminal.Out.WriteLine(ToJson());
        }
        else
        {
            WriteTable(terminal, lake, pipeline);
        }

        terminal.Out.Flush();
    }

    private string ToJson()
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer))
        {
            var (_, counts, replayed, batches, _, _, _) = report.Totals;
            json.WriteStartObject();
            json.WriteNumber("records"u8, counts.Records);
            json.WriteNumber("silver"u8, counts.Silver);
            json.WriteNumber("duplicates"u8, counts.Duplicates);
            json.WriteNumber("quarantined"u8, counts.Quarantined);
            json.WriteNumber("replayed"u8, replayed);
            json.WriteNumber("late"u8, counts.Late);
            json.WriteNumber("batches"u8, batches);
            json.WriteNumber("seconds"u8, Math.Round(elapsed.TotalSeconds, 3));
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.ToArray());
    }

    private void WriteTable(Terminal terminal, LakeLocation lake, Pipeline pipeline)
    {
        var (_, counts, replayed, batches, bytes, _, _) = report.Totals;
        var table = new Table().Border(TableBorder.Rounded).AddColumn("disposition").AddColumn(new TableColumn("events").RightAligned()).AddColumn("meaning");
        Row(table, "records", counts.Records, "= silver + duplicates + quarantined");
        Row(table, "silver", counts.Silver, "valid and unique");
        Row(table, "duplicates", counts.Duplicates, "copies of an event in silver");
        Row(table, "quarantined", counts.Quarantined, "failed the contract, a rule or the gate");
        Row(table, "late", counts.Late, "in silver, too late for a window");
        Row(table, "replayed", replayed, "committed by an earlier run, ignored");
        terminal.Console.Write(table);
        var seconds = Math.Max(elapsed.TotalSeconds, 0.001);
        terminal.Out.WriteLine(FormattableString.Invariant(
            $"{batches:N0} batches in {elapsed.TotalSeconds:N1} s: {(counts.Records + replayed) / seconds:N0} events/s, {bytes / seconds / 1e6:N1} MB/s"));
        if (report.Quality.Unmatched > 0)
        {
            terminal.Out.WriteLine(FormattableString.Invariant($"{report.Quality.Unmatched:N0} lookups found no row in their reference file: null in silver"));
        }

        if (report.OverflowedSums > 0)
        {
            terminal.Out.WriteLine(FormattableString.Invariant($"{report.OverflowedSums:N0} sums are beyond 64 bits: null in gold"));
        }

        var from = pipeline.Metrics.Metrics.Count > 0 ? $"gold.{SqlName.Of(pipeline.Metrics.Metrics[0].Name)}" : $"silver.{SqlName.Of(pipeline.Settings.Stream)}";
        NextSteps.Write(terminal, [["inspect", .. lake.Arguments], ["query", .. lake.Arguments, $"select * from {from} limit 10"]]);
    }

    private static void Row(Table table, string name, long count, string meaning) =>
        table.AddRow(new Text(name), new Text(count.ToString("N0", System.Globalization.CultureInfo.InvariantCulture)), new Text(meaning));
}
