namespace StreamPipeline.Core.Lake;

/// <summary>
/// The types of a footer's fields. Parquet.Net 6.1 reads a field by its id and trusts its type: where a damaged footer has
/// another, it loses its place and may read forever. Source: parquet.thrift in apache/parquet-format.
/// </summary>
internal static class ParquetShape
{
    private static readonly Dictionary<short, Shape> _keyValue = Fields(new(1, Shape.Binary), new(2, Shape.Binary));

    private static readonly Dictionary<short, Shape> _unit = Fields(new(1, Shape.Empty), new(2, Shape.Empty), new(3, Shape.Empty));

    private static readonly Dictionary<short, Shape> _time = Fields(new(1, Shape.Bool), new(2, Shape.Struct(_unit)));

    private static readonly Dictionary<short, Shape> _logicalType = Fields(
        new(1, Shape.Empty), new(2, Shape.Empty), new(3, Shape.Empty), new(4, Shape.Empty), new(5, Shape.Struct(Fields(new(1, Shape.Int32), new(2, Shape.Int32)))),
        new(6, Shape.Empty), new(7, Shape.Struct(_time)), new(8, Shape.Struct(_time)), new(10, Shape.Struct(Fields(new(1, Shape.Byte), new(2, Shape.Bool)))),
        new(11, Shape.Empty), new(12, Shape.Empty), new(13, Shape.Empty), new(14, Shape.Empty), new(15, Shape.Empty));

    private static readonly Dictionary<short, Shape> _schemaElement = Fields(
        new(1, Shape.Int32), new(2, Shape.Int32), new(3, Shape.Int32), new(4, Shape.Binary), new(5, Shape.Int32), new(6, Shape.Int32), new(7, Shape.Int32),
        new(8, Shape.Int32), new(9, Shape.Int32), new(10, Shape.Struct(_logicalType)));

    private static readonly Dictionary<short, Shape> _statistics = Fields(
        new(1, Shape.Binary), new(2, Shape.Binary), new(3, Shape.Int64), new(4, Shape.Int64), new(5, Shape.Binary), new(6, Shape.Binary), new(7, Shape.Bool), new(8, Shape.Bool));

    private static readonly Dictionary<short, Shape> _columnMetadata = Fields(
        new(1, Shape.Int32), new(2, Shape.List(Shape.Int32)), new(3, Shape.List(Shape.Binary)), new(4, Shape.Int32), new(5, Shape.Int64), new(6, Shape.Int64),
        new(7, Shape.Int64), new(8, Shape.List(Shape.Struct(_keyValue))), new(9, Shape.Int64), new(10, Shape.Int64), new(11, Shape.Int64),
        new(12, Shape.Struct(_statistics)), new(13, Shape.List(Shape.Struct(Fields(new(1, Shape.Int32), new(2, Shape.Int32), new(3, Shape.Int32))))),
        new(14, Shape.Int64), new(15, Shape.Int32));

    private static readonly Dictionary<short, Shape> _columnChunk = Fields(
        new(1, Shape.Binary), new(2, Shape.Int64), new(3, Shape.Struct(_columnMetadata)), new(4, Shape.Int64), new(5, Shape.Int32), new(6, Shape.Int64), new(7, Shape.Int32));

    private static readonly Dictionary<short, Shape> _rowGroup = Fields(
        new(1, Shape.List(Shape.Struct(_columnChunk))), new(2, Shape.Int64), new(3, Shape.Int64),
        new(4, Shape.List(Shape.Struct(Fields(new(1, Shape.Int32), new(2, Shape.Bool), new(3, Shape.Bool))))), new(5, Shape.Int64), new(6, Shape.Int64), new(7, Shape.Int16));

    private static readonly Dictionary<short, Shape> _fileMetadata = Fields(
        new(1, Shape.Int32), new(2, Shape.List(Shape.Struct(_schemaElement))), new(3, Shape.Int64), new(4, Shape.List(Shape.Struct(_rowGroup))),
        new(5, Shape.List(Shape.Struct(_keyValue))), new(6, Shape.Binary), new(7, Shape.List(Shape.Struct(Fields([new(1, Shape.Empty)])))));

    /// <summary>Drops fields that are not in the table (readers skip what they do not know) and refuses wrong types.</summary>
    /// <exception cref="InvalidDataException">A known field has another type than parquet.thrift gives it.</exception>
    public static void Check(ThriftStruct footer) => Check(footer, _fileMetadata, "FileMetaData");

    private static void Check(ThriftStruct value, Dictionary<short, Shape> fields, string path)
    {
        foreach (var (id, field) in value.Fields.ToArray())
        {
            if (fields.TryGetValue(id, out var shape))
            {
                Check(field, shape, $"{path}.{id}");
            }
            else
            {
                value[id] = null;
            }
        }
    }

    private static void Check(object value, Shape shape, string path)
    {
        var found = value switch
        {
            bool => ThriftType.True,
            sbyte => ThriftType.Byte,
            short => ThriftType.Int16,
            int => ThriftType.Int32,
            long => ThriftType.Int64,
            byte[] => ThriftType.Binary,
            ThriftList => ThriftType.List,
            ThriftStruct => ThriftType.Struct,
            _ => ThriftType.Double,
        };
        if (found != shape.Type)
        {
            throw new InvalidDataException($"Parquet footer is damaged: field {path} has Thrift type {found}, and {shape.Type} is expected");
        }

        if (value is ThriftStruct nested)
        {
            Check(nested, shape.Members!, path);
        }
        else if (value is ThriftList list)
        {
            foreach (var item in list.Items)
            {
                Check(item, shape.Element!, path);
            }
        }
    }

    private static Dictionary<short, Shape> Fields(params ReadOnlySpan<KeyValuePair<short, Shape>> fields)
    {
        var result = new Dictionary<short, Shape>();
        foreach (var (id, shape) in fields)
        {
            result.Add(id, shape);
        }

        return result;
    }

    /// <param name="Type">Thrift type.</param>
    /// <param name="Element">Of a list.</param>
    /// <param name="Members">Of a struct.</param>
    private sealed record Shape(ThriftType Type, Shape? Element = null, Dictionary<short, Shape>? Members = null)
    {
        public static readonly Shape Bool = new(ThriftType.True);
        public static readonly Shape Byte = new(ThriftType.Byte);
        public static readonly Shape Int16 = new(ThriftType.Int16);
        public static readonly Shape Int32 = new(ThriftType.Int32);
        public static readonly Shape Int64 = new(ThriftType.Int64);
        public static readonly Shape Binary = new(ThriftType.Binary);
        public static readonly Shape Empty = Struct([]);

        public static Shape List(Shape element) => new(ThriftType.List, element);

        public static Shape Struct(Dictionary<short, Shape> members) => new(ThriftType.Struct, null, members);
    }
}
