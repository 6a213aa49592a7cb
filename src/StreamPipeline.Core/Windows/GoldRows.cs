using Apache.Arrow;
using StreamPipeline.Core.Columns;
using StreamPipeline.Core.Windows.Aggregates;

namespace StreamPipeline.Core.Windows;

/// <summary>Turns the states of a metric's panes into gold rows.</summary>
internal sealed class GoldRows
{
    private readonly Metric _metric;
    private readonly PaneTable _table;
    private readonly int[] _slots;
    private long _overflowedSums;

    public GoldRows(Metric metric, PaneTable table, Func<long, bool> windowSelector)
    {
        _metric = metric;
        _table = table;
        _slots = System.Array.FindAll(table.Sorted(), slot => windowSelector(table.WindowStart(slot)));
    }

    public RecordBatch Build(out long overflowedSums)
    {
        var columns = new GoldColumn[_metric.GoldSchema.FieldsList.Count];
        for (var i = 0; i < columns.Length; i++)
        {
            columns[i] = new GoldColumn(_metric.GoldSchema.FieldsList[i].DataType, _slots.Length);
        }

        var keys = columns.AsSpan(2, _metric.Keys.Length);
        foreach (var slot in _slots)
        {
            columns[0].Append(_table.WindowStart(slot));
            columns[1].Append(_table.WindowStart(slot) + _metric.SizeUs);
            if (!GroupKeyCodec.TryDecode(_table.Key(slot), _metric.Keys, keys))
            {
                throw new InvalidOperationException($"metric '{_metric.Name}' holds a group key that does not decode");
            }
        }

        for (var i = 0; i < _metric.Measures.Length; i++)
        {
            Append(_metric.Measures[i], columns[2 + _metric.Keys.Length + i]);
        }

        overflowedSums = _overflowedSums;
        return new RecordBatch(_metric.GoldSchema, columns.Select(column => column.Build()), _slots.Length);
    }

    private void Append(Measure measure, GoldColumn gold)
    {
        var states = _table.Columns[measure.Aggregate];
        var doubles = _metric.Aggregates[measure.Aggregate].Argument?.Kind == ColumnKind.Number;
        foreach (var slot in _slots)
        {
            switch (states)
            {
                case CountColumn counts:
                    gold.Append(counts.Count(slot));
                    break;
                case IntegerSumColumn sums when measure.Function == MeasureFunction.Sum:
                    gold.Append(Sum(sums, slot));
                    break;
                case IntegerSumColumn sums:
                    gold.Append(sums.Count(slot) == 0 ? null : Rounding.Mean(sums.Sum(slot), 0, sums.Count(slot)));
                    break;
                case NumberSumColumn sums when measure.Function == MeasureFunction.Sum:
                    gold.Append(Sum(sums, slot));
                    break;
                case NumberSumColumn sums:
                    gold.Append(Mean(sums, slot));
                    break;
                case MomentsColumn moments:
                    gold.Append(moments.Count(slot) == 0
                        ? null
                        : Rounding.StandardDeviation(moments.Sum(slot), moments.Squares(slot), moments.Count(slot)));
                    break;
                case ExtremeColumn extremes when doubles:
                    gold.Append(extremes.Double(slot));
                    break;
                case ExtremeColumn extremes:
                    gold.Append(extremes.Long(slot));
                    break;
                case TextExtremeColumn texts when texts.Value(slot) is { } text:
                    gold.Append(text.AsSpan());
                    break;
                case DistinctColumn distinct:
                    gold.Append(distinct.Estimate(slot));
                    break;
                case QuantileColumn quantiles:
                    gold.Append(quantiles.Quantile(slot, measure.Quantile));
                    break;
                default:
                    gold.AppendNull();
                    break;
            }
        }
    }

    private long? Sum(IntegerSumColumn sums, int slot)
    {
        if (sums.Count(slot) == 0)
        {
            return null;
        }

        var sum = sums.Sum(slot);
        if (sum < long.MinValue || sum > long.MaxValue)
        {
            _overflowedSums++;
            return null;
        }

        return (long)sum;
    }

    private double? Sum(NumberSumColumn sums, int slot)
    {
        if (sums.Count(slot) == 0)
        {
            return null;
        }

        var sum = Rounding.Nearest(sums.Sum(slot).Significand, sums.Sum(slot).Exponent);
        if (!double.IsFinite(sum))
        {
            _overflowedSums++;
            return null;
        }

        return sum;
    }

    private static double? Mean(NumberSumColumn sums, int slot) => sums.Count(slot) == 0
        ? null
        : Rounding.Mean(sums.Sum(slot).Significand, sums.Sum(slot).Exponent, sums.Count(slot));
}
