using Apache.Arrow;
using StreamPipeline.Core.Commit;
using StreamPipeline.Core.Decoding;
using StreamPipeline.Core.Lake;

namespace StreamPipeline.Core.Verification;

/// <summary>The rows of silver and quarantine, folded or staged: checked file by file once, then given slice by slice in sequence order.</summary>
/// <param name="pipeline">Silver's columns.</param>
/// <param name="objects">The lake.</param>
/// <param name="numbers">Shard → its number.</param>
/// <param name="heads">By shard, as they were read first: rows above them do not count.</param>
/// <param name="files">Reads and checks files.</param>
/// <param name="tallies">Receives the differences.</param>
internal sealed class RowSources(
    Pipeline pipeline,
    IObjectStore objects,
    IReadOnlyDictionary<string, int> numbers,
    IReadOnlyDictionary<string, ShardHead> heads,
    TableFiles files,
    VerifyTallies tallies)
{
    private readonly List<RowSource> _sources = [];
    private readonly SequenceNumber?[] _last =
        [.. numbers.OrderBy(shard => shard.Value).Select(shard => heads.TryGetValue(shard.Key, out var head) && head.LastSequence is { } last ? SequenceNumber.Parse(last) : (SequenceNumber?)null)];

    private long _ahead;

    /// <summary>Rows that a run committed after the heads were read.</summary>
    public long Ahead => _ahead;

    /// <summary>Checks a table's files; silver rows go to the check of keys as well.</summary>
    public async Task CheckTable(LakeTable table, TableSnapshot snapshot, KeyCheck? keys, Action<long> progress, CancellationToken cancellation)
    {
        var timeColumn = keys is null ? Fold.QuarantineTimeColumn : Fold.SilverTimeColumn;
        foreach (var file in snapshot.Files)
        {
            using var rows = await files.Check(table, file, timeColumn, cancellation);
            Take(rows, file.Path, keys, spans => new RowSource(file, null, keys is null, spans), snapshot.Folded);
            progress(file.Rows);
        }

        await files.CheckStrays(table, snapshot, tallies.Strays, cancellation);
    }

    /// <summary>Checks the staged rows of a batch that is not folded.</summary>
    public async Task CheckStaged(StagedRef staged, KeyCheck? keys, CancellationToken cancellation)
    {
        using var rows = await files.CheckStaged(staged, cancellation);
        Take(rows, staged.Key, keys, spans => new RowSource(null, staged, keys is null, spans), folded: null);
    }

    /// <summary>Offers all silver rows to the check of keys once more.</summary>
    public async Task OfferAgain(KeyCheck keys, CancellationToken cancellation)
    {
        foreach (var source in _sources.Where(source => !source.IsQuarantine))
        {
            using var rows = await Read(source, cancellation);
            keys.Add(pipeline.Silver.Conform(rows), RowPlace.Of(rows, numbers), IsCommitted);
        }
    }

    /// <summary>The rows whose sequence number is in the wanted range of their shard, first excluded and last included.</summary>
    public async Task<RowSlice> Slice(IReadOnlyDictionary<int, (SequenceNumber? After, SequenceNumber Last)> wanted, CancellationToken cancellation)
    {
        bool IsWanted(int shard, SequenceNumber first, SequenceNumber last) =>
            wanted.TryGetValue(shard, out var range) && first <= range.Last && (range.After is null || last > range.After);

        var found = new List<(RowPlace Place, int Row)>();
        var silver = new List<RecordBatch>();
        var silverRows = 0;
        foreach (var source in _sources.Where(source => source.Spans.Any(span => IsWanted(span.Key, span.Value.First, span.Value.Last))))
        {
            using var rows = await Read(source, cancellation);
            var places = RowPlace.Of(rows, numbers);
            var taken = new List<int>();
            for (var row = 0; row < places.Length; row++)
            {
                if (IsWanted(places[row].Shard, places[row].Sequence, places[row].Sequence))
                {
                    found.Add((places[row], source.IsQuarantine ? RowSlice.Quarantined : silverRows + taken.Count));
                    taken.Add(row);
                }
            }

            if (!source.IsQuarantine && taken.Count > 0)
            {
                silver.Add(RecordBatches.Take(pipeline.Silver.Conform(rows), [.. taken]));
                silverRows += taken.Count;
            }
        }

        found.Sort(static (left, right) => left.Place.CompareTo(right.Place) is var order and not 0 ? order : left.Row.CompareTo(right.Row));
        var all = silver.Count == 0 ? null : RecordBatches.Concat(silver);
        silver.ForEach(batch => batch.Dispose());
        return new RowSlice([.. found.Select(row => row.Place)], all, [.. found.Select(row => row.Row)]);
    }

    private bool IsCommitted(RowPlace place) => place.Shard >= 0 && _last[place.Shard] is { } last && place.Sequence <= last;

    private async Task<RecordBatch> Read(RowSource source, CancellationToken cancellation) => source.Table is { } table
        ? await files.Read(table, cancellation)
        : StagedFile.Decode(
            await objects.Get(source.Staged!.Key, cancellation) ?? throw new InvalidDataException($"{source.Staged.Key} went while the lake was verified"), source.Staged);

    private void Take(
        RecordBatch? rows,
        string name,
        KeyCheck? keys,
        Func<IReadOnlyDictionary<int, (SequenceNumber, SequenceNumber)>, RowSource> toSource,
        IReadOnlyDictionary<string, long>? folded)
    {
        if (rows is null)
        {
            return;
        }

        try
        {
            var places = RowPlace.Of(rows, numbers);
            CheckAbove(places, name, keys is null ? tallies.Quarantine : tallies.Silver, folded);
            keys?.Add(pipeline.Silver.Conform(rows), places, IsCommitted);
            _sources.Add(toSource(RowSource.SpansOf(places)));
        }
        catch (Exception error) when (TableFiles.IsDamage(error))
        {
            tallies.Files.Differ($"{name}: {error.Message}");
        }
    }

    /// <summary>Rows above a head are a run that goes on, if the table says so, else they were never committed.</summary>
    private void CheckAbove(RowPlace[] places, string name, Tally tally, IReadOnlyDictionary<string, long>? folded)
    {
        var shards = numbers.ToDictionary(shard => shard.Value, shard => shard.Key);
        foreach (var place in places)
        {
            if (IsCommitted(place))
            {
                continue;
            }

            var shard = place.Shard < 0 ? null : shards[place.Shard];
            var generation = shard is null ? long.MaxValue : heads.TryGetValue(shard, out var head) ? head.Generation : 0;
            if (folded is not null && shard is not null && folded.GetValueOrDefault(shard) > generation)
            {
                _ahead++;
            }
            else
            {
                tally.Found++;
                tally.Differ($"{name} has a row {shard ?? "of a shard that the stream does not have"} / {place.Sequence}, above what its shard committed");
            }
        }
    }
}
