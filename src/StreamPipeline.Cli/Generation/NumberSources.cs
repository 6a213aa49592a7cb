using StreamPipeline.Core.Contracts;

namespace StreamPipeline.Cli.Generation;

/// <summary>Integers low + step × k, mostly near the middle.</summary>
internal sealed class IntegerSource(long low, long stepsMax, long step) : ValueSource
{
    public override void Write(EventDraft draft)
    {
        // Doubles are exact enough to pick a step; the clamp covers the rounding of huge ranges.
        var k = Math.Min(stepsMax, (long)(draft.Random.Bell() * (stepsMax + 1.0)));
        draft.Buffer.Append(low + (Math.Max(0, k) * step));
    }
}

/// <summary>Integers low + step × n for the n-th event.</summary>
internal sealed class CountedIntegerSource(long low, long step) : ValueSource
{
    public override bool IsUnique => true;

    public override void Write(EventDraft draft) => draft.Buffer.Append(low + (draft.Ordinal * step));
}

/// <summary>Multiples of a decimal number, written exactly.</summary>
internal sealed class DecimalSource(decimal step, long kLow, long kHigh) : ValueSource
{
    public override void Write(EventDraft draft)
    {
        var k = Math.Min(kHigh, kLow + (long)(draft.Random.Bell() * (kHigh - kLow + 1.0)));
        draft.Buffer.Append(step * k);
    }
}

/// <summary>Doubles within bounds, with two decimals where the bounds leave room for them.</summary>
internal sealed class DoubleSource(double low, double high, NumberLimits limits) : ValueSource
{
    public override void Write(EventDraft draft)
    {
        var exact = low + (draft.Random.Bell() * (high - low));
        var rounded = Math.Round(exact, 2);
        draft.Buffer.Append(IsValid(rounded) ? rounded : IsValid(exact) ? exact : low + ((high - low) / 2));
    }

    private bool IsValid(double value) =>
        value >= low && value <= high && value != limits.ExclusiveMinimum && value != limits.ExclusiveMaximum;
}

/// <summary>The time of the event itself, as the contract's type has it.</summary>
/// <param name="unitUs">Microseconds in one unit of an integer field; 0 for date-time fields.</param>
internal sealed class EventTimeSource(long unitUs) : ValueSource
{
    public override void Write(EventDraft draft)
    {
        if (unitUs == 0)
        {
            draft.Buffer.AppendTimestamp(draft.EventTimeUs);
        }
        else
        {
            draft.Buffer.Append(draft.EventTimeUs / unitUs);
        }
    }
}

/// <summary>Some time around the event's.</summary>
internal sealed class TimestampSource(bool dateOnly) : ValueSource
{
    private const long HourUs = 3_600_000_000;

    public override void Write(EventDraft draft)
    {
        var us = draft.EventTimeUs + draft.Random.Between(dateOnly ? -24 * 30 * HourUs : -HourUs, 0);
        if (dateOnly)
        {
            draft.Buffer.AppendDate(us);
        }
        else
        {
            draft.Buffer.AppendTimestamp(us);
        }
    }
}
