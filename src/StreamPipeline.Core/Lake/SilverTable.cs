using Apache.Arrow;
using Apache.Arrow.Types;
using StreamPipeline.Core.Contracts;
using StreamPipeline.Core.Decoding;
using StreamPipeline.Core.Decoding.Columns;

namespace StreamPipeline.Core.Lake;

/// <summary>
/// The silver table: the contract's columns, what <c>enrich</c> adds, then <c>_event_time</c>, <c>_arrival_time</c>, <c>_shard</c>,
/// <c>_sequence</c> and <c>_extra</c>.
/// </summary>
public sealed class SilverTable
{
    internal const string ExtraColumn = "_extra";

    internal static readonly TimestampType Timestamp = new(TimeUnit.Microsecond, "UTC");

    /// <summary>Of the colon and the number that an event has within a record of several.</summary>
    private const int EventNumberBytesUsual = 2;

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

    /// <summary>Adds the system columns to the enriched ones.</summary>
    internal RecordBatch Build(RecordBatch enriched, EventBatch events, int[] eventsPerRecord)
    {
        var rows = events.Count;
        var shardBytes = System.Text.Encoding.UTF8.GetBytes(events.Shard);
        var shard = new Utf8Column(nullable: false, rows * shardBytes.Length);
        Span<byte> text = stackalloc byte[EventSequence.BytesMax];
        var sequenceBytes = rows == 0 ? 0 : events.RecordOf(rows - 1).Sequence.Format(text) + EventNumberBytesUsual;
        var sequence = new Utf8Column(nullable: false, rows * sequenceBytes);
        for (var row = 0; row < rows; row++)
        {
            var origin = events.Origins[row];
            shard.Append(shardBytes);
            sequence.Append(text[..EventSequence.Format(events.RecordOf(row).Sequence, origin.Event, eventsPerRecord[origin.Record], text)]);
        }

        var arrays = new List<IArrowArray>(Schema.FieldsList.Count);
        arrays.AddRange(enriched.Arrays);
        arrays.Add(Timestamps(events.EventTimesUs));
        arrays.Add(Timestamps(events.ArrivalsUs));
        arrays.Add(ArrowArrayFactory.BuildArray(shard.Build()));
        arrays.Add(ArrowArrayFactory.BuildArray(sequence.Build()));
        arrays.Add(events.Extra);
        return new RecordBatch(Schema, arrays, rows);
    }

    /// <summary>The rows of a file that may be older than the contract: columns that it lacks are null, those that are gone are left out.</summary>
    /// <exception cref="InvalidDataException">A column has another type.</exception>
    internal RecordBatch Conform(RecordBatch rows) => RecordBatches.SameSchema(rows.Schema, Schema) ? rows : SilverColumns.Align(rows, Schema);

    internal static TimestampArray Timestamps(ReadOnlySpan<long> us) => new(
        Timestamp, new ArrowBuffer(System.Runtime.InteropServices.MemoryMarshal.AsBytes<long>(us).ToArray()), ArrowBuffer.Empty, us.Length, nullCount: 0, offset: 0);
}
