using Apache.Arrow;
using StreamPipeline.Core.Lake.Parquet;

namespace StreamPipeline.Core.Lake;

/// <summary>
/// Table files: Arrow batches as Parquet and back. zstd, statistics, dictionaries for text that repeats; every
/// value exact, also before 1970 and beyond the year 9999. <c>timestamp[us, UTC]</c> is <c>TIMESTAMP(MICROS, isAdjustedToUTC=true)</c>,
/// date32 is <c>DATE</c>, utf8 is <c>STRING</c>, binary is a plain byte array, lists are three-level.
/// </summary>
public static class ParquetTableFile
{
    /// <summary>Most rows of a row group.</summary>
    public const int GroupRowsMax = 131_072;

    /// <summary>Arrow bytes after which a row group ends, so that only a small part of a file is ever held as text.</summary>
    public const long GroupBytesMax = 8 << 20;

    /// <summary>One Parquet file of all rows, in order.</summary>
    /// <param name="schema">The schema of every batch; with no batches the file has columns and no rows.</param>
    /// <param name="batches">Left as they are; they remain the caller's.</param>
    /// <param name="cancellation">Stops between column chunks.</param>
    /// <exception cref="NotSupportedException">A column has a type that tables do not hold; the message names it.</exception>
    public static Task<ReadOnlyMemory<byte>> Write(Schema schema, IReadOnlyList<RecordBatch> batches, CancellationToken cancellation)
    {
        using var writer = new ParquetFileWriter();
        using var output = new PooledBytes((int)Math.Min((batches.Sum(RecordBatches.ByteSize) / 4) + 4_096, 32 << 20));
        writer.Write(schema, batches, output, cancellation);
        return Task.FromResult<ReadOnlyMemory<byte>>(output.WrittenSpan.ToArray());
    }

    /// <summary>All rows of a Parquet file whose columns have types that tables hold; other tools' files too.</summary>
    /// <param name="content">The whole file.</param>
    /// <param name="cancellation">Stops between column chunks.</param>
    /// <exception cref="InvalidDataException">Not a Parquet file, or a damaged one.</exception>
    /// <exception cref="NotSupportedException">A column has another type; the message names it.</exception>
    public static Task<RecordBatch> Read(ReadOnlyMemory<byte> content, CancellationToken cancellation) =>
        ParquetFileReader.Read(content, cancellation);
}

/// <summary>Rows [From, From + Count) of a batch, as part of a row group.</summary>
internal readonly record struct RowGroupPiece(RecordBatch Batch, int From, int Count)
{
    /// <summary>Cuts batches into row groups bounded by rows and by bytes; a single row may exceed the bytes.</summary>
    public static IEnumerable<List<RowGroupPiece>> Cut(IReadOnlyList<RecordBatch> batches)
    {
        var pieces = new List<RowGroupPiece>();
        var rows = 0;
        long bytes = 0;
        foreach (var batch in batches)
        {
            for (var from = 0; from < batch.Length;)
            {
                var count = Math.Min(batch.Length - from, ParquetTableFile.GroupRowsMax - rows);
                var size = RecordBatches.ByteSize(batch, from, count);
                while (count > 1 && bytes + size > ParquetTableFile.GroupBytesMax)
                {
                    count /= 2;
                    size = RecordBatches.ByteSize(batch, from, count);
                }

                pieces.Add(new RowGroupPiece(batch, from, count));
                from += count;
                rows += count;
                bytes += size;
                if (rows >= ParquetTableFile.GroupRowsMax || bytes >= ParquetTableFile.GroupBytesMax * 7 / 8)
                {
                    yield return pieces;
                    pieces = [];
                    rows = 0;
                    bytes = 0;
                }
            }
        }

        if (pieces.Count > 0)
        {
            yield return pieces;
        }
    }
}
