using System.Data.Common;
using System.Reflection;

namespace StreamPipeline.Embedded.Query;

/// <summary>
/// How values of a result are read. A list or a map of DuckDB may hold NULLs whatever its type; DuckDB.NET makes a <c>List&lt;long&gt;</c> of it, which cannot, unless it is asked for
/// a <c>List&lt;long?&gt;</c>.
/// </summary>
internal static class NestedValues
{
    private static readonly MethodInfo _read = typeof(NestedValues).GetMethod(nameof(Read), BindingFlags.Static | BindingFlags.NonPublic)!;

    /// <param name="type">What DuckDB.NET would make of a column.</param>
    public static Func<DbDataReader, int, object?> ReaderOf(Type type)
    {
        var asked = OfNullables(type);
        return asked == type ? (reader, column) => reader.GetValue(column) : _read.MakeGenericMethod(asked).CreateDelegate<Func<DbDataReader, int, object?>>();
    }

    private static Type OfNullables(Type type)
    {
        if (!type.IsGenericType)
        {
            return type;
        }

        var parts = type.GetGenericArguments();
        var kind = type.GetGenericTypeDefinition();
        if (kind == typeof(List<>))
        {
            return kind.MakeGenericType(AsNullable(parts[0]));
        }

        return kind == typeof(Dictionary<,>) ? kind.MakeGenericType(parts[0], AsNullable(parts[1])) : type;
    }

    private static Type AsNullable(Type type) => type.IsValueType ? typeof(Nullable<>).MakeGenericType(type) : OfNullables(type);

    private static object? Read<T>(DbDataReader reader, int column) => reader.GetFieldValue<T>(column);
}
