using System.Text;
using Apache.Arrow;
using Apache.Arrow.Types;

namespace StreamPipeline.Core.Lake.Parquet;

/// <summary>An Arrow schema as a footer's list of schema elements. Source: parquet.thrift and LogicalTypes.md in apache/parquet-format.</summary>
internal static class ParquetSchema
{
    public static ThriftList Elements(Schema schema)
    {
        var elements = new List<object>();
        var root = Element("root", repetition: null);
        root[ParquetFields.Children] = schema.FieldsList.Count;
        elements.Add(root);
        foreach (var field in schema.FieldsList)
        {
            Add(elements, field, field.Name);
        }

        return new ThriftList(ThriftType.Struct, elements);
    }

    private static void Add(List<object> elements, Field field, string name)
    {
        switch (field.DataType)
        {
            case ListType list:
                var outer = Element(name, ParquetFields.Optional);
                outer[ParquetFields.Children] = 1;
                Annotate(outer, ParquetFields.ConvertedList, ParquetFields.LogicalList, new ThriftStruct());
                var repeated = Element(ParquetLayout.ListGroup, ParquetFields.Repeated);
                repeated[ParquetFields.Children] = 1;
                elements.Add(outer);
                elements.Add(repeated);
                Add(elements, list.ValueField, ParquetLayout.ListItem);
                break;
            case StructType @struct:
                var group = Element(name, ParquetFields.Optional);
                group[ParquetFields.Children] = @struct.Fields.Count;
                elements.Add(group);
                foreach (var member in @struct.Fields)
                {
                    Add(elements, member, member.Name);
                }

                break;
            default:
                elements.Add(Leaf(field, name));
                break;
        }
    }

    private static ThriftStruct Leaf(Field field, string name)
    {
        var element = Element(name, field.IsNullable ? ParquetFields.Optional : ParquetFields.Required);
        element[ParquetFields.PhysicalType] = PhysicalType(ParquetLeaf.FormOf(field.DataType, name));
        switch (field.DataType)
        {
            case StringType:
                Annotate(element, ParquetFields.ConvertedUtf8, ParquetFields.LogicalString, new ThriftStruct());
                break;
            case Date32Type:
                Annotate(element, ParquetFields.ConvertedDate, ParquetFields.LogicalDate, new ThriftStruct());
                break;
            case Int32Type:
                Annotate(element, ParquetFields.ConvertedInt32, ParquetFields.LogicalInteger, new ThriftStruct { [1] = (sbyte)32, [2] = true });
                break;
            case Int64Type:
                Annotate(element, ParquetFields.ConvertedInt64, ParquetFields.LogicalInteger, new ThriftStruct { [1] = (sbyte)64, [2] = true });
                break;
            case TimestampType timestamp:
                AnnotateTimestamp(element, timestamp);
                break;
        }

        return element;
    }

    private static void AnnotateTimestamp(ThriftStruct element, TimestampType type)
    {
        var isUtc = !string.IsNullOrEmpty(type.Timezone);
        short unit = type.Unit switch
        {
            TimeUnit.Millisecond => ParquetFields.UnitMillis,
            TimeUnit.Microsecond => ParquetFields.UnitMicros,
            _ => ParquetFields.UnitNanos,
        };

        // The older annotation means UTC and has no nanoseconds (LogicalTypes.md, "Deprecated timestamp ConvertedType").
        int? converted = (isUtc, type.Unit) switch
        {
            (true, TimeUnit.Millisecond) => ParquetFields.ConvertedTimestampMillis,
            (true, TimeUnit.Microsecond) => ParquetFields.ConvertedTimestampMicros,
            _ => null,
        };
        var timestamp = new ThriftStruct { [1] = isUtc, [2] = new ThriftStruct { [unit] = new ThriftStruct() } };
        Annotate(element, converted, ParquetFields.LogicalTimestamp, timestamp);
    }

    public static int PhysicalType(LeafForm form) => form switch
    {
        LeafForm.Boolean => ParquetFields.Boolean,
        LeafForm.Int32 => ParquetFields.Int32,
        LeafForm.Int64 => ParquetFields.Int64,
        LeafForm.Float => ParquetFields.Float,
        LeafForm.Double => ParquetFields.Double,
        _ => ParquetFields.ByteArray,
    };

    private static ThriftStruct Element(string name, int? repetition) =>
        new() { [ParquetFields.Name] = Encoding.UTF8.GetBytes(name), [ParquetFields.Repetition] = repetition };

    private static void Annotate(ThriftStruct element, int? converted, short logical, ThriftStruct parameters)
    {
        element[ParquetFields.ConvertedType] = converted;
        element[ParquetFields.LogicalType] = new ThriftStruct { [logical] = parameters };
    }
}
