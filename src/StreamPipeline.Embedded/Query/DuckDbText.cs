using Apache.Arrow;
using Apache.Arrow.Types;

namespace StreamPipeline.Embedded.Query;

/// <summary>Names, literals and types as DuckDB SQL. Stream and metric names are input: nothing reaches SQL unquoted.</summary>
internal static class DuckDbText
{
    public static string Name(string name) => "\"" + name.Replace("\"", "\"\"", StringComparison.Ordinal) + "\"";

    public static string Literal(string text) => "'" + text.Replace("'", "''", StringComparison.Ordinal) + "'";

    /// <summary>The columns of a table that has no rows.</summary>
    public static string EmptySelect(Schema schema) =>
        "SELECT " + string.Join(", ", schema.FieldsList.Select(field => $"NULL::{TypeOf(field.DataType)} AS {Name(field.Name)}")) + " WHERE false";

    private static string TypeOf(IArrowType type) => type switch
    {
        BooleanType => "BOOLEAN",
        Int32Type => "INTEGER",
        Int64Type => "BIGINT",
        FloatType => "FLOAT",
        DoubleType => "DOUBLE",
        Date32Type => "DATE",
        StringType => "VARCHAR",
        BinaryType => "BLOB",
        TimestampType { Timezone.Length: > 0 } => "TIMESTAMPTZ",
        TimestampType { Unit: TimeUnit.Nanosecond } => "TIMESTAMP_NS",
        TimestampType => "TIMESTAMP",
        ListType list => TypeOf(list.ValueDataType) + "[]",
        StructType @struct => $"STRUCT({string.Join(", ", @struct.Fields.Select(field => $"{Name(field.Name)} {TypeOf(field.DataType)}"))})",
        _ => throw new NotSupportedException($"Arrow type {type.Name} has no DuckDB type here"),
    };
}
