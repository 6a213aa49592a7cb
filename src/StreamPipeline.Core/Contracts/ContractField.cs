using Apache.Arrow;

namespace StreamPipeline.Core.Contracts;

/// <summary>One field of a contract: a column, a member of a struct, or the item of a list. Immutable.</summary>
public sealed class ContractField
{
    /// <summary>Name of an array's item, which has none in JSON Schema.</summary>
    public const string ItemName = "item";

    /// <summary>Member name; <see cref="ItemName"/> for the item of a list.</summary>
    public required string Name { get; init; }

    /// <summary>Dotted path from the root, such as <c>user.address.city</c>; items of lists add <c>[]</c>.</summary>
    public required string Path { get; init; }

    public required FieldKind Kind { get; init; }

    /// <summary>Whether JSON <c>null</c> is a valid value. Always true for <see cref="FieldKind.Json"/>.</summary>
    public required bool Nullable { get; init; }

    /// <summary>Whether its object must have it. True for the item of a list.</summary>
    public required bool Required { get; init; }

    /// <summary>Limits of <see cref="FieldKind.String"/>, <see cref="FieldKind.Timestamp"/> and <see cref="FieldKind.Date"/>; else null.</summary>
    public TextLimits? Text { get; init; }

    /// <summary>Limits of <see cref="FieldKind.Integer"/> and <see cref="FieldKind.Number"/>; else null.</summary>
    public NumberLimits? Number { get; init; }

    /// <summary>For <see cref="FieldKind.Boolean"/> with <c>enum</c> or <c>const</c>: the only value allowed; null: both are.</summary>
    public bool? OnlyBoolean { get; init; }

    /// <summary>Members of <see cref="FieldKind.Object"/> in the order of the file; else empty.</summary>
    public IReadOnlyList<ContractField> Children { get; init; } = [];

    /// <summary>For <see cref="FieldKind.Object"/>: unknown members go to <c>_extra</c> when true, are violations when false.</summary>
    public bool AllowsUnknown { get; init; } = true;

    /// <summary>What a <see cref="FieldKind.List"/> holds; else null.</summary>
    public ContractField? Item { get; init; }

    /// <summary>Fewest items of a list.</summary>
    public int ItemsMin { get; init; }

    /// <summary>Most items of a list; <see cref="int.MaxValue"/>: no limit.</summary>
    public int ItemsMax { get; init; } = int.MaxValue;

    /// <summary>The column: nullable unless the field is required and <c>null</c> is not a valid value.</summary>
    public required Field Arrow { get; init; }

    /// <summary><c>enum</c> or <c>const</c> as it was written; null: neither.</summary>
    internal SchemaValues? AllowedValues { get; init; }

    public override string ToString() => $"{Path}: {Kind}";
}
