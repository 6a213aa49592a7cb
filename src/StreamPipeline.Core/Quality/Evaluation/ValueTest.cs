using System.Text.RegularExpressions;

using StreamPipeline.Core.Columns;
using StreamPipeline.Core.Quality.Language;

namespace StreamPipeline.Core.Quality.Evaluation;

/// <summary>A condition on the values of one column, evaluated column-wise. Stateless.</summary>
internal abstract class ValueTest
{
    /// <summary>Sets <paramref name="pass"/> for every row that has a value; what it sets for the others means nothing.</summary>
    public abstract void Fill(ColumnView column, BatchContext batch, Span<bool> pass);
}

internal sealed class ConstantTest(bool passes) : ValueTest
{
    public override void Fill(ColumnView column, BatchContext batch, Span<bool> pass) => pass.Fill(passes);
}

/// <summary>Integers, and timestamps in microseconds.</summary>
internal sealed class IntegerTest(IntegerComparison comparison) : ValueTest
{
    public override void Fill(ColumnView column, BatchContext batch, Span<bool> pass)
    {
        var values = column.Longs;
        if (comparison.Set is not null)
        {
            for (var row = 0; row < pass.Length; row++)
            {
                pass[row] = comparison.Holds(values[row]);
            }

            return;
        }

        var (low, high, negated) = (comparison.Low, comparison.High, comparison.Negated);
        for (var row = 0; row < pass.Length; row++)
        {
            var value = values[row];
            pass[row] = (value >= low & value <= high) != negated;
        }
    }
}

/// <summary>Dates, by the microseconds of their midnight.</summary>
internal sealed class DateTest(IntegerComparison comparison) : ValueTest
{
    public override void Fill(ColumnView column, BatchContext batch, Span<bool> pass)
    {
        var days = column.Days;
        for (var row = 0; row < pass.Length; row++)
        {
            pass[row] = comparison.Holds(days[row] * Instant.DayUs);
        }
    }
}

internal sealed class RealTest(RealComparison comparison) : ValueTest
{
    public override void Fill(ColumnView column, BatchContext batch, Span<bool> pass)
    {
        var values = column.Doubles;
        if (comparison.Set is not null)
        {
            for (var row = 0; row < pass.Length; row++)
            {
                pass[row] = comparison.Holds(values[row]);
            }

            return;
        }

        var (low, high, negated) = (comparison.Low, comparison.High, comparison.Negated);
        for (var row = 0; row < pass.Length; row++)
        {
            var value = values[row];
            pass[row] = (value >= low & value <= high) != negated;
        }
    }
}

internal sealed class BooleanTest(bool truePasses, bool falsePasses) : ValueTest
{
    public override void Fill(ColumnView column, BatchContext batch, Span<bool> pass)
    {
        var bits = column.Bits;
        for (var row = 0; row < pass.Length; row++)
        {
            pass[row] = bits[row] ? truePasses : falsePasses;
        }
    }
}

/// <summary>Length in characters (Unicode code points, as Spark counts them).</summary>
internal sealed class LengthTest(IntegerComparison comparison) : ValueTest
{
    public override void Fill(ColumnView column, BatchContext batch, Span<bool> pass)
    {
        var texts = column.Texts;
        for (var row = 0; row < pass.Length; row++)
        {
            pass[row] = comparison.Holds(Length(texts[row]));
        }
    }

    private static int Length(ReadOnlySpan<byte> utf8)
    {
        // Every code point has one byte that is no continuation byte (0b10xx_xxxx).
        var length = 0;
        foreach (var b in utf8)
        {
            length += (b & 0xC0) != 0x80 ? 1 : 0;
        }

        return length;
    }
}

internal sealed class PatternTest(RowPattern pattern, bool negated) : ValueTest
{
    /// <summary>After this many values of a batch ran out of time the rest fails untried: the time spent on a rule is bounded, whatever the data.</summary>
    public const int TimeoutsMax = 10;

    public override void Fill(ColumnView column, BatchContext batch, Span<bool> pass)
    {
        var texts = column.Texts;
        for (var row = 0; row < pass.Length; row++)
        {
            pass[row] = !column.IsNull(row) && Test(texts[row], batch);
        }
    }

    private bool Test(ReadOnlySpan<byte> utf8, BatchContext batch)
    {
        if (batch.TimedOut >= TimeoutsMax)
        {
            return false;
        }

        if (pattern.TryMatch(utf8) is { } answer)
        {
            return answer != negated;
        }

        try
        {
            return pattern.IsMatch(batch.Decode(utf8)) != negated;
        }
        catch (RegexMatchTimeoutException)
        {
            batch.TimedOut++;
            return false;
        }
    }
}
