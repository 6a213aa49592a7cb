using StreamPipeline.Core.Commit;
using StreamPipeline.Core.Decoding;
using StreamPipeline.Core.Lake;

namespace StreamPipeline.Core.Verification;

/// <summary>One verification: the heads first, so that whatever is committed later is above them; then the files; then a replay, slice by slice.</summary>
internal sealed class VerifyRun(
    Pipeline pipeline, IStateStore state, IObjectStore objects, StreamCatalog catalog, long sliceRecords, IProgress<VerifyProgress>? progress)
{
    private readonly string _stream = pipeline.Settings.Stream;
    private readonly VerifyTallies _tallies = new();
    private readonly CommittedBatches _batches = new(state, pipeline.Settings.Stream);
    private readonly Dictionary<string, ShardHead> _heads = new(StringComparer.Ordinal);
    private IReadOnlyList<ShardEntry> _shards = [];
    private VerifyProgress _position;

    public async Task<VerifyReport> Run(CancellationToken cancellation)
    {
        _shards = await catalog.Shards(cancellation);
        await ReadHeads(cancellation);
        var roll = await RollHead.Read(state, _stream, cancellation);
        var silver = new LakeTable(objects, $"silver/{_stream}");
        var quarantine = new LakeTable(objects, $"quarantine/{_stream}");

        // Quarantine is folded before silver: read in the other order, a batch folded in between is in both or in neither.
        var silverNow = await silver.Load(cancellation);
        var quarantineNow = await quarantine.Load(cancellation);
        var seed = (await catalog.Find(cancellation))?.Seed ?? 0;
        _position = new VerifyProgress(0, silverNow.Rows + quarantineNow.Rows + _tallies.Records.Expected);

        var files = new TableFiles(objects, _tallies.Files);
        var numbers = _shards.Select((shard, number) => (shard.Shard, number)).ToDictionary(entry => entry.Shard, entry => entry.number, StringComparer.Ordinal);
        var keys = new KeyCheck(pipeline, seed, _shards, _heads, _tallies.Silver.Expected, _tallies);
        var rows = new RowSources(pipeline, objects, numbers, _heads, files, _tallies);
        await rows.CheckTable(silver, silverNow, keys, Advance, cancellation);
        await rows.CheckTable(quarantine, quarantineNow, keys: null, Advance, cancellation);
        await CheckStaged(rows, silverNow, quarantineNow, keys, cancellation);
        while (keys.Pass + 1 < keys.Passes)
        {
            keys.NextPass();
            await rows.OfferAgain(keys, cancellation);
        }

        var gold = new GoldCheck(pipeline, await CheckGoldFiles(files, cancellation), roll, files, _tallies);
        using var check = new BatchCheck(pipeline, objects, gold, _tallies);
        await Replay(rows, gold, check, cancellation);
        await CountOtherBronze(check, cancellation);
        if (rows.Ahead > 0)
        {
            _tallies.Notes.Add($"a run is active: {rows.Ahead:N0} rows were committed after the verification began and are left out");
        }

        return _tallies.ToReport();
    }

    private async Task ReadHeads(CancellationToken cancellation)
    {
        foreach (var shard in _shards)
        {
            try
            {
                if (await _batches.Head(shard.Shard, cancellation) is { } head)
                {
                    _heads[shard.Shard] = head;
                    _tallies.Batches.Expected += head.Generation;
                    _tallies.Records.Expected += head.Totals.Records;
                    _tallies.Bronze.Expected += head.Totals.Records;
                    _tallies.Silver.Expected += head.Totals.Silver;
                    _tallies.Duplicates.Expected += head.Totals.Duplicates;
                    _tallies.Quarantine.Expected += head.Totals.Quarantined;
                }
            }
            catch (Exception error) when (TableFiles.IsDamage(error))
            {
                _tallies.Batches.Differ($"the head of shard {shard.Shard} cannot be read: {error.Message}");
            }
        }
    }

    /// <summary>Silver's record is the one that says a batch is done; quarantine may be ahead of it.</summary>
    private async Task CheckStaged(RowSources rows, TableSnapshot silver, TableSnapshot quarantine, KeyCheck keys, CancellationToken cancellation)
    {
        foreach (var (shard, head) in _heads)
        {
            var folded = silver.Folded.GetValueOrDefault(shard);
            var quarantineFolded = Math.Max(folded, quarantine.Folded.GetValueOrDefault(shard));
            await using var replay = new ShardReplay(0, shard, head, _batches.Of(shard, folded, cancellation), new VerifyTallies(), cancellation);
            while (await replay.Next() is { } item)
            {
                if (item.Silver is { } silverRows)
                {
                    await rows.CheckStaged(silverRows, keys, cancellation);
                }

                if (item.Quarantine is { } quarantineRows && item.Generation > quarantineFolded)
                {
                    await rows.CheckStaged(quarantineRows, keys: null, cancellation);
                }
            }
        }
    }

    private async Task<List<GoldSource>> CheckGoldFiles(TableFiles files, CancellationToken cancellation)
    {
        var sources = new List<GoldSource>();
        foreach (var metric in pipeline.Metrics.Metrics)
        {
            var table = new LakeTable(objects, $"gold/{metric.Name}");
            var snapshot = await table.Load(cancellation);
            var good = new List<TableFile>();
            foreach (var file in snapshot.Files)
            {
                using var rows = await files.Check(table, file, GoldTable.WindowStartColumn, cancellation);
                if (rows is not null)
                {
                    good.Add(file);
                }
            }

            await files.CheckStrays(table, snapshot, _tallies.Strays, cancellation);
            sources.Add(new GoldSource(table, snapshot, good));
        }

        return sources;
    }

    /// <summary>All shards side by side, each by its share of records, so that a slice meets few files and windows close as they did in the run.</summary>
    private async Task Replay(RowSources rows, GoldCheck gold, BatchCheck check, CancellationToken cancellation)
    {
        List<ShardReplay> replays =
        [
            .. _shards.Select((shard, number) => (shard.Shard, number))
                .Where(shard => _heads.ContainsKey(shard.Shard))
                .Select(shard => new ShardReplay(
                    shard.number, shard.Shard, _heads[shard.Shard], _batches.Of(shard.Shard, after: 0, cancellation), _tallies, cancellation)),
        ];
        try
        {
            var slices = (_tallies.Records.Expected / sliceRecords) + 1;
            for (var slice = 1; replays.Exists(replay => !replay.IsDone); slice++)
            {
                await ReplaySlice(replays, (double)slice / slices, rows, check, cancellation);
                var going = replays.Where(replay => !replay.IsDone).ToList();
                await gold.Compare(going.Count == 0 ? long.MaxValue : going.Min(replay => replay.WatermarkUs), cancellation);
            }

            await gold.Finish(cancellation);
            replays.ForEach(CompareWithHead);
        }
        finally
        {
            foreach (var replay in replays)
            {
                await replay.DisposeAsync();
            }
        }
    }

    private async Task ReplaySlice(List<ShardReplay> replays, double share, RowSources rows, BatchCheck check, CancellationToken cancellation)
    {
        var batches = new List<(ShardReplay Replay, List<BatchItem> Items)>();
        var wanted = new Dictionary<int, (SequenceNumber? After, SequenceNumber Last)>();
        foreach (var replay in replays)
        {
            var after = replay.LastSequence;
            var items = new List<BatchItem>();
            do
            {
                if (await replay.Next() is { } item)
                {
                    items.Add(item);
                }
            }
            while (!replay.IsDone && (share >= 1 || replay.Records < replay.Head.Totals.Records * share));

            batches.Add((replay, items));
            if (replay.LastSequence is { } last && last != after)
            {
                wanted[replay.Index] = (after, last);
            }
        }

        using var slice = await rows.Slice(wanted, cancellation);
        foreach (var (replay, items) in batches)
        {
            var from = System.Array.FindIndex(slice.Places, place => place.Shard == replay.Index);
            from = from < 0 ? slice.Places.Length : from;
            foreach (var item in items)
            {
                var to = from;
                var last = item.LastSequence is null ? default : SequenceNumber.Parse(item.LastSequence);
                while (to < slice.Places.Length && slice.Places[to].Shard == replay.Index && slice.Places[to].Sequence <= last)
                {
                    to++;
                }

                await check.Run(replay, item, slice, from..to, cancellation);
                from = to;
                Advance(item.Counts.Records);
            }
        }
    }

    private void CompareWithHead(ShardReplay replay)
    {
        _tallies.Watermarks.Expected++;
        _tallies.Watermarks.Found++;
        if (replay.WatermarkUs != replay.Head.WatermarkUs)
        {
            _tallies.Watermarks.Compare(replay.Head.WatermarkUs, replay.WatermarkUs, $"watermark of shard {replay.Shard}, microseconds");
        }

        foreach (var metric in pipeline.Metrics.Metrics)
        {
            var (expected, found) = (replay.Head.LatePerMetric.GetValueOrDefault(metric.Name), replay.Late.GetValueOrDefault(metric.Name));
            var tally = _tallies.Late(metric.Name);
            tally.Expected += expected;
            tally.Found += found;
            tally.Compare(expected, found, $"shard {replay.Shard}");
        }
    }

    /// <summary>Bronze that no batch names: of attempts that were lost, or of a batch that is not committed yet.</summary>
    private async Task CountOtherBronze(BatchCheck check, CancellationToken cancellation)
    {
        foreach (var damage in check.DamagedBronze)
        {
            _tallies.Files.Differ(damage);
        }

        if (check.UndeliveredRecords > 0)
        {
            _tallies.Notes.Add($"{check.UndeliveredRecords:N0} records of committed batches are not delivered to bronze yet");
        }

        long others = 0;
        await foreach (var item in objects.List($"bronze/{_stream}/", cancellation))
        {
            others += check.BronzeKeys.Contains(item.Key) ? 0 : 1;
        }

        if (others > 0)
        {
            _tallies.Notes.Add($"{others:N0} bronze files are of attempts that did not commit: their records are in other files, or not committed yet (run again)");
        }
    }

    private void Advance(long units)
    {
        _position = _position with { Done = _position.Done + units };
        progress?.Report(_position);
    }
}
