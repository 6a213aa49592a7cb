using Apache.Arrow;
using Apache.Arrow.Types;

namespace StreamPipeline.Core.Lake;

/// <summary>What a leaf's values are in Parquet.</summary>
internal enum LeafForm
{
    Boolean,
    Int32,
    Int64,
    Float,
    Double,

    /// <summary>utf8 and binary.</summary>
    Bytes,
}

/// <summary>One step from a column down to a leaf.</summary>
/// <param name="IsList">A list; otherwise a struct.</param>
/// <param name="Child">Which child of the struct the way goes on to; 0 for lists.</param>
/// <param name="IsOptional">A null here takes a definition level of its own.</param>
internal readonly record struct LeafStep(bool IsList, int Child, bool IsOptional);

/// <summary>
/// One primitive column of a Parquet file, and the way to it from the Arrow column that it belongs to.
/// Source of the level arithmetic: parquet-format README, "Nested Encoding" (Dremel).
/// </summary>
/// <param name="Column">Index of the Arrow column.</param>
/// <param name="Field">The Arrow leaf.</param>
/// <param name="Form">How its values travel.</param>
/// <param name="Steps">From the column to the leaf; empty for flat columns.</param>
/// <param name="IsOptional">The leaf itself may be null.</param>
/// <param name="Path">Names as they stand in the file, <c>list</c> and <c>element</c> included.</param>
internal sealed record ParquetLeaf(int Column, Field Field, LeafForm Form, LeafStep[] Steps, bool IsOptional, string[] Path)
{
    public int DefinitionMax { get; } = Steps.Sum(step => (step.IsOptional ? 1 : 0) + (step.IsList ? 1 : 0)) + (IsOptional ? 1 : 0);

    public int RepetitionMax { get; } = Steps.Count(step => step.IsList);

    /// <exception cref="NotSupportedException">Parquet tables do not hold this type; the message names the column.</exception>
    public static LeafForm FormOf(IArrowType type, string column) => type switch
    {
        BooleanType => LeafForm.Boolean,
        Int32Type or Date32Type => LeafForm.Int32,
        Int64Type => LeafForm.Int64,
        TimestampType { Unit: not TimeUnit.Second } => LeafForm.Int64,
        FloatType => LeafForm.Float,
        DoubleType => LeafForm.Double,
        StringType or BinaryType => LeafForm.Bytes,
        _ => throw new NotSupportedException($"column '{column}' has Arrow type {type.Name}, which lake tables do not store"),
    };

    /// <summary>The leaf's own array within a column, with which rows of it the column can reach left to the caller.</summary>
    public ArrayData LeafOf(ArrayData column)
    {
        foreach (var step in Steps)
        {
            column = column.Children[step.Child];
        }

        return column;
    }
}

/// <summary>The leaves of an Arrow schema, in file order.</summary>
internal sealed class ParquetLayout
{
    public const string ListGroup = "list";
    public const string ListItem = "element";

    private readonly List<ParquetLeaf> _leaves = [];

    /// <param name="schema">What is written.</param>
    /// <exception cref="NotSupportedException">A column has a type that tables do not hold; the message names it.</exception>
    public ParquetLayout(Schema schema)
    {
        Schema = schema;
        for (var i = 0; i < schema.FieldsList.Count; i++)
        {
            Add(schema.FieldsList[i], i, [], [schema.FieldsList[i].Name]);
        }
    }

    public Schema Schema { get; }

    public IReadOnlyList<ParquetLeaf> Leaves => _leaves;

    /// <summary>What Parquet.Net reads instead of names: it drops empty ones.</summary>
    public static string Placeholder(int index) => string.Create(null, $"c{index}");

    private void Add(Field field, int column, LeafStep[] steps, string[] path)
    {
        switch (field.DataType)
        {
            // Every list and struct is optional in the file, whatever the Arrow field says: a contract may make it so later.
            case ListType list:
                Add(list.ValueField, column, [.. steps, new LeafStep(true, 0, true)], [.. path, ListGroup, ListItem]);
                break;
            case StructType { Fields.Count: 0 }:
                throw new NotSupportedException($"column '{string.Join('.', path)}' is a struct without fields, which Parquet cannot hold");
            case StructType @struct:
                for (var i = 0; i < @struct.Fields.Count; i++)
                {
                    Add(@struct.Fields[i], column, [.. steps, new LeafStep(false, i, true)], [.. path, @struct.Fields[i].Name]);
                }

                break;
            default:
                var form = ParquetLeaf.FormOf(field.DataType, string.Join('.', path));
                _leaves.Add(new ParquetLeaf(column, field, form, steps, field.IsNullable, path));
                break;
        }
    }
}
