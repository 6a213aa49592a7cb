using Apache.Arrow;

namespace StreamPipeline.Core.Lake.Parquet;

/// <summary>Rows [From, From + Count) of a batch, as part of a row group.</summary>
internal readonly record struct RowGroupPiece(RecordBatch Batch, int From, int Count)
{
    /// <summary>Cuts batches into row groups bounded by rows and by bytes; a single row may exceed the bytes.</summary>
    public static IEnumerable<List<RowGroupPiece>> Cut(IReadOnlyList<RecordBatch> batches, ParquetLimits limits)
    {
        var pieces = new List<RowGroupPiece>();
        var rows = 0;
        long bytes = 0;
        foreach (var batch in batches)
        {
            for (var from = 0; from < batch.Length;)
            {
                var count = Math.Min(batch.Length - from, limits.GroupRowsMax - rows);
                var size = RecordBatches.ByteSize(batch, from, count);
                while (count > 1 && bytes + size > limits.GroupBytesMax)
                {
                    count /= 2;
                    size = RecordBatches.ByteSize(batch, from, count);
                }

                pieces.Add(new RowGroupPiece(batch, from, count));
                from += count;
                rows += count;
                bytes += size;
                if (rows >= limits.GroupRowsMax || bytes >= limits.GroupBytesMax * 7 / 8)
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
