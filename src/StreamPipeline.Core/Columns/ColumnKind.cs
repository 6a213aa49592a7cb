using Apache.Arrow.Types;

namespace StreamPipeline.Core.Columns;

/// <summary>How the values of a column are read and compared. Stable: part of stored formats.</summary>
internal enum ColumnKind : byte
{
    /// <summary>A struct, a list, or another width or unit: only its presence can be read.</summary>
    Other = 0,

    /// <summary>utf8.</summary>
    Text = 1,

    /// <summary>int64.</summary>
    Integer = 2,

    /// <summary>double.</summary>
    Number = 3,

    /// <summary>bool.</summary>
    Boolean = 4,

    /// <summary>timestamp[us]: microseconds since the epoch.</summary>
    Timestamp = 5,

    /// <summary>date32: days since the epoch.</summary>
    Date = 6,
}

internal static class ColumnKinds
{
    public static ColumnKind Of(IArrowType type) => type switch
    {
        StringType => ColumnKind.Text,
        Int64Type => ColumnKind.Integer,
        DoubleType => ColumnKind.Number,
        BooleanType => ColumnKind.Boolean,
        TimestampType { Unit: TimeUnit.Microsecond } => ColumnKind.Timestamp,
        Date32Type => ColumnKind.Date,
        _ => ColumnKind.Other,
    };

    /// <summary>Integers and doubles.</summary>
    public static bool IsNumeric(this ColumnKind kind) => kind is ColumnKind.Integer or ColumnKind.Number;

    /// <summary>Points in time: a date is the midnight, UTC, with which it begins.</summary>
    public static bool IsInstant(this ColumnKind kind) => kind is ColumnKind.Timestamp or ColumnKind.Date;

    /// <summary>The kind as a user of JSON Schema knows it.</summary>
    public static string Name(this ColumnKind kind) => kind switch
    {
        ColumnKind.Text => "string",
        ColumnKind.Integer => "integer",
        ColumnKind.Number => "number",
        ColumnKind.Boolean => "boolean",
        ColumnKind.Timestamp => "date-time",
        ColumnKind.Date => "date",
        _ => "nested value",
    };

    /// <summary>What a column of the kind holds, for messages.</summary>
    public static string Values(this ColumnKind kind) => kind switch
    {
        ColumnKind.Text => "text",
        ColumnKind.Timestamp => "timestamps",
        _ => kind.Name() + "s",
    };
}
