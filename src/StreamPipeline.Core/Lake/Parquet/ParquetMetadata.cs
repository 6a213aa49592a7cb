using Apache.Arrow;

namespace StreamPipeline.Core.Lake.Parquet;

/// <summary>
/// What stands behind the row groups: the page index and the footer. Source: parquet.thrift, PageIndex.md and README.md in apache/parquet-format.
/// </summary>
internal static class ParquetMetadata
{
    private const int FileVersion = 2;
    private const int Zstd = 6;

    private enum Order
    {
        Unordered = 0,
        Ascending = 1,
        Descending = 2,
    }

    // parquet-java looks for "name version number" here, and for the mistakes of that version.
    private static ReadOnlySpan<byte> CreatedBy => "streampipeline version 1.0.0"u8;

    /// <summary>Appends page index, footer, its length and the closing magic.</summary>
    /// <param name="schema">What was written.</param>
    /// <param name="groups">Row groups in file order.</param>
    /// <param name="values">One for each form, to compare bounds by.</param>
    /// <param name="output">The file so far.</param>
    public static void Write(Schema schema, IReadOnlyList<WrittenGroup> groups, Func<LeafForm, LeafValues> values, PooledBytes output)
    {
        // All column indexes, then all offset indexes: a reader that prunes gets each kind with one request.
        var columns = Indexes(groups, output, chunk => chunk.HasPageBounds ? ColumnIndex(chunk, values(chunk.Leaf.Form)) : null);
        var offsets = Indexes(groups, output, OffsetIndex);
        var footer = new ThriftStruct
        {
            [1] = FileVersion,
            [ParquetFields.Schema] = ParquetSchema.Elements(schema),
            [3] = groups.Sum(group => group.Rows),
            [ParquetFields.RowGroups] = new ThriftList(
                ThriftType.Struct, [.. groups.Select(object (group, i) => RowGroup(group, i, columns[i], offsets[i]))]),
            [6] = CreatedBy.ToArray(),

            // Without these readers must ignore text bounds.
            [ParquetFields.ColumnOrders] = new ThriftList(
                ThriftType.Struct, [.. new ParquetLayout(schema).Leaves.Select(object (_) => new ThriftStruct { [1] = new ThriftStruct() })]),
        };
        ParquetFooter.Write(footer, output);
    }

    private static List<List<(long Offset, int Bytes)>> Indexes(
        IReadOnlyList<WrittenGroup> groups, PooledBytes output, Func<WrittenChunk, ThriftStruct?> index)
    {
        var places = new List<List<(long Offset, int Bytes)>>();
        foreach (var group in groups)
        {
            var row = new List<(long Offset, int Bytes)>();
            foreach (var chunk in group.Chunks)
            {
                var start = output.WrittenCount;
                if (index(chunk) is { } content)
                {
                    new ThriftWriter(output).Write(content);
                }

                row.Add((start, output.WrittenCount - start));
            }

            places.Add(row);
        }

        return places;
    }

    private static ThriftStruct OffsetIndex(WrittenChunk chunk) => new()
    {
        [1] = new ThriftList(ThriftType.Struct, [.. chunk.Pages.Select(object (page) => new ThriftStruct
        {
            [1] = chunk.Start + page.Offset,
            [2] = page.Bytes,
            [3] = page.FirstRow,
        })]),
    };

    private static ThriftStruct ColumnIndex(WrittenChunk chunk, LeafValues values) => new()
    {
        [1] = new ThriftList(ThriftType.True, [.. chunk.Pages.Select(object (page) => page.Bounds is null)]),
        [2] = new ThriftList(ThriftType.Binary, [.. chunk.Pages.Select(object (page) => page.Bounds?.Min ?? [])]),
        [3] = new ThriftList(ThriftType.Binary, [.. chunk.Pages.Select(object (page) => page.Bounds?.Max ?? [])]),
        [4] = (int)OrderOf(chunk, values),
        [5] = new ThriftList(ThriftType.Int64, [.. chunk.Pages.Select(object (page) => (long)page.Nulls)]),
    };

    /// <summary>Pages without values do not count.</summary>
    private static Order OrderOf(WrittenChunk chunk, LeafValues values)
    {
        var (isAscending, isDescending) = (true, true);
        ValueBounds? before = null;
        foreach (var page in chunk.Pages)
        {
            if (page.Bounds is not { } bounds)
            {
                continue;
            }

            if (before is not null)
            {
                var (min, max) = (values.Compare(before.Min, bounds.Min), values.Compare(before.Max, bounds.Max));
                isAscending &= min <= 0 && max <= 0;
                isDescending &= min >= 0 && max >= 0;
            }

            before = bounds;
        }

        return isAscending ? Order.Ascending : isDescending ? Order.Descending : Order.Unordered;
    }

    private static ThriftStruct RowGroup(WrittenGroup group, int ordinal, List<(long Offset, int Bytes)> columns, List<(long Offset, int Bytes)> offsets) => new()
    {
        [ParquetFields.GroupColumns] = new ThriftList(
            ThriftType.Struct, [.. group.Chunks.Select(object (chunk, i) => ColumnChunk(chunk, columns[i], offsets[i]))]),
        [2] = group.Chunks.Sum(chunk => chunk.PlainBytes),
        [3] = group.Rows,
        [5] = group.Chunks.Count == 0 ? null : group.Chunks[0].Start,
        [6] = group.Chunks.Sum(chunk => (long)chunk.Bytes),
        [7] = (short)Math.Min(ordinal, short.MaxValue),
    };

    private static ThriftStruct ColumnChunk(WrittenChunk chunk, (long Offset, int Bytes) column, (long Offset, int Bytes) offsets)
    {
        var result = new ThriftStruct { [2] = 0L, [ParquetFields.ChunkMetadata] = ColumnMetadata(chunk), [4] = offsets.Offset, [5] = offsets.Bytes };
        if (column.Bytes > 0)
        {
            result[6] = column.Offset;
            result[7] = column.Bytes;
        }

        return result;
    }

    private static ThriftStruct ColumnMetadata(WrittenChunk chunk)
    {
        var hasDictionary = chunk.DictionaryBytes > 0;
        List<object> encodings = [(int)ValueEncoding.Rle, (int)chunk.Encoding];
        List<object> pages = [PageCount(ParquetFields.DataPage, chunk.Encoding, chunk.Pages.Count)];
        if (hasDictionary)
        {
            encodings.Insert(0, (int)ValueEncoding.Plain);
            pages.Insert(0, PageCount(ParquetFields.DictionaryPage, ValueEncoding.Plain, 1));
        }

        return new ThriftStruct
        {
            [1] = ParquetSchema.PhysicalType(chunk.Leaf.Form),
            [2] = new ThriftList(ThriftType.Int32, encodings),
            [ParquetFields.ChunkPath] = ParquetFooter.PathList(chunk.Leaf.Path),
            [4] = Zstd,
            [ParquetFields.ChunkValues] = chunk.Entries,
            [6] = chunk.PlainBytes,
            [7] = (long)chunk.Bytes,
            [9] = chunk.Start + chunk.DictionaryBytes,
            [11] = hasDictionary ? chunk.Start : null,
            [ParquetFields.ChunkStatistics] = Statistics(chunk),
            [13] = new ThriftList(ThriftType.Struct, pages),
        };
    }

    private static ThriftStruct PageCount(int type, ValueEncoding encoding, int count) => new() { [1] = type, [2] = (int)encoding, [3] = count };

    private static ThriftStruct Statistics(WrittenChunk chunk)
    {
        var statistics = new ThriftStruct { [ParquetFields.NullCount] = chunk.Nulls };
        if (chunk.Bounds is { } bounds)
        {
            statistics[ParquetFields.MaxValue] = bounds.Max;
            statistics[ParquetFields.MinValue] = bounds.Min;
            statistics[7] = bounds.IsMaxExact;
            statistics[8] = bounds.IsMinExact;
        }

        return statistics;
    }
}
