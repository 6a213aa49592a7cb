using StreamPipeline.Core.Columns;
using StreamPipeline.Core.Windows.Aggregates;

namespace StreamPipeline.Core.Windows;

/// <summary>What a measure's gold column holds.</summary>
internal enum MeasureFunction
{
    Count,
    Sum,
    Min,
    Max,
    Avg,
    Stddev,
    Distinct,
    Quantile,
}

/// <summary>A gold column of a metric.</summary>
/// <param name="Column">Its name.</param>
/// <param name="Function">What it holds.</param>
/// <param name="Aggregate">Index of the metric's aggregate it is computed from; measures share them.</param>
/// <param name="Quantile">For quantile, in (0, 1).</param>
internal sealed record Measure(string Column, MeasureFunction Function, int Aggregate, double Quantile);

/// <summary>The state that measures are computed from. Stable: part of stored signatures.</summary>
internal enum AggregateKind : byte
{
    /// <summary>Rows, or an argument's non-null values.</summary>
    Count = 1,

    /// <summary>For sum and avg.</summary>
    Sum = 2,

    /// <summary>For stddev.</summary>
    Moments = 3,

    Min = 4,
    Max = 5,
    Distinct = 6,
    Quantile = 7,
}

/// <param name="Kind">What is kept.</param>
/// <param name="Argument">Of which column; null for the count of rows.</param>
internal sealed record Aggregate(AggregateKind Kind, ColumnPath? Argument)
{
    /// <summary>Largest encoded state, bytes.</summary>
    public int StateBytesMax => Kind switch
    {
        AggregateKind.Count => 10,
        AggregateKind.Sum => Argument!.Kind == ColumnKind.Integer ? 26 : 10 + ExactSum.EncodedBytesMax,
        AggregateKind.Moments => 10 + (2 * ExactSum.EncodedBytesMax),
        AggregateKind.Distinct => DistinctSketch.EncodedBytesMax,
        AggregateKind.Quantile => QuantileSketch.EncodedBytesMax,
        _ => Argument!.Kind == ColumnKind.Text ? TextExtremeColumn.BytesMax + 2 : 9,
    };

    public AggregateColumn NewColumn() => Kind switch
    {
        AggregateKind.Count => new CountColumn(),
        AggregateKind.Sum => Argument!.Kind == ColumnKind.Integer ? new IntegerSumColumn() : new NumberSumColumn(),
        AggregateKind.Moments => new MomentsColumn(),
        AggregateKind.Distinct => new DistinctColumn(),
        AggregateKind.Quantile => new QuantileColumn(),
        _ => Argument!.Kind == ColumnKind.Text
            ? new TextExtremeColumn(Kind == AggregateKind.Max)
            : new ExtremeColumn(Kind == AggregateKind.Max),
    };
}
