using System.Globalization;
using Apache.Arrow;
using Apache.Arrow.Types;

namespace StreamPipeline.Core.Lake;

/// <summary>
/// A Parquet file's schema as Arrow, and its leaves. Building it also turns the footer into what Parquet.Net reads exactly:
/// placeholder names and plain physical types (see <see cref="ParquetFooter"/>).
/// </summary>
internal sealed class ParquetReadPlan
{
    private const int DepthMax = 128;

    private readonly IReadOnlyList<object> _elements;
    private readonly List<ParquetLeaf> _leaves = [];
    private readonly List<string[]> _placeholders = [];
    private int _at = 1;

    /// <exception cref="InvalidDataException">The schema contradicts itself.</exception>
    /// <exception cref="NotSupportedException">A column has a type that the lake does not hold.</exception>
    public ParquetReadPlan(ThriftStruct footer)
    {
        _elements = footer.List(ParquetFields.Schema);
        var count = _elements.Count == 0 ? 0 : ((ThriftStruct)_elements[0]).Int(ParquetFields.Children) ?? 0;
        var fields = new List<Field>();
        for (var i = 0; i < count; i++)
        {
            fields.Add(ReadField(i, [], ParquetLayout.Placeholder(i), [], []));
        }

        Schema = new Schema(fields, null);
        foreach (var group in footer.List(ParquetFields.RowGroups))
        {
            RenameChunks((ThriftStruct)group);
        }
    }

    public Schema Schema { get; }

    public IReadOnlyList<ParquetLeaf> Leaves => _leaves;

    private Field ReadField(int column, LeafStep[] steps, string placeholder, string[] path, string[] hidden)
    {
        var element = Next(path);
        var name = element.Text(ParquetFields.Name);
        path = [.. path, name];
        hidden = [.. hidden, placeholder];
        element[ParquetFields.Name] = System.Text.Encoding.UTF8.GetBytes(placeholder);
        var repetition = element.Int(ParquetFields.Repetition) ?? ParquetFields.Required;
        if (path.Length > DepthMax || repetition == ParquetFields.Repeated)
        {
            throw Unsupported(path, path.Length > DepthMax ? $"nests deeper than {DepthMax}" : "is repeated outside a three-level LIST");
        }

        var isOptional = repetition != ParquetFields.Required;
        if (element.Int(ParquetFields.PhysicalType) is { } physical)
        {
            return ReadLeaf(element, physical, new LeafPlace(column, steps, isOptional, path, hidden), name);
        }

        var isList = element.Int(ParquetFields.ConvertedType) == ParquetFields.ConvertedList
            || element.Struct(ParquetFields.LogicalType)?.Struct(ParquetFields.LogicalList) is not null;
        return isList
            ? ReadList(column, steps, isOptional, path, hidden)
            : ReadStruct(element, column, steps, isOptional, path, hidden);
    }

    private Field ReadList(int column, LeafStep[] steps, bool isOptional, string[] path, string[] hidden)
    {
        var group = Next(path);
        if (group.Int(ParquetFields.Children) != 1 || group.Int(ParquetFields.Repetition) != ParquetFields.Repeated)
        {
            throw Unsupported(path, "is a list that is not three-level");
        }

        var groupName = group.Text(ParquetFields.Name);
        group[ParquetFields.Name] = "list"u8.ToArray();
        var item = ReadField(
            column, [.. steps, new LeafStep(true, 0, isOptional)], ParquetLayout.ListItem, [.. path, groupName], [.. hidden, ParquetLayout.ListGroup]);
        return new Field(path[^1], new ListType(item), isOptional);
    }

    private Field ReadStruct(ThriftStruct element, int column, LeafStep[] steps, bool isOptional, string[] path, string[] hidden)
    {
        var count = element.Int(ParquetFields.Children) ?? 0;
        if (count <= 0)
        {
            throw Unsupported(path, "is a group without fields");
        }

        var members = new List<Field>();
        for (var i = 0; i < count; i++)
        {
            members.Add(ReadField(column, [.. steps, new LeafStep(false, i, isOptional)], ParquetLayout.Placeholder(i), path, hidden));
        }

        return new Field(path[^1], new StructType(members), isOptional);
    }

    private Field ReadLeaf(ThriftStruct element, int physical, LeafPlace place, string name)
    {
        var type = ArrowTypeOf(element, physical, place.Path);
        element[ParquetFields.ConvertedType] = null;
        element[ParquetFields.LogicalType] = null;
        var field = new Field(name, type, place.IsOptional);
        var form = type is StringType ? LeafForm.Bytes : ParquetLeaf.FormOf(type, name);
        _leaves.Add(new ParquetLeaf(place.Column, field, form, place.Steps, place.IsOptional, place.Path));
        _placeholders.Add(place.Hidden);
        return field;
    }

    private static IArrowType ArrowTypeOf(ThriftStruct element, int physical, string[] path)
    {
        var converted = element.Int(ParquetFields.ConvertedType);
        var logical = element.Struct(ParquetFields.LogicalType);
        var kind = logical is { Fields.Count: > 0 } ? logical.Fields.First().Key : (short)0;
        return physical switch
        {
            ParquetFields.Boolean => BooleanType.Default,
            ParquetFields.Int32 when kind == ParquetFields.LogicalDate || (kind == 0 && converted == ParquetFields.ConvertedDate) => Date32Type.Default,
            ParquetFields.Int32 when IsPlainInteger(logical, kind, converted) => Int32Type.Default,
            ParquetFields.Int64 when kind == ParquetFields.LogicalTimestamp => TimestampOf(logical!.Struct(ParquetFields.LogicalTimestamp)!),
            ParquetFields.Int64 when kind == 0 && converted == ParquetFields.ConvertedTimestampMillis => new TimestampType(TimeUnit.Millisecond, "UTC"),
            ParquetFields.Int64 when kind == 0 && converted == ParquetFields.ConvertedTimestampMicros => new TimestampType(TimeUnit.Microsecond, "UTC"),
            ParquetFields.Int64 when IsPlainInteger(logical, kind, converted) => Int64Type.Default,
            ParquetFields.Float => FloatType.Default,
            ParquetFields.Double => DoubleType.Default,
            ParquetFields.ByteArray when kind is ParquetFields.LogicalString or ParquetFields.LogicalJson || (kind == 0 && converted == ParquetFields.ConvertedUtf8) => StringType.Default,
            ParquetFields.ByteArray when kind == 0 && converted is null => BinaryType.Default,
            _ => throw Unsupported(path, string.Create(
                CultureInfo.InvariantCulture, $"has Parquet type {physical} with logical type {kind} and converted type {converted}")),
        };
    }

    private static bool IsPlainInteger(ThriftStruct? logical, short kind, int? converted) => kind switch
    {
        ParquetFields.LogicalInteger => logical!.Struct(ParquetFields.LogicalInteger)![2] is true,
        0 => converted is null or ParquetFields.ConvertedInt8 or ParquetFields.ConvertedInt16 or ParquetFields.ConvertedInt32 or ParquetFields.ConvertedInt64,
        _ => false,
    };

    private static TimestampType TimestampOf(ThriftStruct timestamp)
    {
        var unit = timestamp.Struct(2)?.Fields.Keys.FirstOrDefault() switch
        {
            ParquetFields.UnitMillis => TimeUnit.Millisecond,
            ParquetFields.UnitNanos => TimeUnit.Nanosecond,
            _ => TimeUnit.Microsecond,
        };
        return new TimestampType(unit, timestamp[1] is true ? "UTC" : null);
    }

    private void RenameChunks(ThriftStruct group)
    {
        var columns = group.List(ParquetFields.GroupColumns);
        if (columns.Count != _leaves.Count)
        {
            throw new InvalidDataException($"Parquet row group has {columns.Count} columns and the schema {_leaves.Count}");
        }

        for (var i = 0; i < columns.Count; i++)
        {
            if (((ThriftStruct)columns[i]).Struct(ParquetFields.ChunkMetadata) is not { } metadata)
            {
                throw new InvalidDataException("Parquet column chunk has no metadata");
            }

            metadata[ParquetFields.ChunkPath] = ParquetFooter.PathList(_placeholders[i]);

            // Bounds of the real types would be decoded as the plain ones; nobody reads them here.
            metadata[ParquetFields.ChunkStatistics] = null;
        }
    }

    private ThriftStruct Next(string[] path) => _at < _elements.Count
        ? (ThriftStruct)_elements[_at++]
        : throw new InvalidDataException($"Parquet schema ends within '{string.Join('.', path)}'");

    private static NotSupportedException Unsupported(string[] path, string what) =>
        new($"Parquet column '{string.Join('.', path)}' {what}, which is not supported");

    private readonly record struct LeafPlace(int Column, LeafStep[] Steps, bool IsOptional, string[] Path, string[] Hidden);
}
