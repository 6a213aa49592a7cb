using System.Runtime.InteropServices;
using Apache.Arrow;
using Apache.Arrow.Types;
using StreamPipeline.Core.Contracts;
using StreamPipeline.Core.Decoding;

namespace StreamPipeline.Core.Lake;

/// <summary>
/// The silver table: the contract's columns, what <c>enrich</c> adds, then <c>_event_time</c>, <c>_arrival_time</c>, <c>_shard</c>,
/// <c>_sequence</c> and <c>_extra</c>.
/// </summary>
public sealed class SilverTable
{
    internal const string ExtraColumn = "_extra";

    internal static readonly TimestampType Timestamp = new(TimeUnit.Microsecond, "UTC");

    private SilverTable(Schema schema) => Schema = schema;

    public Schema Schema { get; }

    /// <summary>The contract's columns without <c>_extra</c>.</summary>
    internal static Schema ContractColumns(Contract contract) =>
        new([.. contract.ArrowSchema.FieldsList.Where(f => f.Name != ExtraColumn)], metadata: null);

    /// <param name="enriched">The contract's columns and those that <c>enrich</c> adds.</param>
    internal static SilverTable Over(Schema enriched) => new(new Schema(
        [
            .. enriched.FieldsList,
            new Field("_event_time", Timestamp, nullable: false),
            new Field("_arrival_time", Timestamp, nullable: false),
            new Field("_shard", StringType.Default, nullable: false),
            new Field("_sequence", StringType.Default, nullable: false),
            new Field(ExtraColumn, StringType.Default, nullable: true),
        ],
        metadata: null));

    /// <summary>Adds the system columns to the enriched ones. Their memory is the events'.</summary>
    internal RecordBatch Build(RecordBatch enriched, EventBatch events)
    {
        var arrays = new List<IArrowArray>(Schema.FieldsList.Count);
        arrays.AddRange(enriched.Arrays);
        arrays.Add(new TimestampArray(Timestamp, events.EventTimes, ArrowBuffer.Empty, events.Count, nullCount: 0, offset: 0));
        arrays.Add(new TimestampArray(Timestamp, events.Arrivals, ArrowBuffer.Empty, events.Count, nullCount: 0, offset: 0));
        arrays.Add(Shards(events));
        arrays.Add(Sequences(events));
        arrays.Add(events.Extra);
        return new RecordBatch(Schema, arrays, events.Count);
    }

    /// <summary>One text again and again: what is there already is copied behind itself.</summary>
    private static StringArray Shards(EventBatch events)
    {
        var rows = events.Count;
        var shard = System.Text.Encoding.UTF8.GetBytes(events.Records.Shard);
        var length = checked(rows * shard.Length);
        var texts = events.Buffers.Rent(length);
        var offsets = events.Buffers.Rent((rows + 1) * sizeof(int));
        for (var filled = 0; filled < length;)
        {
            var copied = filled == 0 ? shard : texts.AsSpan(0, Math.Min(filled, length - filled));
            copied.CopyTo(texts.AsSpan(filled));
            filled += copied.Length;
        }

        var ends = MemoryMarshal.Cast<byte, int>(offsets.AsSpan());
        for (var row = 0; row <= rows; row++)
        {
            ends[row] = row * shard.Length;
        }

        return Texts(rows, offsets, texts, length);
    }

    private static StringArray Sequences(EventBatch events)
    {
        var rows = events.Count;
        var bytes = events.Buffers.Rent(SequenceColumn.BytesOf(rows));
        var offsets = events.Buffers.Rent((rows + 1) * sizeof(int));
        var ends = MemoryMarshal.Cast<byte, int>(offsets.AsSpan());
        var row = 0;
        ends[0] = 0;
        var texts = new SequenceColumn(bytes);
        var records = events.Records.Records.Span;
        var origins = events.DecodedOrigins;
        var eventsPerRecord = events.EventsPerRecord;
        foreach (var run in events.DecodedRows)
        {
            foreach (ref readonly var origin in origins.Slice(run.Start, run.Count))
            {
                texts.Add(records[origin.Record].Sequence);
                if (eventsPerRecord[origin.Record] > 1)
                {
                    texts.AddEvent(origin.Event);
                }

                ends[++row] = texts.Length;
            }
        }

        return Texts(rows, offsets, bytes, texts.Length);
    }

    private static StringArray Texts(int rows, byte[] offsets, byte[] texts, int length) => new(
        rows, new ArrowBuffer(offsets.AsMemory(0, (rows + 1) * sizeof(int))), new ArrowBuffer(texts.AsMemory(0, length)), ArrowBuffer.Empty, nullCount: 0);

    /// <summary>The rows of a file that may be older than the contract: columns that it lacks are null, those that are gone are left out.</summary>
    /// <exception cref="InvalidDataException">A column has another type.</exception>
    internal RecordBatch Conform(RecordBatch rows) => RecordBatches.SameSchema(rows.Schema, Schema) ? rows : SilverColumns.Align(rows, Schema);

    internal static TimestampArray Timestamps(ReadOnlySpan<long> us) => new(
        Timestamp, new ArrowBuffer(MemoryMarshal.AsBytes<long>(us).ToArray()), ArrowBuffer.Empty, us.Length, nullCount: 0, offset: 0);
}
