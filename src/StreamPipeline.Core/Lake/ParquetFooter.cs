using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using Apache.Arrow;
using Apache.Arrow.Types;

namespace StreamPipeline.Core.Lake;

/// <summary>
/// The metadata at the end of a Parquet file, changed where Parquet.Net 6.1 writes or reads it inexactly: real column names
/// (it drops empty ones), timestamps as 64-bit integers with their logical type (it rounds their statistics to milliseconds and cannot hold
/// years beyond 9999), text statistics in UTF-8 order, no statistics from NaN, and column orders, without which readers must
/// ignore text statistics. Source: parquet.thrift and LogicalTypes.md in apache/parquet-format.
/// </summary>
internal static class ParquetFooter
{
    /// <summary>Length of the footer's own length and the closing magic.</summary>
    public const int TailBytes = 8;

    // Longer text bounds cost more in every footer than they save in skipped row groups.
    private const int TextBoundBytesMax = 64;

    private static ReadOnlySpan<byte> Magic => "PAR1"u8;

    /// <exception cref="InvalidDataException">Not a Parquet file, or one cut short or damaged.</exception>
    public static ThriftStruct Read(ReadOnlySpan<byte> file, out int start)
    {
        if (file.Length < Magic.Length + TailBytes || !file.StartsWith(Magic) || !file.EndsWith(Magic))
        {
            throw new InvalidDataException($"not a whole Parquet file: {file.Length} bytes without 'PAR1' at both ends");
        }

        var length = BinaryPrimitives.ReadInt32LittleEndian(file[^TailBytes..]);
        if (length <= 0 || length > file.Length - TailBytes - Magic.Length)
        {
            throw new InvalidDataException($"Parquet footer of {length} bytes does not fit a file of {file.Length} bytes");
        }

        start = file.Length - TailBytes - length;
        var footer = new ThriftReader(file.Slice(start, length)).Read();
        ParquetShape.Check(footer);
        return footer;
    }

    /// <summary>
    /// The file with this footer. Parquet.Net 6.1 never returns from a footer that announces more than it holds; one that
    /// <see cref="Read"/> took and <see cref="Write"/> wrote ends where it says.
    /// </summary>
    /// <param name="file">The whole file.</param>
    /// <param name="start">Where its own footer begins.</param>
    /// <param name="footer">From <see cref="Read"/>, perhaps changed.</param>
    public static MemoryStream Restate(ReadOnlySpan<byte> file, int start, ThriftStruct footer)
    {
        var restated = new MemoryStream(file.Length + 4096);
        restated.Write(file[..start]);
        Write(footer, restated);
        restated.Position = 0;
        return restated;
    }

    /// <summary>Writes footer, its length and the closing magic where the stream stands.</summary>
    public static void Write(ThriftStruct footer, Stream output)
    {
        var start = output.Position;
        new ThriftWriter(output).Write(footer);
        Span<byte> tail = stackalloc byte[TailBytes];
        BinaryPrimitives.WriteInt32LittleEndian(tail, checked((int)(output.Position - start)));
        Magic.CopyTo(tail[4..]);
        output.Write(tail);
    }

    /// <summary>Puts the real names, types and statistics into what Parquet.Net wrote.</summary>
    /// <param name="footer">The footer, changed in place.</param>
    /// <param name="layout">What was written.</param>
    /// <param name="ranges">For each row group, for each leaf, the range of its text.</param>
    public static void Finish(ThriftStruct footer, ParquetLayout layout, IReadOnlyList<TextRange?[]> ranges)
    {
        var elements = footer.List(ParquetFields.Schema);
        var at = 1;
        foreach (var field in layout.Schema.FieldsList)
        {
            FinishElement(elements, ref at, field, field.Name);
        }

        var groups = footer.List(ParquetFields.RowGroups);
        for (var group = 0; group < groups.Count; group++)
        {
            var columns = ((ThriftStruct)groups[group]).List(ParquetFields.GroupColumns);
            for (var i = 0; i < columns.Count; i++)
            {
                var chunk = ((ThriftStruct)columns[i]).Struct(ParquetFields.ChunkMetadata)!;
                var leaf = layout.Leaves[i];
                chunk[ParquetFields.ChunkPath] = PathList(leaf.Path);
                FinishStatistics(chunk, leaf, ranges[group][i]);
            }
        }

        var orders = new List<object>();
        foreach (var _ in layout.Leaves)
        {
            orders.Add(new ThriftStruct { [1] = new ThriftStruct() });
        }

        footer[ParquetFields.ColumnOrders] = new ThriftList(ThriftType.Struct, orders);
    }

    public static ThriftList PathList(IEnumerable<string> path) =>
        new(ThriftType.Binary, [.. path.Select(object (part) => Encoding.UTF8.GetBytes(part))]);

    private static void FinishElement(IReadOnlyList<object> elements, ref int at, Field field, string name)
    {
        var element = (ThriftStruct)elements[at++];
        element[ParquetFields.Name] = Encoding.UTF8.GetBytes(name);
        switch (field.DataType)
        {
            case ListType list:
                at++;
                FinishElement(elements, ref at, list.ValueField, ParquetLayout.ListItem);
                break;
            case StructType @struct:
                foreach (var member in @struct.Fields)
                {
                    FinishElement(elements, ref at, member, member.Name);
                }

                break;
            case StringType:
                SetType(element, ParquetFields.ConvertedUtf8, new ThriftStruct { [ParquetFields.LogicalString] = new ThriftStruct() });
                break;
            case Date32Type:
                SetType(element, ParquetFields.ConvertedDate, new ThriftStruct { [ParquetFields.LogicalDate] = new ThriftStruct() });
                break;
            case TimestampType timestamp:
                FinishTimestamp(element, timestamp);
                break;
        }
    }

    private static void FinishTimestamp(ThriftStruct element, TimestampType type)
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
        SetType(element, converted, new ThriftStruct { [ParquetFields.LogicalTimestamp] = timestamp });
    }

    private static void SetType(ThriftStruct element, int? converted, ThriftStruct logical)
    {
        element[ParquetFields.ConvertedType] = converted;
        element[ParquetFields.LogicalType] = logical;
    }

    private static void FinishStatistics(ThriftStruct chunk, ParquetLeaf leaf, TextRange? range)
    {
        if (chunk.Struct(ParquetFields.ChunkStatistics) is not { } statistics)
        {
            return;
        }

        var hasValues = Convert.ToInt64(chunk[ParquetFields.ChunkValues], CultureInfo.InvariantCulture)
            > Convert.ToInt64(statistics[ParquetFields.NullCount] ?? 0L, CultureInfo.InvariantCulture);
        var isText = leaf.Form is LeafForm.Text or LeafForm.Bytes;
        if (isText || !hasValues || HasNaN(statistics, leaf.Form))
        {
            statistics[ParquetFields.DeprecatedMax] = null;
            statistics[ParquetFields.DeprecatedMin] = null;
            statistics[ParquetFields.MaxValue] = null;
            statistics[ParquetFields.MinValue] = null;
        }

        if (leaf.Field.DataType is StringType && range is { } text
            && text.Min.Length <= TextBoundBytesMax && text.Max.Length <= TextBoundBytesMax)
        {
            statistics[ParquetFields.MinValue] = text.Min.ToArray();
            statistics[ParquetFields.MaxValue] = text.Max.ToArray();
        }
    }

    private static bool HasNaN(ThriftStruct statistics, LeafForm form)
    {
        if (form is not (LeafForm.Float or LeafForm.Double))
        {
            return false;
        }

        return IsNaN(statistics[ParquetFields.MinValue]) || IsNaN(statistics[ParquetFields.MaxValue]);

        static bool IsNaN(object? bound) => bound switch
        {
            byte[] { Length: 8 } bytes => double.IsNaN(BinaryPrimitives.ReadDoubleLittleEndian(bytes)),
            byte[] { Length: 4 } bytes => float.IsNaN(BinaryPrimitives.ReadSingleLittleEndian(bytes)),
            _ => false,
        };
    }
}

/// <summary>Field ids and enum values of parquet.thrift that the lake touches.</summary>
internal static class ParquetFields
{
    // FileMetaData
    public const short Schema = 2;
    public const short RowGroups = 4;
    public const short ColumnOrders = 7;

    // SchemaElement
    public const short PhysicalType = 1;
    public const short Repetition = 3;
    public const short Name = 4;
    public const short Children = 5;
    public const short ConvertedType = 6;
    public const short LogicalType = 10;

    // Type
    public const int Boolean = 0;
    public const int Int32 = 1;
    public const int Int64 = 2;
    public const int Float = 4;
    public const int Double = 5;
    public const int ByteArray = 6;

    // FieldRepetitionType
    public const int Required = 0;
    public const int Repeated = 2;

    // ConvertedType
    public const int ConvertedUtf8 = 0;
    public const int ConvertedList = 3;
    public const int ConvertedDate = 6;
    public const int ConvertedTimestampMillis = 9;
    public const int ConvertedTimestampMicros = 10;
    public const int ConvertedInt8 = 15;
    public const int ConvertedInt16 = 16;
    public const int ConvertedInt32 = 17;
    public const int ConvertedInt64 = 18;

    // LogicalType
    public const short LogicalString = 1;
    public const short LogicalList = 3;
    public const short LogicalDate = 6;
    public const short LogicalTimestamp = 8;
    public const short LogicalInteger = 10;
    public const short LogicalJson = 12;

    // TimeUnit
    public const short UnitMillis = 1;
    public const short UnitMicros = 2;
    public const short UnitNanos = 3;

    // RowGroup, ColumnChunk, ColumnMetaData
    public const short GroupColumns = 1;
    public const short ChunkMetadata = 3;
    public const short ChunkPath = 3;
    public const short ChunkValues = 5;
    public const short ChunkStatistics = 12;

    // Statistics
    public const short DeprecatedMax = 1;
    public const short DeprecatedMin = 2;
    public const short NullCount = 3;
    public const short MaxValue = 5;
    public const short MinValue = 6;
}
