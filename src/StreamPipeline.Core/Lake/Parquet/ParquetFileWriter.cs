using System.Buffers;
using System.Runtime.InteropServices;
using Apache.Arrow;
using StreamPipeline.Core.Lake.Staging;

namespace StreamPipeline.Core.Lake.Parquet;

/// <summary>Encodes Arrow batches as Parquet. Holds the scratch memory of one file's columns; owner: who made it.</summary>
internal sealed class ParquetFileWriter(ParquetLimits limits) : IDisposable
{
    private readonly LeafLevels _levels = new();
    private readonly ChunkWriter _chunks = new(limits);
    private readonly CodedTextValues _coded = new();
    private readonly ScaledValues _scaled = new();
    private readonly LeafValues?[] _values = new LeafValues?[Enum.GetValues<LeafForm>().Length];

    /// <summary>Appends a whole file.</summary>
    /// <exception cref="NotSupportedException">A column has a type that tables do not hold; the message names it.</exception>
    public void Write(Schema schema, IReadOnlyList<RecordBatch> batches, PooledBytes output, CancellationToken cancellation)
    {
        var layout = new ParquetLayout(schema);
        var groups = new List<WrittenGroup>();
        output.Write(ParquetFooter.Magic);
        foreach (var pieces in RowGroupPiece.Cut(batches, limits))
        {
            groups.Add(WriteGroup(layout, pieces, output, cancellation));
        }

        ParquetMetadata.Write(schema, groups, ValuesFor, output);
    }

    public void Dispose()
    {
        _levels.Dispose();
        _chunks.Dispose();
        _coded.Dispose();
        _scaled.Dispose();
        foreach (var values in _values)
        {
            values?.Dispose();
        }
    }

    private WrittenGroup WriteGroup(ParquetLayout layout, List<RowGroupPiece> pieces, PooledBytes output, CancellationToken cancellation)
    {
        var chunks = new List<WrittenChunk>(layout.Leaves.Count);
        foreach (var leaf in layout.Leaves)
        {
            cancellation.ThrowIfCancellationRequested();
            chunks.Add(chunks.Find(written => AreSame(written.Leaf, leaf, pieces)) is { } same
                ? Repeat(same, leaf, output)
                : WriteChunk(leaf, pieces, output));
        }

        return new WrittenGroup(pieces.Sum(piece => (long)piece.Count), chunks);
    }

    private WrittenChunk WriteChunk(ParquetLeaf leaf, List<RowGroupPiece> pieces, PooledBytes output)
    {
        if (leaf.Form == LeafForm.Bytes && pieces.TrueForAll(piece => TextForm.IsCoded(leaf.LeafOf(piece.Batch.Column(leaf.Column).Data))))
        {
            Gather(leaf, pieces, _coded);
            if (_coded.Pays)
            {
                return _chunks.Write(leaf, _levels, _coded, output);
            }
        }

        if (leaf.Form == LeafForm.Double && _scaled.TryBegin(pieces.ConvertAll(piece => leaf.LeafOf(piece.Batch.Column(leaf.Column).Data))))
        {
            Gather(leaf, pieces, _scaled);
            if (_scaled.Pays())
            {
                return _chunks.Write(leaf, _levels, _scaled, output);
            }
        }

        var values = ValuesFor(leaf.Form);
        Gather(leaf, pieces, values);
        return _chunks.Write(leaf, _levels, values, output);
    }

    private void Gather(ParquetLeaf leaf, List<RowGroupPiece> pieces, LeafValues values)
    {
        values.Clear();
        values.Expect(pieces.Sum(piece => piece.Count));
        _levels.Begin(leaf);
        foreach (var piece in pieces)
        {
            var column = piece.Batch.Column(leaf.Column).Data;
            if (_levels.TryAppendDense(column, piece.From, piece.Count, out var first))
            {
                values.AppendRange(leaf.LeafOf(column), first, piece.Count);
            }
            else
            {
                values.Append(leaf.LeafOf(column), _levels.Append(column, piece.From, piece.Count));
            }
        }
    }

    private LeafValues ValuesFor(LeafForm form) => _values[(int)form] ??= LeafValues.For(form);

    /// <summary>Silver has its event time twice: as the contract's column and as <c>_event_time</c>. The second chunk is a copy of the first.</summary>
    private static bool AreSame(ParquetLeaf left, ParquetLeaf right, List<RowGroupPiece> pieces)
    {
        if (left.Form != LeafForm.Int64 || right.Form != LeafForm.Int64 || left.DefinitionMax > 0 || right.DefinitionMax > 0)
        {
            return false;
        }

        foreach (var piece in pieces)
        {
            if (NumberForm.IsCompact(piece.Batch.Column(left.Column).Data) || NumberForm.IsCompact(piece.Batch.Column(right.Column).Data))
            {
                return false;
            }

            // A null in a column without nulls is found, and refused, where the column is written.
            if (piece.Batch.Column(right.Column).NullCount != 0 || !Longs(left, piece).SequenceEqual(Longs(right, piece)))
            {
                return false;
            }
        }

        return true;

        static ReadOnlySpan<long> Longs(ParquetLeaf leaf, RowGroupPiece piece)
        {
            var data = piece.Batch.Column(leaf.Column).Data;
            return MemoryMarshal.Cast<byte, long>(data.Buffers[1].Span).Slice(data.Offset + piece.From, piece.Count);
        }
    }

    private static WrittenChunk Repeat(WrittenChunk chunk, ParquetLeaf leaf, PooledBytes output)
    {
        var start = output.WrittenCount;

        // Room first: the bytes are copied within what must not move meanwhile.
        output.GetSpan(chunk.Bytes);
        output.Write(output.WrittenSpan.Slice((int)chunk.Start, chunk.Bytes));
        return chunk with { Leaf = leaf, Start = start };
    }
}
