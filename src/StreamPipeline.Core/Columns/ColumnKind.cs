using Apache.Arrow.Types;

namespace StreamPipeline.Core.Columns;

/// <summary>The scalar types that group keys, measures and deduplication keys read. Stable: part of stored formats.</summary>
internal enum ColumnKind : byte
{
    /// <summary>utf8.</summary>
    Text = 1,

    /// <summary>int64.</summary>
    Integer = 2,

    /// <summary>double.</summary>
    Number = 3,

    /// <summary>bool.</summary>
    Boolean = 4,

    /// <summary>timestamp[us].</summary>
    Timestamp = 5,

    /// <summary>date32: days since the epoch.</summary>
    Date = 6,
}

internal static class ColumnKinds
{
    /// <summary>Null when the type is none of those: a struct, a list, another width or unit.</summary>
    public static ColumnKind? Of(IArrowType type) => type switch
    {
        StringType => ColumnKind.Text,
        Int64Type => ColumnKind.Integer,
        DoubleType => ColumnKind.Number,
        BooleanType => ColumnKind.Boolean,
        TimestampType { Unit: TimeUnit.Microsecond } => ColumnKind.Timestamp,
        Date32Type => ColumnKind.Date,
        _ => null,
    };

    /// <summary>The kind as a user of JSON Schema knows it.</summary>
    public static string Name(this ColumnKind kind) => kind switch
    {
        ColumnKind.Text => "string",
        ColumnKind.Integer => "integer",
        ColumnKind.Number => "number",
        ColumnKind.Boolean => "boolean",
        ColumnKind.Timestamp => "date-time",
        _ => "date",
    };
}
