namespace StreamPipeline.Core.Lake.Parquet;

/// <summary>A data page as it lies in its chunk.</summary>
/// <param name="Offset">From the chunk's first byte.</param>
/// <param name="Bytes">Header and body.</param>
/// <param name="FirstRow">Of the row group.</param>
/// <param name="Entries">Values and nulls.</param>
/// <param name="Nulls">Entries without a value.</param>
/// <param name="Bounds">Null when it has none.</param>
internal readonly record struct WrittenPage(int Offset, int Bytes, long FirstRow, int Entries, int Nulls, ValueBounds? Bounds);

/// <summary>A column chunk as it lies in the file: what the footer says about it.</summary>
/// <param name="Leaf">Whose values they are.</param>
/// <param name="Start">From the file's first byte.</param>
/// <param name="Bytes">All of it.</param>
/// <param name="PlainBytes">The same before compression, headers included.</param>
/// <param name="DictionaryBytes">Header and body of the dictionary page; 0 without one.</param>
/// <param name="Encoding">Of the values.</param>
/// <param name="Pages">Data pages; at least one.</param>
/// <param name="Bounds">Of the chunk; null when it has none.</param>
internal sealed record WrittenChunk(
    ParquetLeaf Leaf, long Start, int Bytes, long PlainBytes, int DictionaryBytes, ValueEncoding Encoding, IReadOnlyList<WrittenPage> Pages, ValueBounds? Bounds)
{
    public long Entries => Pages.Sum(page => (long)page.Entries);

    public long Nulls => Pages.Sum(page => (long)page.Nulls);

    /// <summary>Each page with a value has bounds, so that they can be indexed.</summary>
    public bool HasPageBounds => Pages.All(page => page.Bounds is not null || page.Nulls == page.Entries) && Bounds is not null;
}

/// <param name="Rows">Table rows.</param>
/// <param name="Chunks">One for each leaf.</param>
internal sealed record WrittenGroup(long Rows, IReadOnlyList<WrittenChunk> Chunks);
