using Apache.Arrow;
using StreamPipeline.Core.Commit;

namespace StreamPipeline.Core.Lake;

/// <summary>
/// The final rows of a metric, window by window. Rolling a window again replaces all its rows in one version, so a reader sees a window
/// whole, once.
/// </summary>
/// <param name="objects">The lake.</param>
/// <param name="table"><c>gold/&lt;metric&gt;</c>.</param>
/// <param name="attempts">Names for the files.</param>
public sealed class GoldTable(IObjectStore objects, LakeTable table, IAttemptIds attempts)
{
    public const string WindowStartColumn = "window_start";

    public LakeTable Table => table;

    /// <summary>Commits the rows of windows, replacing what the table has for them, together with properties.</summary>
    /// <param name="basis">The version that the caller decided upon, from <see cref="LakeTable.Open"/> or the last call.</param>
    /// <param name="rows">All rows of the windows; may be empty. Remains the caller's.</param>
    /// <param name="windowStarts">The windows, microseconds since the epoch. One without rows loses those it had.</param>
    /// <param name="properties">Merged over the table's in the same commit.</param>
    /// <param name="cancellation">Before the commit, nothing has happened.</param>
    /// <returns>The new version; null when another committer was first: open the table again and decide anew.</returns>
    /// <exception cref="ArgumentException">A row belongs to none of the windows.</exception>
    public async Task<TableSnapshot?> ReplaceWindows(
        TableSnapshot basis,
        RecordBatch rows,
        IReadOnlySet<long> windowStarts,
        IReadOnlyDictionary<string, string> properties,
        CancellationToken cancellation)
    {
        CheckWindows(rows, windowStarts);
        var touched = basis.Files.Where(file => Holds(file, windowStarts)).ToList();
        var groups = new List<List<RecordBatch>> { new() };
        groups[0].Add(rows);
        foreach (var file in touched)
        {
            using var old = await ReadFile(basis, file, cancellation);
            if (old is null)
            {
                return null;
            }

            var kept = RowsOutside(old, windowStarts);
            if (kept.Length > 0)
            {
                AddToGroup(groups, RecordBatches.Take(old, kept));
            }
        }

        var writer = new PartitionWriter(objects, table, basis.Version + 1, WindowStartColumn, attempts.Next());
        foreach (var group in groups)
        {
            await writer.Write(group, keepWindowStarts: true, cancellation);
        }

        var change = new TableChange
        {
            Added = writer.Files,
            Removed = touched.Select(file => file.Path).ToHashSet(StringComparer.Ordinal),
            Schema = rows.Schema,
            Properties = properties,
        };
        var next = await table.Commit(basis, change, cancellation);
        if (next is null)
        {
            await writer.Drop(cancellation);
        }

        return next;
    }

    private static void CheckWindows(RecordBatch rows, IReadOnlySet<long> windowStarts)
    {
        foreach (var start in PartitionWriter.TimesOf(rows, WindowStartColumn))
        {
            if (!windowStarts.Contains(start))
            {
                throw new ArgumentException($"a row of window {start} µs is not of the {windowStarts.Count} windows to replace", nameof(rows));
            }
        }
    }

    private static bool Holds(TableFile file, IReadOnlySet<long> windowStarts) => file.WindowStarts is { } starts
        ? starts.Any(windowStarts.Contains)
        : windowStarts.Any(start => start >= file.MinTimeUs && start <= file.MaxTimeUs);

    /// <summary>Null when the file is gone because the table has moved on from the basis.</summary>
    internal async Task<RecordBatch?> ReadFile(TableSnapshot basis, TableFile file, CancellationToken cancellation)
    {
        if (await objects.Get(file.Path, cancellation) is { } content)
        {
            return await ParquetTableFile.Read(content, cancellation);
        }

        var newest = await table.Load(cancellation);
        return newest.Version > basis.Version
            ? null
            : throw new InvalidDataException($"file '{file.Path}' of table '{table.Path}' is missing; `verify` tells what is lost");
    }

    private static int[] RowsOutside(RecordBatch batch, IReadOnlySet<long> windowStarts)
    {
        var kept = new List<int>();
        var times = PartitionWriter.TimesOf(batch, WindowStartColumn);
        for (var row = 0; row < times.Length; row++)
        {
            if (!windowStarts.Contains(times[row]))
            {
                kept.Add(row);
            }
        }

        return [.. kept];
    }

    /// <summary>Rows written before the metric's columns changed stay in files of their own.</summary>
    private static void AddToGroup(List<List<RecordBatch>> groups, RecordBatch rows)
    {
        var group = groups.Find(candidate => RecordBatches.SameSchema(candidate[0].Schema, rows.Schema));
        if (group is null)
        {
            groups.Add([rows]);
        }
        else
        {
            group.Add(rows);
        }
    }
}
