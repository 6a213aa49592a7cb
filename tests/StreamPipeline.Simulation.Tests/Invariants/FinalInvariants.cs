using System.Text;
using Apache.Arrow;
using StreamPipeline.Core.Lake;
using StreamPipeline.Simulation.Tests.Oracle;
using StreamPipeline.Simulation.Tests.Running;

namespace StreamPipeline.Simulation.Tests.Invariants;

/// <summary>What must hold once the world is quiet and all is folded and rolled: the lake is what the oracle says, row for row.</summary>
internal sealed class FinalInvariants(World world, CommitInvariants commits, LakeInvariants lake)
{
    public void Check()
    {
        foreach (var shard in world.Stream.Shards)
        {
            Require(
                commits.CommittedOf(shard.Id) == shard.Records.Count,
                "every accepted record is committed", $"{shard.Id}: {commits.CommittedOf(shard.Id)} of {shard.Records.Count}");
        }

        var shards = world.Stream.Shards.Concat(world.Redrives.Lanes).ToList();
        Same("silver equals the fault-free run", Silver(), shards.SelectMany(shard => shard.Oracle?.Silver ?? []));
        Same("quarantine equals the fault-free run", Quarantine(), shards.SelectMany(shard => shard.Oracle?.Quarantine ?? []));
        Same("gold equals its recomputation", Gold(), world.Stream.Windows.Rows());
        var tables = new[] { TableNames.Silver, TableNames.Quarantine, TableNames.Gold(WindowOracle.ByGroup), TableNames.Gold(WindowOracle.Overall) };
        Same(
            "a finished lake holds committed files only",
            world.Objects.Keys.Where(key => key.Contains("/data/", StringComparison.Ordinal)),
            tables.SelectMany(table => lake.Newest(table).Files).Select(file => file.Path));
        Same("a vacuum leaves no orphans", world.Objects.Keys.Where(key => key.StartsWith("_staged/" + TinyPipeline.Stream, StringComparison.Ordinal)), []);
    }

    private IEnumerable<RecordBatch> Rows(string table)
    {
        foreach (var file in lake.Newest(table).Files)
        {
            var content = world.Objects.Get(file.Path) ?? throw new InvariantViolation("every referenced file opens", file.Path);
            var reading = ParquetTableFile.Read(content, CancellationToken.None);
            Require(reading.IsCompleted, "reading from memory does not wait", file.Path);
            var rows = reading.GetAwaiter().GetResult();
            Require(rows.Length == file.Rows, "every referenced file has the rows its version says", $"{file.Path}: {rows.Length}, {file.Rows} are expected");
            yield return rows;
        }
    }

    private IEnumerable<SilverRow> Silver()
    {
        foreach (var rows in Rows(TableNames.Silver))
        {
            for (var i = 0; i < rows.Length; i++)
            {
                yield return new SilverRow(
                    Text(rows, "_shard", i)!, Text(rows, "_sequence", i)!, Text(rows, "id", i)!, Time(rows, "_event_time", i),
                    Text(rows, "group", i)!, Number(rows, "amount", i)!.Value, Time(rows, "_arrival_time", i));
            }
        }
    }

    private IEnumerable<QuarantineRow> Quarantine()
    {
        foreach (var rows in Rows(TableNames.Quarantine))
        {
            for (var i = 0; i < rows.Length; i++)
            {
                var raw = ((BinaryArray)rows.Column("raw")).GetBytes(i);
                yield return new QuarantineRow(
                    Text(rows, "_shard", i)!, Text(rows, "_sequence", i)!, Text(rows, "reason", i)!, Encoding.UTF8.GetString(raw), Time(rows, "_arrival_time", i));
            }
        }
    }

    private IEnumerable<GoldRow> Gold()
    {
        foreach (var metric in world.Pipeline.Metrics.Metrics)
        {
            var grouped = metric.Name == WindowOracle.ByGroup;
            foreach (var rows in Rows(TableNames.Gold(metric.Name)))
            {
                for (var i = 0; i < rows.Length; i++)
                {
                    yield return new GoldRow(
                        metric.Name, Time(rows, "window_start", i), Time(rows, "window_end", i), grouped ? Text(rows, "group", i) : null,
                        Number(rows, "events", i)!.Value, Number(rows, "total", i)!.Value, grouped ? Number(rows, "top", i) : null);
                }
            }
        }
    }

    private static string? Text(RecordBatch rows, string column, int row) => ((StringArray)rows.Column(column)).GetString(row);

    private static long Time(RecordBatch rows, string column, int row) => ((TimestampArray)rows.Column(column)).Values[row];

    private static long? Number(RecordBatch rows, string column, int row) => ((Int64Array)rows.Column(column)).GetValue(row);

    private static void Same<T>(string invariant, IEnumerable<T> actual, IEnumerable<T> expected)
        where T : notnull
    {
        var difference = new Dictionary<T, int>();
        foreach (var item in expected)
        {
            difference[item] = difference.GetValueOrDefault(item) - 1;
        }

        foreach (var item in actual)
        {
            difference[item] = difference.GetValueOrDefault(item) + 1;
        }

        var wrong = difference.Where(item => item.Value != 0).ToList();
        if (wrong.Count > 0)
        {
            var shown = wrong.Take(4).Select(item => $"{(item.Value > 0 ? "too often" : "missing")} {Math.Abs(item.Value)}×: {item.Key}");
            throw new InvariantViolation(invariant, $"{wrong.Count} rows differ; {string.Join("; ", shown)}");
        }
    }

    private static void Require(bool holds, string invariant, string detail)
    {
        if (!holds)
        {
            throw new InvariantViolation(invariant, detail);
        }
    }
}
