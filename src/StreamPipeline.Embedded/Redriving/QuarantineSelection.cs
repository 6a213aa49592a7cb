using System.Globalization;
using System.Runtime.CompilerServices;
using StreamPipeline.Core;
using StreamPipeline.Core.Configuration;
using StreamPipeline.Core.Decoding;
using StreamPipeline.Core.Lake;
using StreamPipeline.Core.Redrive;
using StreamPipeline.Embedded.Query;
using StreamPipeline.Embedded.Running;

namespace StreamPipeline.Embedded.Redriving;

/// <summary>The events of the quarantine table that a redrive is to take, with their original bytes.</summary>
internal sealed class QuarantineSelection(Pipeline pipeline, OpenLake lake, RedriveOptions options, RedriveTally tally)
{
    private readonly bool _isMasked = pipeline.Settings.Enrich.OfType<MaskStep>().Any();
    private readonly string _table = $"quarantine/{pipeline.Settings.Stream}";

    /// <exception cref="LakeQueryException">The condition is not one that the table understands.</exception>
    public async IAsyncEnumerable<RedriveEvent> Read(BronzeEvents bronze, [EnumeratorCancellation] CancellationToken cancellation)
    {
        if ((await new LakeTable(lake.Objects, _table).Load(cancellation)).Schema is null)
        {
            yield break;
        }

        using var copy = lake.Folder is null ? await LakeCopy.Of(lake.Objects, lake.Attempts.Next(), _table, cancellation) : null;
        var query = new LakeQuery(copy?.Objects ?? (FolderObjectStore)lake.Objects);
        await using var rows = await query.Run(Sql(), cancellation);
        while (await rows.Read(cancellation))
        {
            var shard = (string)rows.Value(0)!;
            if (RedriveLane.IsLane(shard) && !options.Again)
            {
                tally.FailedBefore++;
                continue;
            }

            tally.Selected++;
            var reason = (string)rows.Value(3)!;
            var sequence = (string)rows.Value(1)!;
            var raw = Bytes(rows.Value(5)!);
            if (await Original(bronze, shard, sequence, reason, raw, cancellation) is { } data)
            {
                var arrivalUs = Convert.ToInt64(rows.Value(2), CultureInfo.InvariantCulture);
                yield return new RedriveEvent(shard, sequence, data, arrivalUs, FaultOf(reason, (string)rows.Value(4)!));
            }
            else
            {
                tally.AddUnavailable($"{shard} {sequence} ({reason}): bronze does not hold its original bytes any more, and those in quarantine are masked or cut");
            }
        }
    }

    /// <summary>In stream order, so that the first of several copies wins, and each bronze file is opened once.</summary>
    private string Sql()
    {
        var where = options.Where is null ? "true" : $"(\n{options.Where}\n)";
        return $"""
            SELECT _shard, _sequence, epoch_us(_arrival_time), reason, detail, raw
            FROM quarantine.{DuckDbText.Name(pipeline.Settings.Stream)} WHERE {where}
            ORDER BY _shard, length(split_part(_sequence, ':', 1)), split_part(_sequence, ':', 1), TRY_CAST(split_part(_sequence, ':', 2) AS BIGINT) NULLS FIRST
            """;
    }

    private async ValueTask<ReadOnlyMemory<byte>?> Original(
        BronzeEvents bronze, string shard, string sequence, string reason, byte[] raw, CancellationToken cancellation)
    {
        // Masked, cut to its beginning, or withheld.
        var isChanged = _isMasked || reason == QuarantineReason.RecordTooLarge || (raw.Length == 0 && reason != QuarantineReason.Empty);
        return isChanged ? await bronze.Find(shard, sequence, cancellation) : raw;
    }

    /// <summary>What the source could not deliver whole is not whole the second time.</summary>
    private static RecordFault? FaultOf(string reason, string detail) =>
        reason is QuarantineReason.BadBase64 or QuarantineReason.InputTruncated ? new RecordFault(reason, detail) : null;

    private static byte[] Bytes(object value)
    {
        using var stream = (Stream)value;
        var bytes = new byte[stream.Length];
        stream.ReadExactly(bytes);
        return bytes;
    }
}
