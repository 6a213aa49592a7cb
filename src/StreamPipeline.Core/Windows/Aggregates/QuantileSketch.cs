namespace StreamPipeline.Core.Windows.Aggregates;

/// <summary>
/// DDSketch: quantiles with a relative error of at most 1 %, for values of either sign and zero, merged exactly. A quantile q of n
/// values is the one at rank ⌊q·(n−1)⌋ of the sorted values. Each sign keeps its <see cref="LogBins.BinsMax"/> bins of largest magnitude; smaller ones
/// share the lowest of them, which touches only values more than 10^17 times smaller than the largest of their sign.
/// Magnitudes below 1e-300 count as zero. Source: C. Masson, J. Rim, H. Lee, "DDSketch: a fast and fully-mergeable quantile sketch with
/// relative-error guarantees" (2019).
/// </summary>
internal sealed class QuantileSketch
{
    /// <summary>Largest encoded size, bytes, as long as no bin counts 2^35 values.</summary>
    public const int EncodedBytesMax = 32 + (2 * LogBins.EncodedBytesMax);

    /// <summary>Slightly below 1 %, so that rounding in the logarithm cannot push a value beyond it.</summary>
    private const double RelativeError = 0.00999;
    private const double Gamma = (1 + RelativeError) / (1 - RelativeError);
    private const double SmallestMagnitude = 1e-300;

    private static readonly double LogGamma = Math.Log(Gamma);

    private LogBins _negative = LogBins.None;
    private LogBins _positive = LogBins.None;
    private long _zeros;
    private double _min = double.PositiveInfinity;
    private double _max = double.NegativeInfinity;

    /// <param name="value">Finite.</param>
    public void Add(double value)
    {
        _min = Math.Min(_min, value);
        _max = Math.Max(_max, value);
        if (value > SmallestMagnitude)
        {
            Own(ref _positive).Add(Bin(value), 1);
        }
        else if (value < -SmallestMagnitude)
        {
            Own(ref _negative).Add(Bin(-value), 1);
        }
        else
        {
            _zeros++;
        }
    }

    public void Add(QuantileSketch other)
    {
        _min = Math.Min(_min, other._min);
        _max = Math.Max(_max, other._max);
        _zeros += other._zeros;
        Merge(ref _negative, other._negative);
        Merge(ref _positive, other._positive);
    }

    /// <param name="quantile">In (0, 1).</param>
    /// <returns>Null without values.</returns>
    public double? Quantile(double quantile)
    {
        var count = _negative.Total + _zeros + _positive.Total;
        if (count == 0)
        {
            return null;
        }

        var rank = (long)Math.Floor(quantile * (count - 1));
        var value = rank < _negative.Total ? -Value(_negative.BinAtRank(_negative.Total - 1 - rank))
            : rank < _negative.Total + _zeros ? 0
            : Value(_positive.BinAtRank(rank - _negative.Total - _zeros));

        // The bounds are exact; a bin's middle may lie outside them, or beyond the largest double.
        return Math.Clamp(value, _min, _max);
    }

    public void Write(ByteWriter writer)
    {
        var count = _negative.Total + _zeros + _positive.Total;
        writer.Count(_zeros);
        _negative.Write(writer);
        _positive.Write(writer);
        if (count > 0)
        {
            writer.Double(_min);
            writer.Double(_max);
        }
    }

    public static QuantileSketch Read(ref ByteReader reader)
    {
        var sketch = new QuantileSketch { _zeros = reader.Count(LogBins.CountMax) };
        sketch._negative = LogBins.Read(ref reader);
        sketch._positive = LogBins.Read(ref reader);
        if (sketch._negative.Total + sketch._zeros + sketch._positive.Total > 0)
        {
            sketch._min = reader.Double();
            sketch._max = reader.Double();
            if (sketch._min > sketch._max)
            {
                throw reader.Corrupt($"the smallest value {sketch._min} of a quantile sketch is above the largest {sketch._max}");
            }
        }

        return sketch;
    }

    private static LogBins Own(ref LogBins bins) => bins == LogBins.None ? bins = new LogBins() : bins;

    private static void Merge(ref LogBins bins, LogBins other)
    {
        if (other.Total > 0)
        {
            Own(ref bins).Add(other);
        }
    }

    private static int Bin(double magnitude) => (int)Math.Ceiling(Math.Log(magnitude) / LogGamma);

    /// <summary>The point of (γ^(bin−1), γ^bin] that is equally far from both ends, relatively.</summary>
    private static double Value(int bin) => Math.Exp(bin * LogGamma) * (2 / (1 + Gamma));
}
