using Spectre.Console;
using StreamPipeline.Cli.Output;
using StreamPipeline.Cli.Query;

namespace StreamPipeline.Cli.Inspect;

/// <summary>Shows a <see cref="LakeSummary"/> as tables; parts without rows are left out.</summary>
internal static class InspectView
{
    /// <summary>Enough to tell inputs apart; JSON has all of it.</summary>
    private const int ContentIdLength = 12;

    public static void Write(IAnsiConsole console, LakeSummary lake)
    {
        console.WriteLine(PlainText.Of(lake.Folder));
        Section(
            console, "tables", lake.Tables, ["table", "#rows", "#files", "#size", "#version"],
            t => [t.Name, $"{t.Rows:N0}", $"{t.Files:N0}", Bytes(t.Bytes), $"{t.Version:N0}"]);
        // Two tables: one would be wider than most terminals.
        var isOneStream = lake.Shards.Select(shard => shard.Stream).Distinct().Count() == 1;
        Section(
            console, "shards", lake.Shards,
            ["stream", "shard", "#batches", "watermark", "#score"],
            s => [s.Stream, s.Shard, $"{s.Generation:N0}", Time(s.WatermarkUs), Score(s.Score)]);
        Section(
            console, "events by shard", lake.Shards,
            ["shard", "#records", "#silver", "#duplicates", "#quarantined", "#late"],
            s => [isOneStream ? s.Shard : $"{s.Stream}/{s.Shard}", $"{s.Records:N0}", $"{s.Silver:N0}", $"{s.Duplicates:N0}", $"{s.Quarantined:N0}", $"{s.Late:N0}"]);
        foreach (var shard in lake.Shards.Where(shard => shard.EvictedKeys > 0))
        {
            console.WriteLine($"{PlainText.Of(shard.Shard)}: {shard.EvictedKeys:N0} keys were forgotten before their horizon, so copies of them may be in silver; raise dedup.maxKeys or shorten dedup.horizon");
        }

        Section(
            console, "rules that failed", lake.Rules, ["rule", "#batches passed", "#batches"],
            r => [r.Rule, $"{r.BatchesPassed:N0}", $"{r.Batches:N0}"]);
        Section(
            console, "quarantine by reason", lake.Quarantine, ["stream", "reason", "rule or path", "#rows"],
            q => [q.Stream, q.Reason, q.RuleOrPath, $"{q.Rows:N0}"]);
        Section(
            console, "inputs", lake.Inputs, ["input", "content id", "#records", "state"],
            i => [i.Name, i.ContentId is null ? "" : PlainText.Of(i.ContentId, ContentIdLength), $"{i.Records:N0}", i.Finished ? "finished" : "in progress"]);
    }

    /// <summary>Powers of 1,024, one decimal.</summary>
    public static string Bytes(long bytes)
    {
        string[] units = ["B", "KiB", "MiB", "GiB", "TiB"];
        double value = bytes;
        var unit = 0;
        while (value >= 1024 && unit < units.Length - 1)
        {
            value /= 1024;
            unit++;
        }

        return unit == 0 ? $"{bytes:N0} B" : $"{value:N1} {units[unit]}";
    }

    /// <summary>To the second: a person does not read microseconds.</summary>
    public static string Time(long? us) =>
        us is { } known ? CellText.Time(DateTime.UnixEpoch.AddSeconds(Math.Floor(known / 1e6)), isUtc: true) : "–";

    public static string Score(double? score) => score is { } known ? $"{known:0.000}" : "–";

    private static void Section<T>(IAnsiConsole console, string title, IReadOnlyList<T> items, string[] columns, Func<T, string[]> cells)
    {
        if (items.Count == 0)
        {
            return;
        }

        var table = new Table().Border(TableBorder.Rounded).Title(new TableTitle(title));
        foreach (var column in columns)
        {
            // A leading # marks numbers.
            var isNumber = column[0] == '#';
            var header = new TableColumn(new Text(isNumber ? column[1..] : column));
            table.AddColumn(isNumber ? header.RightAligned() : header);
        }

        foreach (var item in items)
        {
            table.AddRow(cells(item).Select(cell => new Text(PlainText.Of(cell, 120))));
        }

        console.Write(table);
    }
}
