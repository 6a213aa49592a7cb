using Apache.Arrow;
using Apache.Arrow.Types;

namespace StreamPipeline.Core.Contracts;

/// <summary>Gives each field its Arrow type.</summary>
internal static class FieldBuilder
{
    public static ContractField Json(Place place) => new()
    {
        Name = place.Name,
        Path = place.Path,
        Kind = FieldKind.Json,
        Nullable = true,
        Required = place.Required,
        Arrow = new Field(place.Name, StringType.Default, nullable: true),
    };

    public static ContractField Text(Place place, bool nullable, TextLimits limits, SchemaValues? values)
    {
        var (kind, type) = limits.Format switch
        {
            TextFormat.DateTime => (FieldKind.Timestamp, (IArrowType)new TimestampType(TimeUnit.Microsecond, "UTC")),
            TextFormat.Date => (FieldKind.Date, Date32Type.Default),
            _ => (FieldKind.String, StringType.Default),
        };
        return new ContractField
        {
            Name = place.Name,
            Path = place.Path,
            Kind = kind,
            Nullable = nullable,
            Required = place.Required,
            Text = limits,
            AllowedValues = values,
            Arrow = Column(place, type, nullable),
        };
    }

    public static ContractField Number(Place place, FieldKind kind, bool nullable, NumberLimits limits, SchemaValues? values) => new()
    {
        Name = place.Name,
        Path = place.Path,
        Kind = kind,
        Nullable = nullable,
        Required = place.Required,
        Number = limits,
        AllowedValues = values,
        Arrow = Column(place, kind == FieldKind.Integer ? Int64Type.Default : DoubleType.Default, nullable),
    };

    public static ContractField Boolean(Place place, bool nullable, bool? only, SchemaValues? values) => new()
    {
        Name = place.Name,
        Path = place.Path,
        Kind = FieldKind.Boolean,
        Nullable = nullable,
        Required = place.Required,
        OnlyBoolean = only,
        AllowedValues = values,
        Arrow = Column(place, BooleanType.Default, nullable),
    };

    public static ContractField Object(Place place, bool nullable, IReadOnlyList<ContractField> children, bool allowsUnknown) => new()
    {
        Name = place.Name,
        Path = place.Path,
        Kind = FieldKind.Object,
        Nullable = nullable,
        Required = place.Required,
        Children = children,
        AllowsUnknown = allowsUnknown,
        Arrow = Column(place, new StructType([.. children.Select(child => child.Arrow)]), nullable),
    };

    public static ContractField List(Place place, bool nullable, ContractField item, int itemsMin, int itemsMax) => new()
    {
        Name = place.Name,
        Path = place.Path,
        Kind = FieldKind.List,
        Nullable = nullable,
        Required = place.Required,
        Item = item,
        ItemsMin = itemsMin,
        ItemsMax = itemsMax,
        Arrow = Column(place, new ListType(item.Arrow), nullable),
    };

    private static Field Column(Place place, IArrowType type, bool nullable) =>
        new(place.Name, type, nullable || !place.Required);
}
