using Apache.Arrow;
using Apache.Arrow.Types;
using StreamPipeline.Core.Decoding;
using StreamPipeline.Core.Enrichment;

namespace StreamPipeline.Core.Lake;

/// <summary>
/// The quarantine table: <c>reason</c>, <c>rule_or_path</c>, <c>detail</c>, <c>raw</c> (the original bytes, masked fields masked),
/// <c>_arrival_time</c>, <c>_shard</c>, <c>_sequence</c>.
/// </summary>
public static class QuarantineTable
{
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
    internal static RecordBatch? Build(MicroBatch batch, List<Rejection> rejections, ReadOnlySpan<int> eventsPerRecord, Enricher enricher)
    {
        if (rejections.Count == 0)
        {
            return null;
        }

        rejections.Sort(static (a, b) => (a.Origin.Record, a.Origin.Event).CompareTo((b.Origin.Record, b.Origin.Event)));
        StringArray.Builder reason = new(), path = new(), detail = new(), shard = new(), sequence = new();
        var raw = new BinaryArray.Builder();
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

            reason.Append(rejection.Reason);
            path.Append(rejection.RuleOrPath);
            detail.Append(about);
            raw.Append(bytes.Span);
            arrivalsUs[i] = record.ArrivalTimeUs;
            shard.Append(batch.Shard);
            sequence.Append(text[..EventSequence.Format(record.Sequence, rejection.Origin.Event, eventsPerRecord[rejection.Origin.Record], text)]);
        }

        return new RecordBatch(
            Schema,
            [reason.Build(), path.Build(), detail.Build(), raw.Build(), SilverTable.Timestamps(arrivalsUs), shard.Build(), sequence.Build()],
            rejections.Count);
    }
}
