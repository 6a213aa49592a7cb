using Spectre.Console;
using Spectre.Console.Rendering;
using StreamPipeline.Cli.Inspect;
using StreamPipeline.Cli.Output;

namespace StreamPipeline.Cli.Demo;

/// <summary>Shows a demo while it runs: a live display on a terminal, the last frame alone when piped.</summary>
internal static class DemoView
{
    private const int RowsMax = 8;

    /// <param name="terminal">Where to.</param>
    /// <param name="frames">Ends with the demo; the last frame stays on the screen.</param>
    /// <param name="cancellation">Ends the display.</param>
    public static async Task ShowAsync(Terminal terminal, IAsyncEnumerable<DemoFrame> frames, CancellationToken cancellation)
    {
        DemoFrame? last = null;
        if (terminal.OutIsTerminal)
        {
            await terminal.Console.Live(new Text("starting …")).AutoClear(false).StartAsync(async live =>
            {
                await foreach (var frame in frames.WithCancellation(cancellation))
                {
                    live.UpdateTarget(Render(frame));
                }
            });
        }
        else
        {
            await foreach (var frame in frames.WithCancellation(cancellation))
            {
                last = frame;
            }

            if (last is not null)
            {
                terminal.Console.Write(Render(last));
            }
        }

        await terminal.Out.FlushAsync(cancellation);
    }

    public static IRenderable Render(DemoFrame frame)
    {
        var counts = Table("counts", "", "#");
        Row(counts, "records", $"{frame.Records:N0}");
        Row(counts, "silver", $"{frame.Silver:N0}");
        Row(counts, "duplicates", $"{frame.Duplicates:N0}");
        Row(counts, "quarantined", $"{frame.Quarantined:N0}");
        Row(counts, "late", $"{frame.Late:N0}");
        if (frame.Replayed > 0)
        {
            Row(counts, "replayed", $"{frame.Replayed:N0}");
        }

        Row(counts, "records/s", $"{frame.RecordsPerSecond:N0}");
        Row(counts, "quality score", InspectView.Score(frame.Score));
        Row(counts, "watermark", InspectView.Time(frame.WatermarkUs));
        Row(counts, "elapsed", $"{frame.Elapsed.TotalSeconds:N1} s");

        var groups = Table(PlainText.Of(frame.Group, 40), "", "#");
        groups.AddColumn("");
        var greatest = frame.TopGroups.Count == 0 ? 0 : frame.TopGroups.Max(group => Math.Abs(group.Value));
        foreach (var (name, value) in frame.TopGroups.Take(RowsMax))
        {
            var bar = greatest > 0 ? (int)Math.Round(20 * Math.Abs(value) / greatest) : 0;
            groups.AddRow(new Text(PlainText.Of(name, 24)), new Text($"{value:#,0.##}"), new Text(new string('█', bar)));
        }

        if (frame.TopGroups.Count == 0)
        {
            groups.AddRow(new Text("no window has closed yet"), Text.Empty, Text.Empty);
        }

        var reasons = Table("quarantine", "", "#");
        if (frame.Quarantine.Count == 0)
        {
            Row(reasons, "nothing yet", "");
        }

        foreach (var (reason, rows) in frame.Quarantine.Take(RowsMax))
        {
            Row(reasons, PlainText.Of(reason, 40), $"{rows:N0}");
        }

        return new Columns(counts, groups, reasons) { Expand = false };
    }

    private static Table Table(string title, params string[] columns)
    {
        var table = new Table().Border(TableBorder.Rounded).Title(new TableTitle(Markup.Escape(title))).HideHeaders();
        foreach (var column in columns)
        {
            var header = new TableColumn("");
            table.AddColumn(column == "#" ? header.RightAligned() : header);
        }

        return table;
    }

    private static void Row(Table table, string name, string value) => table.AddRow(new Text(name), new Text(value));
}
