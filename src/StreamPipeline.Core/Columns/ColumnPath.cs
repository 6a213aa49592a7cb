using Apache.Arrow;
using Apache.Arrow.Types;
using StreamPipeline.Core.Configuration;

namespace StreamPipeline.Core.Columns;

/// <summary>A scalar column of a schema, found by its dotted path through structs.</summary>
internal sealed class ColumnPath
{
    private readonly int[] _indexes;

    private ColumnPath(string text, int[] indexes, ColumnKind kind, IArrowType type, bool nullable)
    {
        Text = text;
        _indexes = indexes;
        Kind = kind;
        Type = type;
        Nullable = nullable;
    }

    /// <summary>The path as the user wrote it.</summary>
    public string Text { get; }

    public ColumnKind Kind { get; }

    public IArrowType Type { get; }

    /// <summary>True when the column or a struct around it may be null.</summary>
    public bool Nullable { get; }

    /// <summary>Null with <paramref name="message"/> and <paramref name="fix"/> set when there is no such scalar column.</summary>
    public static ColumnPath? Find(Schema schema, string path, out string message, out string fix)
    {
        message = fix = "";
        var indexes = new List<int>();
        var nullable = false;
        var fields = schema.FieldsList;
        var rest = path;
        while (true)
        {
            var index = Match(fields, rest, out var matched);
            if (index < 0)
            {
                var prefix = path[..^rest.Length];
                var near = NearestName.Of(path, Scalars(schema.FieldsList, ""));
                message = $"there is no column '{path}'";
                fix = near is null
                    ? $"use one of: {string.Join(", ", fields.Take(20).Select(field => prefix + field.Name))}"
                    : $"did you mean '{near}'?";
                return null;
            }

            var field = fields[index];
            indexes.Add(index);
            nullable |= field.IsNullable;
            if (matched == rest.Length)
            {
                if (ColumnKinds.Of(field.DataType) is { } kind)
                {
                    return new ColumnPath(path, [.. indexes], kind, field.DataType, nullable);
                }

                message = $"column '{path}' is of type {field.DataType.Name}, not a scalar";
                fix = field.DataType is StructType @struct && @struct.Fields.Count > 0
                    ? $"name a field of it, such as '{path}.{@struct.Fields[0].Name}'"
                    : "use a string, integer, number, boolean, date-time or date column";
                return null;
            }

            rest = rest[(matched + 1)..];
            fields = ((StructType)field.DataType).Fields;
        }
    }

    /// <summary>The column's values in a batch of the schema that the path was found in.</summary>
    /// <exception cref="ArgumentException">The batch has another schema.</exception>
    public ColumnView In(RecordBatch batch)
    {
        if (_indexes[0] >= batch.ColumnCount)
        {
            throw new ArgumentException($"the batch has {batch.ColumnCount} columns, but '{Text}' is column {_indexes[0]}", nameof(batch));
        }

        var array = batch.Column(_indexes[0]);
        var valid = ColumnView.MergeValidity(null, array);
        foreach (var index in _indexes.AsSpan(1))
        {
            array = array is StructArray @struct && index < @struct.Fields.Count
                ? @struct.Fields[index]
                : throw new ArgumentException($"the batch has no struct where '{Text}' needs one", nameof(batch));
            valid = ColumnView.MergeValidity(valid, array);
        }

        if (ColumnKinds.Of(array.Data.DataType) != Kind)
        {
            throw new ArgumentException(
                $"the batch holds '{Text}' as {array.Data.DataType.Name}, but it was bound as {Type.Name}", nameof(batch));
        }

        return new ColumnView(Kind, array, valid);
    }

    /// <summary>A whole name is tried first, so that a field with a dot in its name stays reachable.</summary>
    private static int Match(IReadOnlyList<Field> fields, string rest, out int matched)
    {
        matched = rest.Length;
        for (var i = 0; i < fields.Count; i++)
        {
            if (fields[i].Name == rest)
            {
                return i;
            }
        }

        for (var i = 0; i < fields.Count; i++)
        {
            var name = fields[i].Name;
            if (fields[i].DataType is StructType && rest.Length > name.Length + 1 && rest[name.Length] == '.'
                && rest.StartsWith(name, StringComparison.Ordinal))
            {
                matched = name.Length;
                return i;
            }
        }

        return -1;
    }

    private static IEnumerable<string> Scalars(IReadOnlyList<Field> fields, string prefix)
    {
        foreach (var field in fields)
        {
            if (field.DataType is StructType @struct)
            {
                foreach (var name in Scalars(@struct.Fields, $"{prefix}{field.Name}."))
                {
                    yield return name;
                }
            }
            else if (ColumnKinds.Of(field.DataType) is not null)
            {
                yield return prefix + field.Name;
            }
        }
    }
}
