using Apache.Arrow;
using StreamPipeline.Core.Lake.Parquet;

namespace StreamPipeline.Core.Lake;

/// <summary>
/// Table files: Arrow batches as Parquet and back. zstd, statistics, page index, an encoding for each column by its values; every
/// value exact, also before 1970 and beyond the year 9999. <c>timestamp[us, UTC]</c> is <c>TIMESTAMP(MICROS, isAdjustedToUTC=true)</c>,
/// date32 is <c>DATE</c>, utf8 is <c>STRING</c>, binary is a plain byte array, lists are three-level.
/// </summary>
public static class ParquetTableFile
{
    /// <summary>One Parquet file of all rows, in order.</summary>
    /// <param name="schema">The schema of every batch; with no batches the file has columns and no rows.</param>
    /// <param name="batches">Left as they are; they remain the caller's.</param>
    /// <param name="cancellation">Stops between column chunks.</param>
    /// <exception cref="NotSupportedException">A column has a type that tables do not hold; the message names it.</exception>
    public static Task<ReadOnlyMemory<byte>> Write(Schema schema, IReadOnlyList<RecordBatch> batches, CancellationToken cancellation)
    {
        using var output = Pooled(schema, batches, cancellation);
        return Task.FromResult<ReadOnlyMemory<byte>>(output.WrittenSpan.ToArray());
    }

    /// <summary>As <see cref="Write"/>, in pooled bytes that the caller owns.</summary>
    internal static PooledBytes Pooled(Schema schema, IReadOnlyList<RecordBatch> batches, CancellationToken cancellation)
    {
        var output = new PooledBytes((int)Math.Min((batches.Sum(RecordBatches.ByteSize) / 4) + 4_096, 32 << 20));
        try
        {
            using var writer = new ParquetFileWriter(ParquetLimits.Usual);
            writer.Write(schema, batches, output, cancellation);
            return output;
        }
        catch
        {
            output.Dispose();
            throw;
        }
    }

    /// <summary>All rows of a Parquet file whose columns have types that tables hold; other tools' files too.</summary>
    /// <param name="content">The whole file.</param>
    /// <param name="cancellation">Stops between column chunks.</param>
    /// <exception cref="InvalidDataException">Not a Parquet file, or a damaged one.</exception>
    /// <exception cref="NotSupportedException">A column has another type; the message names it.</exception>
    public static Task<RecordBatch> Read(ReadOnlyMemory<byte> content, CancellationToken cancellation) =>
        ParquetFileReader.Read(content, cancellation);
}
