using System.Runtime.InteropServices;
using System.Text;
using Apache.Arrow;
using Apache.Arrow.Types;
using StreamPipeline.Core.Decoding;
using StreamPipeline.Core.Decoding.Columns;
using StreamPipeline.Core.Enrichment;

namespace StreamPipeline.Core.Lake;

/// <summary>
/// The quarantine table: <c>reason</c>, <c>rule_or_path</c>, <c>detail</c>, <c>raw</c> (the original bytes, masked fields masked),
/// <c>_arrival_time</c>, <c>_shard</c>, <c>_sequence</c>.
/// </summary>
public static class QuarantineTable
{
    private const int RawBytesHintMax = 16 << 20;

    public static Schema Schema { get; } = new(
        [
            new Field("reason", StringType.Default, nullable: false),
            new Field("rule_or_path", StringType.Default, nullable: false),
            new Field("detail", StringType.Default, nullable: false),
            new Field("raw", BinaryType.Default, nullable: false),
            new Field("_arrival_time", SilverTable.Timestamp, nullable: false),
            new Field("_shard", StringType.Default, nullable: false),
            new Field("_sequence", StringType.Default, nullable: false),
        ],
        metadata: null);

    /// <summary>One row per rejection, in stream order; null when there is none.</summary>
    /// <param name="batch">The records.</param>
    /// <param name="rejections">Put into order.</param>
    /// <param name="eventsPerRecord">By record.</param>
    /// <param name="enricher">Masks.</param>
    /// <param name="buffers">Own the rows' memory.</param>
    internal static RecordBatch? Build(MicroBatch batch, List<Rejection> rejections, ReadOnlySpan<int> eventsPerRecord, Enricher enricher, ColumnBuffers buffers)
    {
        if (rejections.Count == 0)
        {
            return null;
        }

        rejections.Sort(static (a, b) => (a.Origin.Record, a.Origin.Event).CompareTo((b.Origin.Record, b.Origin.Event)));
        Utf8Column reason = new(nullable: false), path = new(nullable: false), detail = new(nullable: false), shard = new(nullable: false), sequence = new(nullable: false);
        var raw = new Utf8Column(nullable: false, bytesHint: (int)Math.Min((long)rejections.Count * rejections[0].Origin.Raw.Length, RawBytesHintMax));
        var lane = Encoding.UTF8.GetBytes(batch.Shard);
        var arrivalsUs = new long[rejections.Count];
        Span<byte> text = stackalloc byte[EventSequence.BytesMax];
        for (var i = 0; i < rejections.Count; i++)
        {
            var rejection = rejections[i];
            var record = batch.Records[rejection.Origin.Record];
            var bytes = rejection.Origin.Raw;
            var about = rejection.Detail;
            if (enricher.MasksAnything)
            {
                bytes = enricher.MaskRaw(bytes, out var withheld);
                about = withheld ? about + "; raw is withheld, since the fields to mask cannot be found in it: bronze holds the record" : about;
            }

            Append(reason, rejection.Reason);
            Append(path, rejection.RuleOrPath);
            Append(detail, about);
            raw.Append(bytes.Span);
            arrivalsUs[i] = record.ArrivalTimeUs;
            shard.Append(lane);
            sequence.Append(text[..EventSequence.Format(record.Sequence, rejection.Origin.Event, eventsPerRecord[rejection.Origin.Record], text)]);
        }

        return new RecordBatch(
            Schema,
            [
                Texts(reason, buffers),
                Texts(path, buffers),
                Texts(detail, buffers),
                Bytes(raw, buffers),
                SilverTable.Timestamps(arrivalsUs),
                Texts(shard, buffers),
                Texts(sequence, buffers),
            ],
            rejections.Count);
    }

    private static void Append(Utf8Column column, string text)
    {
        var bytes = Encoding.UTF8.GetMaxByteCount(text.Length);
        column.Commit(Encoding.UTF8.GetBytes(text, MemoryMarshal.CreateSpan(ref column.Room(bytes), bytes)));
    }

    private static BinaryArray Bytes(Utf8Column column, ColumnBuffers buffers)
    {
        var data = column.Build(buffers);
        return new BinaryArray(new ArrayData(BinaryType.Default, data.Length, data.NullCount, data.Offset, data.Buffers));
    }

    private static StringArray Texts(Utf8Column column, ColumnBuffers buffers) => new(column.Build(buffers));
}
