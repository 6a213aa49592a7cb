using StreamPipeline.Core.Commit;
using StreamPipeline.Core.Decoding;
using StreamPipeline.Core.Lake;

namespace StreamPipeline.Core.Verification;

/// <summary>Holds one committed batch against its bronze and its rows, and replays its silver into windows. Owner: the verification.</summary>
internal sealed class BatchCheck(Pipeline pipeline, IObjectStore objects, GoldCheck gold, VerifyTallies tallies) : IDisposable
{
    private readonly ShardMemory _memory = pipeline.NewShard(0);
    private readonly BronzeReader _bronze = new(objects, pipeline.Settings.Stream);

    /// <summary>Bronze objects that batches name, or that hold records of batches.</summary>
    public IReadOnlySet<string> BronzeKeys => _bronze.Used;

    /// <summary>Records of committed batches that a delivery stream has not brought yet.</summary>
    public long UndeliveredRecords { get; private set; }

    /// <summary>Bronze objects that could not be read while deliveries were looked for.</summary>
    public IReadOnlyList<string> DamagedBronze => _bronze.Damaged;

    public void Dispose() => _memory.Dispose();

    /// <param name="replay">The batch's shard.</param>
    /// <param name="item">The batch.</param>
    /// <param name="slice">Rows, the batch's among them.</param>
    /// <param name="rows">Which of the slice's rows are the batch's.</param>
    /// <param name="cancellation">Stops before the bronze object is read.</param>
    public async Task Run(ShardReplay replay, BatchItem item, RowSlice slice, Range rows, CancellationToken cancellation)
    {
        var name = $"batch {item.Generation} of shard {replay.Shard}";
        var (from, count) = rows.GetOffsetAndLength(slice.Places.Length);
        var events = item.Bronze is null ? [] : await Events(replay, item, name, cancellation);
        if (events is not null)
        {
            CheckPlaces(replay.Shard, slice, from, count, events);
        }

        int[] silver = [.. slice.Rows.AsSpan(from, count).ToArray().Where(row => row != RowSlice.Quarantined)];
        tallies.Silver.Found += silver.Length;
        tallies.Quarantine.Found += count - silver.Length;
        tallies.Silver.Compare(item.Counts.Silver, silver.Length, name);
        tallies.Quarantine.Compare(item.Counts.Quarantined, count - silver.Length, name);
        if (events is not null)
        {
            long total = events.Sum(record => record.Events);
            tallies.Bronze.Found += total;
            tallies.Duplicates.Found += total - count;
            tallies.Bronze.Compare(item.Counts.Records, total, name);
            tallies.Duplicates.Compare(item.Counts.Duplicates, total - count, name);
        }

        Replay(replay, item, slice, silver, name);
    }

    /// <summary>The records of the batch's bronze object with their events; null, with a difference noted, when it cannot be read.</summary>
    private async Task<List<(SequenceNumber Sequence, int Events)>?> Events(ShardReplay replay, BatchItem item, string name, CancellationToken cancellation)
    {
        var key = item.Bronze!;
        tallies.Files.Expected++;
        try
        {
            if (await _bronze.Read(replay.Shard, item, cancellation) is not var (batch, missing))
            {
                tallies.Files.Differ($"{key} is missing: the bronze of {name}");
                return null;
            }

            if (missing > 0)
            {
                UndeliveredRecords += missing;
                tallies.Bronze.Differ($"{name}: not delivered yet are {missing:N0} of its records, {key} (Firehose brings them within its buffering interval, 15 min at most: verify again then)");
                return null;
            }

            var eventsOfEach = _memory.Decoder.CountEventsOfEach(batch);
            tallies.Files.Found++;
            var events = new List<(SequenceNumber, int)>(batch.Records.Count);
            for (var i = 0; i < batch.Records.Count; i++)
            {
                events.Add((batch.Records[i].Sequence, eventsOfEach[i]));
            }

            CheckRange(replay.Shard, item, batch, key);
            return events;
        }
        catch (Exception error) when (TableFiles.IsDamage(error))
        {
            tallies.Files.Differ($"{key}, the bronze of {name}, cannot be read: {error.Message}");
            return null;
        }
    }

    private void CheckRange(string shard, BatchItem item, MicroBatch batch, string key)
    {
        if (batch.Shard != shard || batch.Records.Count == 0
            || batch.Records[0].Sequence.ToString() != item.FirstSequence || batch.Records[^1].Sequence.ToString() != item.LastSequence)
        {
            tallies.Bronze.Differ($"{key} holds other records than batch {item.Generation} of shard {shard}, which has {item.FirstSequence} to {item.LastSequence}");
        }

        for (var i = 1; i < batch.Records.Count; i++)
        {
            if (batch.Records[i].Sequence <= batch.Records[i - 1].Sequence)
            {
                tallies.Bronze.Differ($"{key}: {batch.Records[i].Sequence} follows {batch.Records[i - 1].Sequence}");
            }
        }
    }

    /// <summary>Every row is of an event that bronze has, and no event has two rows.</summary>
    private void CheckPlaces(string shard, RowSlice slice, int from, int count, List<(SequenceNumber Sequence, int Events)> records)
    {
        var record = 0;
        for (var i = from; i < from + count; i++)
        {
            var place = slice.Places[i];
            tallies.Once.Expected++;
            if (i > from && slice.Places[i - 1] == place)
            {
                var tables = (slice.Rows[i - 1], slice.Rows[i]) switch
                {
                    (RowSlice.Quarantined, RowSlice.Quarantined) => "in quarantine twice",
                    ( >= 0, >= 0) => "in silver twice",
                    _ => "in silver and in quarantine",
                };
                tallies.Once.Differ($"{Name(shard, place)} is {tables}");
                continue;
            }

            while (record < records.Count && records[record].Sequence < place.Sequence)
            {
                record++;
            }

            var hasBronze = record < records.Count && records[record].Sequence == place.Sequence
                && (records[record].Events == 1 ? place.Event < 0 : place.Event >= 0 && place.Event < records[record].Events);
            if (hasBronze)
            {
                tallies.Once.Found++;
            }
            else
            {
                tallies.Once.Differ($"{Name(shard, place)} is in {(slice.Rows[i] == RowSlice.Quarantined ? "quarantine" : "silver")}, and bronze has no such event");
            }
        }
    }

    /// <summary>Windows by the watermark rule: the pipeline's own code on the rows of silver.</summary>
    private void Replay(ShardReplay replay, BatchItem item, RowSlice slice, int[] silver, string name)
    {
        replay.WatermarkUs = Math.Max(replay.WatermarkUs, item.SealedWatermarkUs ?? long.MinValue);
        if (silver.Length == 0)
        {
            tallies.Records.Compare(item.Counts.Late, 0, $"{name}: late records");
            return;
        }

        using var rows = RecordBatches.Take(slice.Silver!, silver);
        var windows = pipeline.Metrics.Accumulate(rows, PartitionWriter.TimesOf(rows, Fold.SilverTimeColumn), replay.WatermarkUs);
        replay.WatermarkUs = windows.WatermarkUs;
        tallies.Records.Compare(item.Counts.Late, windows.LateRecords, $"{name}: late records");
        for (var i = 0; i < pipeline.Metrics.Metrics.Count; i++)
        {
            var metric = pipeline.Metrics.Metrics[i].Name;
            replay.Late[metric] = replay.Late.GetValueOrDefault(metric) + windows.LatePerMetric[i];
        }

        gold.Add(windows.Layer, rows, replay.Shard, item.Generation);
    }

    private static string Name(string shard, RowPlace place) => $"{shard} / {place.Sequence}{(place.Event < 0 ? "" : $":{place.Event}")}";
}
