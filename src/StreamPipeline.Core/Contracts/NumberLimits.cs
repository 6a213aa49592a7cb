namespace StreamPipeline.Core.Contracts;

/// <summary>What JSON Schema asserts on a number.</summary>
public sealed record NumberLimits
{
    /// <summary>Inclusive; null: no limit.</summary>
    public double? Minimum { get; init; }

    public double? ExclusiveMinimum { get; init; }

    /// <summary>Inclusive; null: no limit.</summary>
    public double? Maximum { get; init; }

    public double? ExclusiveMaximum { get; init; }

    /// <summary>For integers, the smallest one that both minimum forms allow, computed exactly.</summary>
    public long IntegerMinimum { get; init; } = long.MinValue;

    /// <summary>For integers, the greatest one that both maximum forms allow, computed exactly.</summary>
    public long IntegerMaximum { get; init; } = long.MaxValue;

    /// <summary>Greater than 0; null: no limit.</summary>
    public double? MultipleOf { get; init; }

    /// <summary><c>enum</c> or <c>const</c> of an integer, ascending; null: any value.</summary>
    public IReadOnlyList<long>? IntegerValues { get; init; }

    /// <summary><c>enum</c> or <c>const</c> of a number, ascending; null: any value.</summary>
    public IReadOnlyList<double>? Values { get; init; }

    internal long[]? IntegerValuesSorted { get; init; }

    internal double[]? ValuesSorted { get; init; }

    /// <summary>The exact form of <see cref="MultipleOf"/>.</summary>
    internal ExactMultiple? Multiple { get; init; }
}
