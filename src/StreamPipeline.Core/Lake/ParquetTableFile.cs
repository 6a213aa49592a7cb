using System.IO.Compression;
using System.IO.Hashing;
using Apache.Arrow;
using Parquet;

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

    private const int SampleRows = 4_096;

    /// <summary>One Parquet file of all rows, in order.</summary>
    /// <param name="schema">The schema of every batch; with no batches the file has columns and no rows.</param>
    /// <param name="batches">Left as they are; they remain the caller's.</param>
    /// <param name="cancellation">Stops between column chunks.</param>
    /// <exception cref="NotSupportedException">A column has a type that tables do not hold; the message names it.</exception>
    public static async Task<ReadOnlyMemory<byte>> Write(Schema schema, IReadOnlyList<RecordBatch> batches, CancellationToken cancellation)
    {
        var layout = new ParquetLayout(schema, leaf => IsBetterWithoutDictionary(leaf, batches));
        var options = new ParquetOptions
        {
            CompressionMethod = CompressionMethod.Zstd,

            // zstd 1. Parquet.Net's default, SmallestSize, is zstd 19: forty times slower for a tenth less.
            CompressionLevel = CompressionLevel.Fastest,
            DictionaryEncodingThreshold = 0.5,
            DictionaryEncodingSampleSize = SampleRows,
        };
        for (var i = 0; i < layout.Leaves.Count; i++)
        {
            if (layout.Leaves[i].Form == LeafForm.Text)
            {
                options.ColumnEncodingHints[layout.Physical.DataFields[i].Path.ToString()] = EncodingHint.Dictionary;
            }
        }

        var ranges = new List<TextRange?[]>();
        using var output = new MemoryStream((int)Math.Min(batches.Sum(RecordBatches.ByteSize) / 4, 8 << 20));
        await using (var writer = await ParquetWriter.CreateAsync(layout.Physical, output, options, append: false, cancellation))
        {
            foreach (var pieces in RowGroupPiece.Cut(batches))
            {
                ranges.Add(await WriteGroup(writer, layout, pieces, cancellation));
            }
        }

        var footer = ParquetFooter.Read(output.GetBuffer().AsSpan(0, (int)output.Length), out var start);
        ParquetFooter.Finish(footer, layout, ranges);
        output.SetLength(start);
        output.Position = start;
        ParquetFooter.Write(footer, output);
        return output.GetBuffer().AsMemory(0, (int)output.Length);
    }

    /// <summary>All rows of a Parquet file whose columns have types that tables hold; other tools' files too.</summary>
    /// <param name="content">The whole file.</param>
    /// <param name="cancellation">Stops between column chunks.</param>
    /// <exception cref="InvalidDataException">Not a Parquet file, or a damaged one.</exception>
    /// <exception cref="NotSupportedException">A column has another type; the message names it.</exception>
    public static Task<RecordBatch> Read(ReadOnlyMemory<byte> content, CancellationToken cancellation) =>
        ParquetFileReader.Read(content, cancellation);

    private static async Task<TextRange?[]> WriteGroup(
        ParquetWriter writer, ParquetLayout layout, List<RowGroupPiece> pieces, CancellationToken cancellation)
    {
        var ranges = new TextRange?[layout.Leaves.Count];
        using var group = writer.CreateRowGroup();
        for (var i = 0; i < layout.Leaves.Count; i++)
        {
            var leaf = layout.Leaves[i];
            using var levels = new LeafLevels(leaf);
            using var values = LeafValues.For(leaf);
            foreach (var piece in pieces)
            {
                var column = piece.Batch.Column(leaf.Column).Data;
                values.Append(leaf.LeafOf(column), levels.Append(column, piece.From, piece.Count));
            }

            ranges[i] = values.Range;
            await values.Write(group, layout.Physical.DataFields[i], levels, cancellation);
        }

        group.CompleteValidate();
        return ranges;
    }

    /// <summary>
    /// Whether text hardly repeats (ids) or is long (JSON): then a dictionary costs its hashing and UTF-16 and shrinks nothing.
    /// Judged by a sample of the first batch, nulls and all.
    /// </summary>
    private static bool IsBetterWithoutDictionary(ParquetLeaf leaf, IReadOnlyList<RecordBatch> batches)
    {
        if (batches.Count == 0)
        {
            return false;
        }

        var data = leaf.LeafOf(batches[0].Column(leaf.Column).Data);
        var count = Math.Min(data.Length, SampleRows);
        if (count == 0)
        {
            return false;
        }

        var offsets = ColumnGather.Offsets(data).Slice(data.Offset, count + 1);
        var bytes = data.Buffers[2].Span;
        var seen = new HashSet<ulong>(count);
        for (var i = 0; i < count; i++)
        {
            seen.Add(XxHash3.HashToUInt64(bytes[offsets[i]..offsets[i + 1]]));
        }

        const int LongTextBytes = 256;
        return seen.Count > count / 2 || (offsets[count] - offsets[0]) / count > LongTextBytes;
    }
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
