using System.Globalization;
using System.Text;
using System.Text.Json;
using Spectre.Console;
using StreamPipeline.Cli.Output;

namespace StreamPipeline.Cli.Put;

/// <summary>The counts at the end: a table, or one JSON object.</summary>
internal static class PutResult
{
    public static void Write(Terminal terminal, PutTally tally, TimeSpan elapsed, bool json)
    {
        if (json)
        {
            terminal.Out.WriteLine(ToJson(tally, elapsed));
        }
        else
        {
            WriteTable(terminal, tally, elapsed);
        }

        terminal.Out.Flush();
    }

    private static string ToJson(PutTally tally, TimeSpan elapsed)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteNumber("records"u8, tally.Records);
            json.WriteNumber("sent"u8, tally.Sent);
            json.WriteNumber("unsendable"u8, tally.Unsendable);
            json.WriteNumber("failed"u8, tally.Failed);
            json.WriteNumber("bytes"u8, tally.Bytes);
            json.WriteNumber("kinesisRecords"u8, tally.KinesisRecords);
            json.WriteNumber("calls"u8, tally.Calls);
            json.WriteNumber("retried"u8, tally.Retried);
            json.WriteNumber("seconds"u8, Math.Round(elapsed.TotalSeconds, 3));
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.ToArray());
    }

    private static void WriteTable(Terminal terminal, PutTally tally, TimeSpan elapsed)
    {
        var table = new Table().Border(TableBorder.Rounded).AddColumn("lines").AddColumn(new TableColumn("count").RightAligned()).AddColumn("meaning");
        Row(table, "records", tally.Records, "= sent + unsendable + failed");
        Row(table, "sent", tally.Sent, tally.KinesisRecords == tally.Sent ? "taken by a shard" : string.Create(CultureInfo.InvariantCulture, $"taken by a shard, in {tally.KinesisRecords:N0} Kinesis records"));
        Row(table, "unsendable", tally.Unsendable, "too large for any stream");
        Row(table, "failed", tally.Failed, "turned away, or without an answer");
        terminal.Console.Write(table);
        var seconds = Math.Max(elapsed.TotalSeconds, 0.001);
        terminal.Out.WriteLine(FormattableString.Invariant(
            $"{tally.Calls:N0} calls in {elapsed.TotalSeconds:N1} s: {tally.Sent / seconds:N0} lines/s, {tally.Bytes / seconds / 1e6:N1} MB/s; {tally.Retried:N0} records were sent again"));
    }

    private static void Row(Table table, string name, long count, string meaning) =>
        table.AddRow(new Text(name), new Text(count.ToString("N0", CultureInfo.InvariantCulture)), new Text(meaning));
}
