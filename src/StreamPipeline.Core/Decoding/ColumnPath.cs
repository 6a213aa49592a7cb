using Apache.Arrow;
using Apache.Arrow.Types;

namespace StreamPipeline.Core.Decoding;

/// <summary>A dotted path through structs, resolved once against a schema and then against each batch of it.</summary>
internal static class ColumnPath
{
    /// <summary>Child indexes from the root; null when there is no such column.</summary>
    public static int[]? Find(Schema schema, string dottedPath)
    {
        IReadOnlyList<Field> fields = schema.FieldsList;
        var path = new List<int>();
        foreach (var name in dottedPath.Split('.'))
        {
            var index = -1;
            for (var i = 0; i < fields.Count; i++)
            {
                if (fields[i].Name == name)
                {
                    index = i;
                    break;
                }
            }

            if (index < 0)
            {
                return null;
            }

            path.Add(index);
            fields = fields[index].DataType is StructType structs ? structs.Fields : [];
        }

        return [.. path];
    }

    /// <summary>The leaf's array, and the structs above it: a null there is a null below.</summary>
    public static IArrowArray Resolve(RecordBatch batch, int[] path, out StructArray[] parents)
    {
        parents = path.Length == 1 ? [] : new StructArray[path.Length - 1];
        var array = batch.Column(path[0]);
        for (var i = 1; i < path.Length; i++)
        {
            parents[i - 1] = (StructArray)array;
            array = parents[i - 1].Fields[path[i]];
        }

        return array;
    }

    public static bool AnyNull(StructArray[] parents, int row)
    {
        foreach (var parent in parents)
        {
            if (parent.IsNull(row))
            {
                return true;
            }
        }

        return false;
    }
}
