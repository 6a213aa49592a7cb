using System.Globalization;
using System.Runtime.InteropServices;
using Apache.Arrow;
using Apache.Arrow.Types;
using StreamPipeline.Core.Lake.Parquet;
using StreamPipeline.Core.Lake.Staging;

namespace StreamPipeline.Core.Lake;

/// <summary>
/// Splits rows by the UTC day of a time column and writes a Parquet file per day under <see cref="PrefixOf"/>, where they wait
/// for their version. One day at a time is in memory beside the input, however many days there are.
/// </summary>
/// <param name="objects">The lake.</param>
/// <param name="table">Whose files they will be.</param>
/// <param name="version">The version they are to be committed as.</param>
/// <param name="timeColumn">A <c>timestamp[us]</c> column without nulls.</param>
/// <param name="attempt">Unique to this attempt: part of every file name.</param>
internal sealed class PartitionWriter(IObjectStore objects, LakeTable table, long version, string timeColumn, string attempt)
{
    private readonly List<TableFile> _files = [];

    /// <summary>What the keys of files that wait for a version of a table begin with; the version, as a number of 20 digits, and a dash follow: it tells when they can
    /// no longer become part of the table. One folder for all tables and versions: a folder takes as long to make as some thousand rows, and an empty one per version
    /// would stay for ever. A tilde is in no table's name.</summary>
    public static string PrefixOf(LakeTable table) => $"_staged/fold/{table.Path.Replace('/', '~')}~";

    /// <summary>The same in lakes made before: a folder per table. What was left there is still removed.</summary>
    public static string FormerPrefixOf(LakeTable table) => $"_staged/fold/{table.Path}/";

    /// <summary>What both begin with: one listing finds them.</summary>
    public static string CommonPrefixOf(LakeTable table) => $"_staged/fold/{table.Path[..table.Path.IndexOf('/', StringComparison.Ordinal)]}";

    /// <summary>What was written so far.</summary>
    public IReadOnlyList<TableFile> Files => _files;

    /// <param name="batches">Of one schema.</param>
    /// <param name="keepWindowStarts">Gold: note which values of the time column each file has.</param>
    /// <param name="cancellation">Leaves staged files that nobody references.</param>
    public async Task Write(IReadOnlyList<RecordBatch> batches, bool keepWindowStarts, CancellationToken cancellation)
    {
        foreach (var (day, parts) in ByDay(batches))
        {
            var pieces = new List<RecordBatch>(parts.Count);
            foreach (var (batch, rows) in parts)
            {
                pieces.Add(rows is null ? batch : RecordBatches.Take(batch, CollectionsMarshal.AsSpan(rows)));
            }

            await WriteDay(day, pieces, keepWindowStarts, cancellation);
        }
    }

    /// <summary>Deletes what was written: the commit was lost.</summary>
    public async Task Drop(CancellationToken cancellation)
    {
        foreach (var file in _files)
        {
            await objects.Delete(file.Staged!, cancellation);
        }
    }

    /// <summary>Values of the time column, microseconds since the epoch.</summary>
    /// <exception cref="InvalidDataException">There is no such column, or it holds nulls.</exception>
    public static ReadOnlySpan<long> TimesOf(RecordBatch batch, string timeColumn)
    {
        var index = batch.Schema.GetFieldIndex(timeColumn);
        if (index < 0 || batch.Column(index) is not TimestampArray { Data.DataType: TimestampType { Unit: TimeUnit.Microsecond } } times || times.NullCount > 0)
        {
            throw new InvalidDataException($"rows need a column '{timeColumn}' of type timestamp[us] without nulls to be partitioned by day");
        }

        return times.Values;
    }

    /// <summary>Which rows of which batches a day has; null for all of them, which is how it mostly is.</summary>
    private SortedDictionary<int, List<(RecordBatch Batch, List<int>? Rows)>> ByDay(IReadOnlyList<RecordBatch> batches)
    {
        var days = new SortedDictionary<int, List<(RecordBatch Batch, List<int>? Rows)>>();
        foreach (var batch in batches)
        {
            var times = TimesOf(batch, timeColumn);
            if (times.IsEmpty)
            {
                continue;
            }

            var (min, max) = IntegerRange.Of(times);
            if (CivilDay.Of(min) == CivilDay.Of(max))
            {
                PartsOf(days, CivilDay.Of(min)).Add((batch, null));
            }
            else
            {
                Split(RestoredColumns.Plain(batch), times, days);
            }
        }

        return days;
    }

    private static void Split(RecordBatch batch, ReadOnlySpan<long> times, SortedDictionary<int, List<(RecordBatch Batch, List<int>? Rows)>> days)
    {
        List<int>? rows = null;
        var last = 0;
        for (var row = 0; row < times.Length; row++)
        {
            // Neighbours mostly share their day.
            var day = CivilDay.Of(times[row]);
            if (rows is null || day != last)
            {
                var parts = PartsOf(days, day);
                if (parts.Count == 0 || !ReferenceEquals(parts[^1].Batch, batch))
                {
                    parts.Add((batch, []));
                }

                rows = parts[^1].Rows!;
                last = day;
            }

            rows.Add(row);
        }
    }

    private static List<(RecordBatch Batch, List<int>? Rows)> PartsOf(SortedDictionary<int, List<(RecordBatch Batch, List<int>? Rows)>> days, int day)
    {
        if (!days.TryGetValue(day, out var parts))
        {
            days[day] = parts = [];
        }

        return parts;
    }

    private async Task WriteDay(int day, List<RecordBatch> pieces, bool keepWindowStarts, CancellationToken cancellation)
    {
        var content = ParquetTableFile.Pooled(pieces[0].Schema, pieces, cancellation);
        var bytes = content.WrittenCount;
        var number = _files.Count.ToString(CultureInfo.InvariantCulture);
        var staged = string.Create(CultureInfo.InvariantCulture, $"{PrefixOf(table)}{version:D20}-{attempt}-{number}.parquet");
        await objects.StagePooled(staged, content, cancellation);

        var (min, max, rows) = (long.MaxValue, long.MinValue, 0L);
        var starts = keepWindowStarts ? new SortedSet<long>() : null;
        foreach (var piece in pieces)
        {
            rows += piece.Length;
            var times = TimesOf(piece, timeColumn);
            var (least, greatest) = IntegerRange.Of(times);
            (min, max) = (Math.Min(min, least), Math.Max(max, greatest));
            AddStarts(times, starts);
        }

        var path = $"{table.DataPrefix}{CivilDay.Folder(day)}/{attempt}-{number}.parquet";
        _files.Add(new TableFile(path, staged, rows, bytes, day, min, max, starts is null ? null : [.. starts]));
    }

    private static void AddStarts(ReadOnlySpan<long> times, SortedSet<long>? starts)
    {
        if (starts is not null)
        {
            foreach (var time in times)
            {
                starts.Add(time);
            }
        }
    }
}
