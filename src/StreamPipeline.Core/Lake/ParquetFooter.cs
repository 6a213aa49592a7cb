using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace StreamPipeline.Core.Lake;

/// <summary>
/// The metadata at the end of a Parquet file, as it is found and as Parquet.Net 6.1 is given it to read: that drops empty column names and cannot
/// hold years beyond 9999. Source: parquet.thrift in apache/parquet-format.
/// </summary>
internal static class ParquetFooter
{
    /// <summary>Length of the footer's own length and the closing magic.</summary>
    public const int TailBytes = 8;

    public static ReadOnlySpan<byte> Magic => "PAR1"u8;

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
        using var written = new PooledBytes(file.Length - start);
        Write(footer, written);
        restated.Write(written.WrittenSpan);
        restated.Position = 0;
        return restated;
    }

    /// <summary>Appends footer, its length and the closing magic.</summary>
    public static void Write(ThriftStruct footer, PooledBytes output)
    {
        var start = output.WrittenCount;
        new ThriftWriter(output).Write(footer);
        Span<byte> tail = stackalloc byte[TailBytes];
        BinaryPrimitives.WriteInt32LittleEndian(tail, output.WrittenCount - start);
        Magic.CopyTo(tail[4..]);
        output.Write(tail);
    }

    public static ThriftList PathList(IEnumerable<string> path) =>
        new(ThriftType.Binary, [.. path.Select(object (part) => Encoding.UTF8.GetBytes(part))]);
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

    // PageType
    public const int DataPage = 0;
    public const int DictionaryPage = 2;

    // FieldRepetitionType
    public const int Required = 0;
    public const int Optional = 1;
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
