namespace StreamPipeline.Core.Quality.Evaluation;

/// <summary>A rule about the schema, decided when it was bound.</summary>
internal sealed class ConstantNode(Verdict verdict) : BoundNode
{
    public override Verdict Judge(BatchContext batch) => verdict;
}

/// <summary>RowCount, and RowCountMatch: rows / rows of the reference table.</summary>
internal sealed class RowCountNode(WhereTest? where, int? referenceRows, RealComparison comparison) : BoundNode
{
    public override Verdict Judge(BatchContext batch)
    {
        var count = batch.RowCount;
        if (where is not null)
        {
            var rented = BatchContext.Rent(count);
            count = where.Choose(batch, rented.AsSpan(0, count));
            BatchContext.Return(rented);
        }

        return referenceRows switch
        {
            null => Verdict.Of(count, comparison, "the row count"),
            0 when count > 0 => new Verdict(false, null, "the reference table has no rows"),
            0 => Verdict.Of(1, comparison, "the ratio of row counts"),
            { } rows => Verdict.Of((double)count / rows, comparison, "the ratio of row counts"),
        };
    }
}
