using StreamPipeline.Core.Lake;

namespace StreamPipeline.Core.Tests.Lake;

/// <param name="FirstRow">Of the row group.</param>
/// <param name="Offset">In the file.</param>
/// <param name="Bytes">With its header.</param>
internal sealed record IndexedPage(long FirstRow, long Offset, int Bytes);

/// <summary>A chunk's page index as it stands in the file.</summary>
/// <param name="Name">Path, dotted.</param>
/// <param name="Physical">Type name.</param>
/// <param name="Encoding">Of its data pages.</param>
/// <param name="Pages">From the offset index.</param>
/// <param name="Columns">The column index; null without one.</param>
internal sealed record IndexedChunk(string Name, string Physical, int Encoding, IReadOnlyList<IndexedPage> Pages, ThriftStruct? Columns);

/// <summary>Reads page indexes by parquet.thrift alone.</summary>
internal static class ParquetIndexes
{
    private static readonly string[] _physical = ["Boolean", "Int32", "Int64", "Int96", "Float", "Double", "ByteArray"];

    public static List<List<IndexedChunk>> Of(byte[] file)
    {
        var footer = ParquetFooter.Read(file, out _);
        return [.. footer.List(4).Cast<ThriftStruct>().Select(group => group.List(1).Cast<ThriftStruct>().Select(chunk => Chunk(file, chunk)).ToList())];
    }

    private static IndexedChunk Chunk(byte[] file, ThriftStruct chunk)
    {
        var metadata = chunk.Struct(3)!;
        var pages = At(file, chunk, 4, 5)!.List(1).Cast<ThriftStruct>();
        return new IndexedChunk(
            string.Join('.', metadata.List(3).Cast<byte[]>().Select(System.Text.Encoding.UTF8.GetString)),
            _physical[metadata.Int(1)!.Value],
            (int)metadata.List(2)[^1],
            [.. pages.Select(page => new IndexedPage((long)page[3]!, (long)page[1]!, page.Int(2)!.Value))],
            At(file, chunk, 6, 7));
    }

    private static ThriftStruct? At(byte[] file, ThriftStruct chunk, short offset, short length) =>
        chunk[offset] is long at ? new ThriftReader(file.AsSpan((int)at, chunk.Int(length)!.Value)).Read() : null;
}
