using StreamPipeline.Core.Columns;

namespace StreamPipeline.Core.Quality.Evaluation;

internal enum MomentMetric
{
    Mean,
    Sum,

    /// <summary>Of the population.</summary>
    StandardDeviation,

    /// <summary>Of the population.</summary>
    Variance,
}

/// <summary>Mean, Sum, StandardDeviation and Variance of the values that are there.</summary>
internal sealed class MomentNode(MomentMetric metric, ColumnPath column, WhereTest? where, RealComparison comparison) : BoundNode
{
    public override Verdict Judge(BatchContext batch)
    {
        var rented = BatchContext.Rent(batch.RowCount);
        var judged = rented.AsSpan(0, batch.RowCount);
        judged.Fill(true);
        where?.Choose(batch, judged);
        var view = batch.Column(column);
        var count = 0;
        for (var row = 0; row < judged.Length; row++)
        {
            judged[row] &= !view.IsNull(row);
            count += judged[row] ? 1 : 0;
        }

        var value = count == 0 ? 0 : Measure(view, judged, count);
        BatchContext.Return(rented);
        return count == 0 ? new Verdict(false, null, "no values") : Verdict.Of(value, comparison, Name);
    }

    private string Name => metric switch
    {
        MomentMetric.Mean => "the mean",
        MomentMetric.Sum => "the sum",
        MomentMetric.StandardDeviation => "the standard deviation",
        _ => "the variance",
    };

    private double Measure(ColumnView view, ReadOnlySpan<bool> judged, int count)
    {
        var sum = column.Kind == ColumnKind.Integer ? SumIntegers(view, judged) : SumReals(view, judged);
        var mean = sum / count;
        if (metric is MomentMetric.Sum or MomentMetric.Mean)
        {
            return metric == MomentMetric.Sum ? sum : mean;
        }

        var variance = MeanSquare(view, judged, mean, count);
        return metric == MomentMetric.Variance ? variance : Math.Sqrt(variance);
    }

    /// <summary>Exact: 2³¹ values of 64 bits fit 128 bits.</summary>
    private static double SumIntegers(ColumnView view, ReadOnlySpan<bool> judged)
    {
        var values = view.Longs;
        Int128 sum = 0;
        for (var row = 0; row < judged.Length; row++)
        {
            sum += judged[row] ? values[row] : 0;
        }

        return (double)sum;
    }

    /// <summary>Compensated summation: A. Neumaier, 1974.</summary>
    private static double SumReals(ColumnView view, ReadOnlySpan<bool> judged)
    {
        var values = view.Doubles;
        var (sum, compensation) = (0.0, 0.0);
        for (var row = 0; row < judged.Length; row++)
        {
            if (!judged[row])
            {
                continue;
            }

            var value = values[row];
            var next = sum + value;
            compensation += Math.Abs(sum) >= Math.Abs(value) ? sum - next + value : value - next + sum;
            sum = next;
        }

        return sum + compensation;
    }

    /// <summary>Two passes, with the correction for the rounding of the mean: Chan, Golub, LeVeque, 1983.</summary>
    private double MeanSquare(ColumnView view, ReadOnlySpan<bool> judged, double mean, int count)
    {
        var isInteger = column.Kind == ColumnKind.Integer;
        var (squares, deviations) = (0.0, 0.0);
        for (var row = 0; row < judged.Length; row++)
        {
            if (judged[row])
            {
                var deviation = (isInteger ? view.Longs[row] : view.Doubles[row]) - mean;
                squares += deviation * deviation;
                deviations += deviation;
            }
        }

        return Math.Max(0, (squares - (deviations * deviations / count)) / count);
    }
}

/// <summary>ColumnCorrelation: Pearson's, over the rows in which both columns have a value.</summary>
internal sealed class CorrelationNode(ColumnPath left, ColumnPath right, WhereTest? where, RealComparison comparison) : BoundNode
{
    public override Verdict Judge(BatchContext batch)
    {
        var rented = BatchContext.Rent(batch.RowCount);
        var judged = rented.AsSpan(0, batch.RowCount);
        judged.Fill(true);
        where?.Choose(batch, judged);
        var verdict = Judge(batch.Column(left), batch.Column(right), judged);
        BatchContext.Return(rented);
        return verdict;
    }

    /// <summary>One pass, updating means and co-moments: B. P. Welford, 1962.</summary>
    private Verdict Judge(ColumnView a, ColumnView b, ReadOnlySpan<bool> judged)
    {
        var count = 0;
        var (meanX, meanY, squaresX, squaresY, products) = (0.0, 0.0, 0.0, 0.0, 0.0);
        for (var row = 0; row < judged.Length; row++)
        {
            if (!judged[row] || a.IsNull(row) || b.IsNull(row))
            {
                continue;
            }

            count++;
            var x = left.Kind == ColumnKind.Integer ? a.Longs[row] : a.Doubles[row];
            var y = right.Kind == ColumnKind.Integer ? b.Longs[row] : b.Doubles[row];
            var (fromX, fromY) = (x - meanX, y - meanY);
            meanX += fromX / count;
            meanY += fromY / count;
            squaresX += fromX * (x - meanX);
            squaresY += fromY * (y - meanY);
            products += fromX * (y - meanY);
        }

        if (count == 0)
        {
            return new Verdict(false, null, "no values");
        }

        // Square roots first: the product of two large sums could overflow.
        var scale = Math.Sqrt(squaresX) * Math.Sqrt(squaresY);
        return scale > 0
            ? Verdict.Of(Math.Clamp(products / scale, -1, 1), comparison, "the correlation")
            : new Verdict(false, null, "the correlation is not defined: a column has only one value");
    }
}
