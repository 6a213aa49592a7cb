using System.Buffers;
using System.Globalization;
using System.Runtime.InteropServices;
using StreamPipeline.Core.Columns;

namespace StreamPipeline.Core.Quality.Evaluation;

internal enum DistributionMetric
{
    /// <summary>Values seen once / rows.</summary>
    Uniqueness,

    /// <summary>Values seen once / distinct values.</summary>
    UniqueValueRatio,
    DistinctValuesCount,

    /// <summary>−Σ p ln p over the values' shares of the rows.</summary>
    Entropy,
}

/// <summary>How often each value, or combination of values, occurs. Rows in which all columns are NULL are left out.</summary>
internal readonly record struct Distribution(int Rows, int Distinct, int SeenOnce, double Entropy)
{
    public double Uniqueness => (double)SeenOnce / Rows;

    public static Distribution Of(BatchContext batch, ColumnPath[] columns, WhereTest? where)
    {
        var rowCount = batch.RowCount;
        var judged = BatchContext.Rent(rowCount);
        var fingerprints = ArrayPool<UInt128>.Shared.Rent(rowCount);
        if (where is null)
        {
            judged.AsSpan(0, rowCount).Fill(true);
        }
        else
        {
            where.Choose(batch, judged.AsSpan(0, rowCount));
        }

        Fingerprint.Fill(batch, columns, fingerprints.AsSpan(0, rowCount));
        DropMissing(batch, columns, judged.AsSpan(0, rowCount));
        var occurrences = batch.Occurrences;
        occurrences.Clear();
        var rows = 0;
        for (var row = 0; row < rowCount; row++)
        {
            if (judged[row])
            {
                rows++;
                CollectionsMarshal.GetValueRefOrAddDefault(occurrences, fingerprints[row], out _)++;
            }
        }

        BatchContext.Return(judged);
        ArrayPool<UInt128>.Shared.Return(fingerprints);
        return Summarise(occurrences, rows);
    }

    /// <summary>Leaves out the rows in which all columns are NULL.</summary>
    private static void DropMissing(BatchContext batch, ColumnPath[] columns, Span<bool> judged)
    {
        var views = System.Array.ConvertAll(columns, batch.Column);
        if (System.Array.Exists(views, static view => view.Valid is null))
        {
            return;
        }

        for (var row = 0; row < judged.Length; row++)
        {
            var any = false;
            foreach (var view in views)
            {
                any |= !view.IsNull(row);
            }

            judged[row] &= any;
        }
    }

    private static Distribution Summarise(Dictionary<UInt128, int> occurrences, int rows)
    {
        var seenOnce = 0;
        var weighted = 0.0;
        foreach (var count in occurrences.Values)
        {
            if (count == 1)
            {
                seenOnce++;
            }
            else
            {
                weighted += count * Math.Log(count);
            }
        }

        // −Σ (c/n) ln (c/n) = ln n − (1/n) Σ c ln c, to which values seen once, the many, contribute nothing.
        var entropy = rows == 0 ? 0 : Math.Max(0, Math.Log(rows) - (weighted / rows));
        return new Distribution(rows, occurrences.Count, seenOnce, entropy);
    }
}

/// <summary>Uniqueness, UniqueValueRatio, DistinctValuesCount and Entropy; IsUnique is a uniqueness of 1.</summary>
internal sealed class DistributionNode(DistributionMetric metric, ColumnPath[] columns, WhereTest? where, RealComparison comparison) : BoundNode
{
    public override Verdict Judge(BatchContext batch)
    {
        var distribution = Distribution.Of(batch, columns, where);
        if (metric == DistributionMetric.DistinctValuesCount)
        {
            return Verdict.Of(distribution.Distinct, comparison, "the number of distinct values");
        }

        if (distribution.Rows == 0)
        {
            return metric == DistributionMetric.Entropy ? new Verdict(false, null, "no values") : new Verdict(true, null, "no rows to judge");
        }

        return metric switch
        {
            DistributionMetric.Uniqueness => Verdict.Of(distribution.Uniqueness, comparison, "uniqueness"),
            DistributionMetric.UniqueValueRatio =>
                Verdict.Of((double)distribution.SeenOnce / distribution.Distinct, comparison, "the ratio of unique to distinct values"),
            _ => Verdict.Of(distribution.Entropy, comparison, "entropy"),
        };
    }
}

/// <summary>
/// IsPrimaryKey: all columns complete, which is a verdict on rows, and together unique, which is one on the batch: whether a key occurs again depends on
/// where the batch was cut, and duplicates are for deduplication to remove.
/// </summary>
internal sealed class PrimaryKeyRow(ColumnPath[] columns, WhereTest? where) : RowNode
{
    private readonly CompleteRow _complete = new(columns, where);

    public override int Fill(BatchContext batch, Span<bool> pass) => _complete.Fill(batch, pass);

    public override Verdict Judge(BatchContext batch, Span<bool> pass)
    {
        var complete = _complete.Judge(batch, pass);
        var distribution = Distribution.Of(batch, columns, where);
        if (!complete.Passed || distribution.SeenOnce == distribution.Rows)
        {
            return complete;
        }

        return new Verdict(false, distribution.Uniqueness, string.Create(CultureInfo.InvariantCulture, $"uniqueness is {distribution.Uniqueness}"));
    }
}
