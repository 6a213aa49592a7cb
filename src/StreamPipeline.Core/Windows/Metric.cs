using System.Globalization;
using System.IO.Hashing;
using System.Text;
using Apache.Arrow;
using StreamPipeline.Core.Columns;

namespace StreamPipeline.Core.Windows;

/// <summary>
/// One metric of pipeline.yaml, bound to the columns of silver. Windows start at multiples of <see cref="EveryUs"/> since the Unix
/// epoch and hold the events with start ≤ event time &lt; start + <see cref="SizeUs"/>.
/// </summary>
public sealed class Metric
{
    internal Metric(
        string name, long sizeUs, long everyUs, ColumnPath[] keys, Aggregate[] aggregates, Measure[] measures, Schema goldSchema)
    {
        Name = name;
        SizeUs = sizeUs;
        EveryUs = everyUs;
        Keys = keys;
        Aggregates = aggregates;
        Measures = measures;
        GoldSchema = goldSchema;
        Signature = Sign();
    }

    /// <summary>Gold table name.</summary>
    public string Name { get; }

    /// <summary>Length of a window, microseconds.</summary>
    public long SizeUs { get; }

    /// <summary>From the start of a window to the start of the next, microseconds, 1 to <see cref="SizeUs"/>.</summary>
    public long EveryUs { get; }

    /// <summary><c>window_start</c>, <c>window_end</c> (timestamp[us, UTC]), the groupBy columns with '.' as '_', the measures.</summary>
    public Schema GoldSchema { get; }

    internal ColumnPath[] Keys { get; }

    internal Aggregate[] Aggregates { get; }

    internal Measure[] Measures { get; }

    /// <summary>
    /// Changes with anything that stored states depend on: window, groups, arguments and their types. Not with the names of gold
    /// columns or with which quantile is read from a sketch, so that those may change while windows are open.
    /// </summary>
    internal UInt128 Signature { get; }

    /// <summary>Start of the last window that holds <paramref name="timeUs"/>, also before 1970.</summary>
    internal long LastWindowStart(long timeUs)
    {
        var start = timeUs - (timeUs % EveryUs);
        return start > timeUs ? start - EveryUs : start;
    }

    /// <summary>Start of the first window that holds <paramref name="timeUs"/>.</summary>
    internal long FirstWindowStart(long timeUs)
    {
        var last = LastWindowStart(timeUs);
        return last - ((last - timeUs + SizeUs - 1) / EveryUs * EveryUs);
    }

    /// <summary>The times around <paramref name="timeUs"/> that are in the same windows: from the first up to the second, which is not among them.</summary>
    internal (long Start, long End) SliceOf(long timeUs)
    {
        // A window begins at each of its ends, and ends at the other when it is no multiple as long.
        var last = LastWindowStart(timeUs);
        var end = last + (SizeUs % EveryUs);
        return timeUs < end ? (last, end) : (end, last + EveryUs);
    }

    internal string Describe()
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"window {SizeUs} us every {EveryUs} us by");
        foreach (var key in Keys)
        {
            text.Append(CultureInfo.InvariantCulture, $" {key.Text}:{key.Kind.Name()}");
        }

        foreach (var aggregate in Aggregates)
        {
            text.Append(CultureInfo.InvariantCulture, $"; {aggregate.Kind}({aggregate.Argument?.Text}:{aggregate.Argument?.Kind.Name()})");
        }

        return text.ToString();
    }

    private UInt128 Sign() => XxHash128.HashToUInt128(Encoding.UTF8.GetBytes(Describe()));
}
