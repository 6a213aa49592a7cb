using Apache.Arrow;
using Apache.Arrow.Types;
using StreamPipeline.Core.Configuration;
using StreamPipeline.Core.Decoding.Columns;

namespace StreamPipeline.Core.Columns;

/// <summary>A column of a schema, found by its dotted path through structs. Immutable, compared by reference.</summary>
internal sealed class ColumnPath
{
    private ColumnPath(string text, int[] indexes, string[] names, IArrowType type, bool nullable)
    {
        Text = text;
        Indexes = indexes;
        Names = names;
        Kind = ColumnKinds.Of(type);
        Type = type;
        Nullable = nullable;
    }

    /// <summary>The path as the user wrote it.</summary>
    public string Text { get; }

    /// <summary>Index of the column, then of the field within each struct.</summary>
    public int[] Indexes { get; }

    /// <summary>Name of the column, then of the field within each struct: a name may hold a dot itself.</summary>
    public string[] Names { get; }

    public ColumnKind Kind { get; }

    public IArrowType Type { get; }

    /// <summary>True when the column or a struct around it may be null.</summary>
    public bool Nullable { get; }

    /// <summary>A column of any type; null when there is none.</summary>
    public static ColumnPath? Find(Schema schema, string path) => Find(schema.FieldsList, path, path, []);

    /// <summary>Null with <paramref name="message"/> and <paramref name="fix"/> set when there is no such scalar column.</summary>
    public static ColumnPath? FindScalar(Schema schema, string path, out string message, out string fix)
    {
        message = fix = "";
        if (Find(schema, path) is not { } found)
        {
            message = $"there is no column '{path}'";
            fix = NearestName.Suggest(path, PathsOf(schema).Where(column => column.Kind != ColumnKind.Other).Select(column => column.Path));
            return null;
        }

        if (found.Kind != ColumnKind.Other)
        {
            return found;
        }

        message = $"column '{path}' is of type {found.Type.Name}, not a scalar";
        fix = found.Type is StructType { Fields.Count: > 0 } @struct
            ? $"name a field of it, such as '{path}.{@struct.Fields[0].Name}'"
            : "use a string, integer, number, boolean, date-time or date column";
        return null;
    }

    /// <summary>Every path there is, structs before what they hold.</summary>
    public static IEnumerable<(string Path, ColumnKind Kind)> PathsOf(Schema schema) => PathsOf(schema.FieldsList, "");

    /// <summary>The column's values in a batch of the schema that the path was found in.</summary>
    /// <param name="batch">The batch.</param>
    /// <param name="memory">Where memory comes from, and whose it then is; null: the garbage collector's.</param>
    /// <exception cref="ArgumentException">The batch has another schema.</exception>
    public ColumnView In(RecordBatch batch, ColumnBuffers? memory = null)
    {
        if (Indexes[0] >= batch.ColumnCount)
        {
            throw new ArgumentException($"the batch has {batch.ColumnCount} columns, but '{Text}' is column {Indexes[0]}", nameof(batch));
        }

        var array = batch.Column(Indexes[0]);
        var valid = ColumnView.MergeValidity(null, array, memory);
        foreach (var index in Indexes.AsSpan(1))
        {
            array = array is StructArray @struct && index < @struct.Fields.Count
                ? @struct.Fields[index]
                : throw new ArgumentException($"the batch has no struct where '{Text}' needs one", nameof(batch));
            valid = ColumnView.MergeValidity(valid, array, memory);
        }

        return ColumnKinds.Of(array.Data.DataType) == Kind
            ? new ColumnView(Kind, array, valid)
            : throw new ArgumentException(
                $"the batch holds '{Text}' as {array.Data.DataType.Name}, but it was bound as {Type.Name}", nameof(batch));
    }

    /// <summary>A whole name is tried first, so that a field with a dot in its name stays reachable.</summary>
    private static ColumnPath? Find(IReadOnlyList<Field> fields, string rest, string path, List<(int Index, Field Field)> around)
    {
        for (var i = 0; i < fields.Count; i++)
        {
            if (fields[i].Name == rest)
            {
                List<(int Index, Field Field)> way = [.. around, (i, fields[i])];
                return new ColumnPath(
                    path,
                    [.. way.Select(step => step.Index)],
                    [.. way.Select(step => step.Field.Name)],
                    fields[i].DataType,
                    way.Exists(step => step.Field.IsNullable));
            }
        }

        for (var i = 0; i < fields.Count; i++)
        {
            if (fields[i].DataType is StructType @struct
                && rest.StartsWith(fields[i].Name + ".", StringComparison.Ordinal)
                && Find(@struct.Fields, rest[(fields[i].Name.Length + 1)..], path, [.. around, (i, fields[i])]) is { } found)
            {
                return found;
            }
        }

        return null;
    }

    private static IEnumerable<(string Path, ColumnKind Kind)> PathsOf(IReadOnlyList<Field> fields, string prefix)
    {
        foreach (var field in fields)
        {
            yield return (prefix + field.Name, ColumnKinds.Of(field.DataType));
            if (field.DataType is StructType @struct)
            {
                foreach (var inner in PathsOf(@struct.Fields, $"{prefix}{field.Name}."))
                {
                    yield return inner;
                }
            }
        }
    }
}
