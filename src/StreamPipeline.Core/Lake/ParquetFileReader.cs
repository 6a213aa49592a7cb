using Apache.Arrow;
using Parquet;
using Parquet.Schema;

namespace StreamPipeline.Core.Lake;

/// <summary>Reads a Parquet file into one Arrow batch: Parquet.Net decodes levels and values, <see cref="LeafColumns"/> nests them.</summary>
internal static class ParquetFileReader
{
    public static async Task<RecordBatch> Read(ReadOnlyMemory<byte> content, CancellationToken cancellation)
    {
        var footer = ParquetFooter.Read(content.Span, out var start);
        var plan = new ParquetReadPlan(footer);
        using var plain = ParquetFooter.Restate(content.Span, start, footer);

        var batches = new List<RecordBatch>();
        await using var reader = await ParquetReader.CreateAsync(plain, leaveStreamOpen: true, cancellationToken: cancellation);
        var fields = reader.Schema.DataFields;
        for (var i = 0; i < reader.RowGroupCount; i++)
        {
            using var group = reader.OpenRowGroupReader(i);
            batches.Add(await ReadGroup(plan, group, fields, cancellation));
        }

        return batches.Count switch
        {
            0 => RecordBatches.Empty(plan.Schema),
            1 => batches[0],
            _ => RecordBatches.Concat(batches),
        };
    }

    private static async Task<RecordBatch> ReadGroup(
        ParquetReadPlan plan, ParquetRowGroupReader group, DataField[] fields, CancellationToken cancellation)
    {
        var leaves = new LeafColumn[plan.Leaves.Count];
        for (var i = 0; i < leaves.Length; i++)
        {
            leaves[i] = await ReadLeaf(plan.Leaves[i], group, fields[i], cancellation);
        }

        var rows = checked((int)group.RowCount);
        var columns = new List<IArrowArray>();
        var next = 0;
        foreach (var field in plan.Schema.FieldsList)
        {
            columns.Add(ArrowArrayFactory.BuildArray(LeafColumns.Assemble(field, leaves, ref next)));
        }

        return new RecordBatch(plan.Schema, columns, rows);
    }

    private static Task<LeafColumn> ReadLeaf(ParquetLeaf leaf, ParquetRowGroupReader group, DataField field, CancellationToken cancellation) =>
        leaf.Form switch
        {
            LeafForm.Boolean => Read<bool>(leaf, group, field, LeafColumns.Booleans, cancellation),
            LeafForm.Int32 => Read<int>(leaf, group, field, LeafColumns.Fixed, cancellation),
            LeafForm.Int64 => Read<long>(leaf, group, field, LeafColumns.Fixed, cancellation),
            LeafForm.Float => Read<float>(leaf, group, field, LeafColumns.Fixed, cancellation),
            LeafForm.Double => Read<double>(leaf, group, field, LeafColumns.Fixed, cancellation),
            _ => Read<ReadOnlyMemory<byte>>(leaf, group, field, LeafColumns.Variable, cancellation),
        };

    private static async Task<LeafColumn> Read<T>(
        ParquetLeaf leaf,
        ParquetRowGroupReader group,
        DataField field,
        Func<LeafEntries, T[], ArrayData> build,
        CancellationToken cancellation)
        where T : struct
    {
        var count = checked((int)(group.GetMetadata(field)?.MetaData?.NumValues
            ?? throw new InvalidDataException($"Parquet column '{string.Join('.', leaf.Path)}' has no data in a row group")));
        var values = new T[count];
        var definition = leaf.DefinitionMax > 0 ? new int[count] : null;
        var repetition = leaf.RepetitionMax > 0 ? new int[count] : null;

        // A bare null would turn into an empty memory, by way of a null array.
        var definitionLevels = definition is null ? (Memory<int>?)null : definition.AsMemory();
        var repetitionLevels = repetition is null ? (Memory<int>?)null : repetition.AsMemory();
        await group.ReadRawAsync<T>(field, values, definitionLevels, repetitionLevels, cancellation);
        var entries = new LeafEntries(leaf, count, definition, repetition);
        return new LeafColumn(entries, build(entries, values));
    }
}
