using Apache.Arrow;
using Apache.Arrow.Types;
using Parquet.Schema;
using Field = Apache.Arrow.Field;

namespace StreamPipeline.Core.Lake;

/// <summary>How a leaf's values are handed to Parquet.Net.</summary>
internal enum LeafForm
{
    Boolean,
    Int32,
    Int64,
    Float,
    Double,

    /// <summary>utf8 as UTF-16, which Parquet.Net can put into a dictionary.</summary>
    Text,

    /// <summary>binary, and utf8 that a dictionary would not shrink: the bytes as they are.</summary>
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
        StringType => LeafForm.Text,
        BinaryType => LeafForm.Bytes,
        _ => throw new NotSupportedException($"column '{column}' has Arrow type {type.Name}, which lake tables do not store"),
    };

    /// <summary>The CLR type that Parquet.Net wants for the leaf's values.</summary>
    public Type ClrType => Form switch
    {
        LeafForm.Boolean => typeof(bool),
        LeafForm.Int32 => typeof(int),
        LeafForm.Int64 => typeof(long),
        LeafForm.Float => typeof(float),
        LeafForm.Double => typeof(double),
        LeafForm.Text => typeof(string),
        _ => typeof(byte[]),
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

/// <summary>
/// The leaves of an Arrow schema and the Parquet.Net schema to write them with. Parquet.Net sees placeholder names and plain
/// integers: it drops empty names, and computes microsecond statistics in milliseconds; <see cref="ParquetFooter"/> puts the
/// real names and types into the finished file.
/// </summary>
internal sealed class ParquetLayout
{
    public const string ListGroup = "list";
    public const string ListItem = "element";

    private readonly List<ParquetLeaf> _leaves = [];

    /// <param name="schema">What is written.</param>
    /// <param name="textAsBytes">Whether a dictionary would not pay for a text leaf.</param>
    /// <exception cref="NotSupportedException">A column has a type that tables do not hold; the message names it.</exception>
    public ParquetLayout(Schema schema, Func<ParquetLeaf, bool> textAsBytes)
    {
        Schema = schema;
        var fields = new Parquet.Schema.Field[schema.FieldsList.Count];
        for (var i = 0; i < fields.Length; i++)
        {
            var field = schema.FieldsList[i];
            fields[i] = Add(field, Placeholder(i), i, [], [field.Name], textAsBytes);
        }

        Physical = new ParquetSchema(fields);
    }

    public Schema Schema { get; }

    public ParquetSchema Physical { get; }

    /// <summary>In file order, one for each of <see cref="ParquetSchema.DataFields"/>.</summary>
    public IReadOnlyList<ParquetLeaf> Leaves => _leaves;

    public static string Placeholder(int index) => string.Create(null, $"c{index}");

    private Parquet.Schema.Field Add(
        Field field, string name, int column, LeafStep[] steps, string[] path, Func<ParquetLeaf, bool> textAsBytes)
    {
        switch (field.DataType)
        {
            case ListType list:
                // Parquet.Net makes every list and struct optional, whatever the Arrow field says.
                return new ListField(name, Add(
                    list.ValueField, ListItem, column, [.. steps, new LeafStep(true, 0, true)], [.. path, ListGroup, ListItem], textAsBytes));
            case StructType { Fields.Count: 0 }:
                throw new NotSupportedException($"column '{string.Join('.', path)}' is a struct without fields, which Parquet cannot hold");
            case StructType @struct:
                var members = new Parquet.Schema.Field[@struct.Fields.Count];
                for (var i = 0; i < members.Length; i++)
                {
                    var member = @struct.Fields[i];
                    members[i] = Add(
                        member, Placeholder(i), column, [.. steps, new LeafStep(false, i, true)], [.. path, member.Name], textAsBytes);
                }

                return new StructField(name, members);
            default:
                var form = ParquetLeaf.FormOf(field.DataType, string.Join('.', path));
                var leaf = new ParquetLeaf(column, field, form, steps, field.IsNullable, path);
                leaf = form == LeafForm.Text && textAsBytes(leaf) ? leaf with { Form = LeafForm.Bytes } : leaf;
                _leaves.Add(leaf);
                return new DataField(name, leaf.ClrType, isNullable: field.IsNullable, isArray: false);
        }
    }
}
