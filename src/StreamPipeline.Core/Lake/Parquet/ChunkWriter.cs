using System.Buffers;

namespace StreamPipeline.Core.Lake.Parquet;

/// <summary>
/// Writes one column chunk: its dictionary page, if it has one, and its data pages (version 1, which every reader takes; their encodings are younger,
/// and readers dispatch on those alone). Source: README.md and parquet.thrift in apache/parquet-format. Owner: the file's writer.
/// </summary>
internal sealed class ChunkWriter(ParquetLimits limits) : IDisposable
{
    private readonly PageCompressor _compressor = new();
    private readonly PooledBytes _body = new(limits.PageBytesMax);
    private readonly PooledBytes _compressed = new(limits.PageBytesMax);
    private readonly List<WrittenPage> _pages = [];
    private long _plainBytes;

    /// <param name="leaf">The column.</param>
    /// <param name="levels">All entries of the row group.</param>
    /// <param name="values">Their values.</param>
    /// <param name="output">The file so far; appended to.</param>
    public WrittenChunk Write(ParquetLeaf leaf, LeafLevels levels, LeafValues values, PooledBytes output)
    {
        values.ChooseEncoding();
        _pages.Clear();
        _plainBytes = 0;
        var start = output.WrittenCount;
        if (values.DictionaryCount > 0)
        {
            WriteDictionary(values, output);
        }

        var dictionaryBytes = output.WrittenCount - start;
        var effort = (PageEffort?)null;
        var (entry, value) = (0, 0);
        long row = 0;
        var rowsMax = EvenPages(levels.RowsIn(0, levels.Count));
        do
        {
            var (entries, present) = levels.NextPage(entry, rowsMax);
            var rows = levels.RowsIn(entry, entries);
            while (rows > 1 && values.PlainBytesMax(present) > limits.PageBytesMax && values.PlainBytes(value, present) > limits.PageBytesMax)
            {
                rows /= 2;
                (entries, present) = levels.NextPage(entry, rows);
            }

            effort = WritePage(new PageRange(entry, entries, value, present, row), levels, values, effort, start, output);
            row += rows;
            entry += entries;
            value += present;
        }
        while (entry < levels.Count);
        return new WrittenChunk(
            leaf, start, output.WrittenCount - start, _plainBytes, dictionaryBytes, values.Encoding, _pages.ToArray(), Merged(values));
    }

    public void Dispose()
    {
        _compressor.Dispose();
        _body.Dispose();
        _compressed.Dispose();
    }

    /// <summary>As many pages as are needed, all of about the same size: the last is no rest.</summary>
    private int EvenPages(int rows)
    {
        var pages = Math.Max(1, (rows + limits.PageRowsMax - 1) / limits.PageRowsMax);
        return Math.Max(1, (rows + pages - 1) / pages);
    }

    private PageEffort WritePage(PageRange page, LeafLevels levels, LeafValues values, PageEffort? effort, int start, PooledBytes output)
    {
        _body.Clear();
        levels.Write(page.Entry, page.Entries, _body);
        var levelBytes = _body.WrittenCount;
        values.WritePage(page.Value, page.Values, _body);
        var chosen = effort
            ?? _compressor.Choose(_body.WrittenSpan, _body.WrittenCount * (long)levels.Count / Math.Max(1, page.Entries), values.WordBytes);
        var at = output.WrittenCount;
        var header = new ThriftStruct
        {
            [5] = new ThriftStruct { [1] = page.Entries, [2] = (int)values.Encoding, [3] = (int)ValueEncoding.Rle, [4] = (int)ValueEncoding.Rle },
        };
        Append(header, ParquetFields.DataPage, levelBytes, chosen, values.WordBytes, output);
        var nulls = page.Entries - page.Values;
        _pages.Add(new WrittenPage(
            at - start, output.WrittenCount - at, page.Row, page.Entries, nulls, values.BoundsOf(page.Value, page.Values)));
        return chosen;
    }

    private void WriteDictionary(LeafValues values, PooledBytes output)
    {
        _body.Clear();
        values.WriteDictionary(_body);
        var header = new ThriftStruct { [7] = new ThriftStruct { [1] = values.DictionaryCount, [2] = (int)ValueEncoding.Plain } };
        Append(header, ParquetFields.DictionaryPage, levelBytes: 0, PageEffort.Usual, wordBytes: 0, output);
    }

    /// <summary>The header tells the compressed size, so the body is compressed first.</summary>
    private void Append(ThriftStruct header, int type, int levelBytes, PageEffort effort, int wordBytes, PooledBytes output)
    {
        _compressed.Clear();
        _compressor.Compress(_body.WrittenSpan, levelBytes, effort, wordBytes, _compressed);
        header[1] = type;
        header[2] = _body.WrittenCount;
        header[3] = _compressed.WrittenCount;
        var at = output.WrittenCount;
        new ThriftWriter(output).Write(header);
        _plainBytes += output.WrittenCount - at + _body.WrittenCount;
        output.Write(_compressed.WrittenSpan);
    }

    private ValueBounds? Merged(LeafValues values)
    {
        ValueBounds? all = null;
        foreach (var page in _pages)
        {
            if (page.Bounds is not { } bounds)
            {
                if (page.Nulls < page.Entries)
                {
                    return null;
                }
            }
            else if (all is null)
            {
                all = bounds;
            }
            else
            {
                all = values.Compare(bounds.Min, all.Min) < 0 ? all with { Min = bounds.Min, IsMinExact = bounds.IsMinExact } : all;
                all = values.Compare(bounds.Max, all.Max) > 0 ? all with { Max = bounds.Max, IsMaxExact = bounds.IsMaxExact } : all;
            }
        }

        return all;
    }

    /// <summary>Entries and values of a page, counted within the chunk.</summary>
    private readonly record struct PageRange(int Entry, int Entries, int Value, int Values, long Row);
}
