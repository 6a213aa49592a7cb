using Apache.Arrow;
using StreamPipeline.Core.Commit;
using StreamPipeline.Core.Lake;

namespace StreamPipeline.Core.Verification;

/// <summary>Opens what a lake refers to. Whatever is wrong with an object becomes a difference, never a crash.</summary>
internal sealed class TableFiles(IObjectStore objects, Tally files)
{
    /// <summary>Reads a file of a table and holds it against its manifest. Null, with a difference noted, when it cannot be read.</summary>
    public async Task<RecordBatch?> Check(LakeTable table, TableFile file, string timeColumn, CancellationToken cancellation)
    {
        files.Expected++;
        try
        {
            if (await Find(file, cancellation) is not { } content)
            {
                files.Differ($"{file.Path} of table {table.Path} is missing");
                return null;
            }

            var rows = await ParquetTableFile.Read(content, cancellation);
            files.Found++;
            files.Compare(file.Bytes, content.Length, $"{file.Path}: bytes");
            files.Compare(file.Rows, rows.Length, $"{file.Path}: rows");
            var (minUs, maxUs) = (long.MaxValue, long.MinValue);
            foreach (var timeUs in PartitionWriter.TimesOf(rows, timeColumn))
            {
                minUs = Math.Min(minUs, timeUs);
                maxUs = Math.Max(maxUs, timeUs);
            }

            files.Compare(file.MinTimeUs, minUs, $"{file.Path}: least {timeColumn}, microseconds");
            files.Compare(file.MaxTimeUs, maxUs, $"{file.Path}: greatest {timeColumn}, microseconds");
            return rows;
        }
        catch (Exception error) when (IsDamage(error))
        {
            files.Differ($"{file.Path} cannot be read: {error.Message}");
            return null;
        }
    }

    /// <summary>Reads a file that <see cref="Check"/> has found good.</summary>
    /// <exception cref="InvalidDataException">It is gone.</exception>
    public async Task<RecordBatch> Read(TableFile file, CancellationToken cancellation) => await Find(file, cancellation) is { } content
        ? await ParquetTableFile.Read(content, cancellation)
        : throw new InvalidDataException($"{file.Path} went while the lake was verified");

    /// <summary>Reads staged rows that are committed and not folded yet. Null, with a difference noted, when they cannot be read.</summary>
    public async Task<RecordBatch?> CheckStaged(StagedRef staged, CancellationToken cancellation)
    {
        // A file's second part is in a file that is counted already.
        var key = staged.Key;
        var isCounted = staged.Offset == 0;
        files.Expected += isCounted ? 1 : 0;
        try
        {
            if (await objects.Get(key, cancellation) is not { } content)
            {
                files.Differ($"{key} is missing: a committed batch that is not folded yet names it");
                return null;
            }

            var rows = StagedFile.Decode(content, staged);
            files.Found += isCounted ? 1 : 0;
            files.Compare(staged.Rows, rows.Length, $"{key}: rows");
            return rows;
        }
        catch (Exception error) when (IsDamage(error))
        {
            files.Differ($"{key} cannot be read: {error.Message}");
            return null;
        }
    }

    /// <summary>Nothing below <c>data/</c> may be uncommitted: readers that list files would take it.</summary>
    public async Task CheckStrays(LakeTable table, TableSnapshot snapshot, Tally strays, CancellationToken cancellation)
    {
        var known = snapshot.Files.Select(file => file.Path).Concat(snapshot.Superseded).ToHashSet(StringComparer.Ordinal);
        await foreach (var item in objects.List(table.DataPrefix, cancellation))
        {
            if (!known.Contains(item.Key))
            {
                strays.Found++;
                strays.Differ($"{item.Key} is below data/ and not a file of the table");
            }
        }
    }

    /// <summary>Damaged bytes make readers throw anything; only cancelling and running out of memory are not the file's fault.</summary>
    public static bool IsDamage(Exception error) => error is not (OperationCanceledException or OutOfMemoryException);

    /// <summary>A version that is committed and not finished has files that still wait to be moved.</summary>
    private async Task<byte[]?> Find(TableFile file, CancellationToken cancellation) =>
        await objects.Get(file.Path, cancellation) ?? (file.Staged is null ? null : await objects.Get(file.Staged, cancellation));
}
