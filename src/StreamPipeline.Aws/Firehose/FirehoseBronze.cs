using System.Buffers;
using Amazon.KinesisFirehose.Model;
using StreamPipeline.Core.Decoding;
using StreamPipeline.Core.Lake;

namespace StreamPipeline.Aws.Firehose;

/// <summary>
/// Bronze through Amazon Data Firehose, beside the processing: the same lines as in a bronze file (<see cref="BronzeLine"/>), many to a Firehose record, since
/// Firehose bills each record as at least 5 KB. Firehose joins the records of a buffering interval into objects, which readers find below
/// <c>bronze/&lt;stream&gt;/</c>: that must be the prefix of the delivery stream's S3 destination.
/// <para>
/// A line that is larger than a Firehose record may be (a record of up to 10 MiB, and base64 makes it a third more) goes to the lake as an object of its own, in
/// the same folder, at once.
/// </para>
/// At least once: records of an attempt that is not committed are delivered again with the next one. Safe for several threads.
/// </summary>
/// <param name="putter">To the delivery stream.</param>
/// <param name="deliveryStream">Its name, for <see cref="BronzeDelivery"/>.</param>
/// <param name="oversize">Takes what is too large for Firehose.</param>
public sealed class FirehoseBronze(FirehosePutter putter, string deliveryStream, ObjectBronze oversize) : IBronze
{
    /// <summary>Members and base64 or escapes around a record's data; only a first guess at the room that is needed.</summary>
    private const int LineBytesAround = 160;

    /// <inheritdoc/>
    public bool IsBesideProcessing => true;

    /// <inheritdoc/>
    public async ValueTask<string> Write(BronzeRecords records, CancellationToken cancellation)
    {
        var (packed, large) = Pack(records.Batch, records.FirstRecord);
        foreach (var record in large)
        {
            await oversize.Write(new BronzeRecords(records.Stream, new MicroBatch(records.Batch.Shard, [record]), 0, records.Attempt), cancellation);
        }

        await putter.Put(packed, cancellation);
        return BronzeDelivery.Name(deliveryStream, records.Batch.Records.Count - records.FirstRecord);
    }

    /// <summary>Lines, in order, in Firehose records of at most 1,000 KiB, and the records whose line is larger.</summary>
    internal static (List<Record> Packed, List<StreamRecord> Large) Pack(MicroBatch batch, int firstRecord)
    {
        var packed = new List<Record>();
        var large = new List<StreamRecord>();
        var line = new ArrayBufferWriter<byte>(4096);
        var lines = new BronzeLines(line, batch.Shard);
        MemoryStream? pack = null;
        long left = 0;
        for (var i = firstRecord; i < batch.Records.Count; i++)
        {
            left += batch.Records[i].Data.Length + LineBytesAround;
        }

        for (var i = firstRecord; i < batch.Records.Count; i++)
        {
            line.ResetWrittenCount();
            lines.Write(batch.Records[i]);
            if (line.WrittenCount > FirehosePutter.RecordBytesMax)
            {
                large.Add(batch.Records[i]);
                continue;
            }

            if (pack is null || pack.Length + line.WrittenCount > FirehosePutter.RecordBytesMax)
            {
                pack = new MemoryStream((int)Math.Min(FirehosePutter.RecordBytesMax, Math.Max(left, line.WrittenCount)));
                packed.Add(new Record { Data = pack });
            }

            pack.Write(line.WrittenSpan);
            left -= batch.Records[i].Data.Length + LineBytesAround;
        }

        foreach (var record in packed)
        {
            record.Data!.Position = 0;
        }

        return (packed, large);
    }
}
