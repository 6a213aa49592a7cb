using System.Buffers;
using Apache.Arrow;
using StreamPipeline.Core.Commit;
using StreamPipeline.Core.Decoding.Columns;

namespace StreamPipeline.Core.Lake;

/// <summary>A committed micro-batch that waits to be folded.</summary>
/// <param name="Shard">Shard id.</param>
/// <param name="Generation">Of the shard's head; each batch of a shard has the next one, from 1.</param>
/// <param name="Silver">Its staged silver rows; null when it has none.</param>
/// <param name="Quarantine">Its staged quarantine rows; null when it has none.</param>
public readonly record struct CommittedBatch(string Shard, long Generation, StagedRef? Silver, StagedRef? Quarantine);

/// <param name="Batches">Batches folded; those that were folded before do not count.</param>
/// <param name="SilverRows">Rows added to silver.</param>
/// <param name="QuarantineRows">Rows added to quarantine.</param>
/// <param name="Versions">Silver versions committed.</param>
public sealed record FoldCounts(long Batches, long SilverRows, long QuarantineRows, int Versions);

/// <summary>
/// Turns the staged files of committed batches into table files of a good size. Exactly once: each table version records per
/// shard up to which generation it holds the rows. Quarantine is committed before silver, so silver's record is the one that says a
/// batch is done; offer batches above it, in generation order per shard. A batch that is folded already is passed over. Staged files are deleted by the fold that
/// committed their rows, and by nobody else but the vacuum: that a generation is folded does not tell whose rows they were.
/// </summary>
/// <param name="objects">The lake.</param>
/// <param name="silver">Partitioned by <c>_event_time</c>.</param>
/// <param name="quarantine">Partitioned by <c>_arrival_time</c>.</param>
/// <param name="attempts">Names for the files.</param>
/// <param name="flushBytes">Arrow bytes held before a version is committed; default 16 MiB. The rows lie in memory that the fold borrows from the store until then.</param>
public sealed class Fold(IObjectStore objects, LakeTable silver, LakeTable quarantine, IAttemptIds attempts, long flushBytes = 16 << 20)
{
    public const string SilverTimeColumn = "_event_time";
    public const string QuarantineTimeColumn = "_arrival_time";

    private const int CommitAttempts = 8;

    // Batches without rows weigh nothing, so they are bounded by number.
    private const int WaitingMax = 10_000;

    private readonly List<Waiting> _waiting = [];
    private long _waitingBytes;
    private TableSnapshot _silver = TableSnapshot.None;
    private TableSnapshot _quarantine = TableSnapshot.None;
    private FoldCounts _counts = new(0, 0, 0, 0);

    /// <summary>Folds everything offered. One run at a time per instance; other processes may run their own.</summary>
    /// <exception cref="InvalidDataException">A staged file is missing or damaged; the message names it.</exception>
    /// <exception cref="IOException">Other committers won too many times in a row, or the lake cannot be written.</exception>
    public async Task<FoldCounts> Run(IAsyncEnumerable<CommittedBatch> batches, CancellationToken cancellation)
    {
        _waiting.Clear();
        _waitingBytes = 0;
        _counts = new FoldCounts(0, 0, 0, 0);
        _silver = await silver.Open(cancellation);
        _quarantine = await quarantine.Open(cancellation);
        await foreach (var batch in batches.WithCancellation(cancellation))
        {
            if (IsFolded(_silver, batch) || await Read(batch, cancellation) is not { } read)
            {
                continue;
            }

            if (_waiting.Count == WaitingMax || !FitsWithWaiting(read))
            {
                await Flush(cancellation);
            }

            _waiting.Add(read);
            _waitingBytes += read.Bytes;
            if (_waitingBytes >= flushBytes)
            {
                await Flush(cancellation);
            }
        }

        await Flush(cancellation);
        return _counts;
    }

    /// <summary>A version's files have one schema: when the contract changes, the fold starts a new version.</summary>
    private bool FitsWithWaiting(Waiting next)
    {
        return Fits(_waiting.FindLast(item => item.Silver is not null)?.Silver, next.Silver)
            && Fits(_waiting.FindLast(item => item.Quarantine is not null)?.Quarantine, next.Quarantine);

        static bool Fits(RecordBatch? left, RecordBatch? right) =>
            left is null || right is null || RecordBatches.SameSchema(left.Schema, right.Schema);
    }

    private static bool IsFolded(TableSnapshot table, CommittedBatch batch) =>
        table.Folded.TryGetValue(batch.Shard, out var generation) && batch.Generation <= generation;

    /// <summary>Null when another process folded the batch in the meantime.</summary>
    private async Task<Waiting?> Read(CommittedBatch batch, CancellationToken cancellation)
    {
        var waiting = new Waiting(batch);
        try
        {
            var isQuarantineFolded = IsFolded(_quarantine, batch);
            if (await waiting.ReadSilver(objects, cancellation) && (isQuarantineFolded || await waiting.ReadQuarantine(objects, cancellation)))
            {
                return waiting;
            }
        }
        catch
        {
            waiting.Dispose();
            throw;
        }

        waiting.Dispose();

        // Staged files go once their batch is folded. What waits here may be folded too by now: the commit will find out.
        if (IsFolded(await silver.Load(cancellation), batch))
        {
            return null;
        }

        throw new InvalidDataException(
            $"batch {batch.Generation} of shard '{batch.Shard}' is committed and not folded, but its staged file is missing: "
            + $"'{batch.Silver?.Key}' or '{batch.Quarantine?.Key}'. The lake was changed by hand; `verify` tells what is lost");
    }

    private async Task Flush(CancellationToken cancellation)
    {
        for (var attempt = 0; _waiting.Count > 0; attempt++)
        {
            if (attempt == CommitAttempts)
            {
                throw new IOException($"table '{silver.Path}' was committed by others {CommitAttempts} times in a row; run one fold at a time");
            }

            if (await CommitQuarantine(cancellation) && await CommitSilver(cancellation))
            {
                break;
            }

            _silver = await silver.Open(cancellation);
            _quarantine = await quarantine.Open(cancellation);
            DropFolded();
        }

        foreach (var item in _waiting)
        {
            await DeleteStaged(item.Batch, cancellation);
            item.Dispose();
        }

        _waiting.Clear();
        _waitingBytes = 0;
    }

    private async Task<bool> CommitQuarantine(CancellationToken cancellation)
    {
        var items = _waiting.Where(item => item.Quarantine is not null && !IsFolded(_quarantine, item.Batch)).ToList();
        if (items.Count == 0)
        {
            return true;
        }

        var next = await Commit(
            quarantine, _quarantine, [.. items.Select(item => item.Quarantine!)], QuarantineTimeColumn, GenerationsOf(items), cancellation);
        if (next is null)
        {
            return false;
        }

        _quarantine = next;
        _counts = _counts with { QuarantineRows = _counts.QuarantineRows + items.Sum(item => item.Quarantine!.Length) };
        return true;
    }

    private async Task<bool> CommitSilver(CancellationToken cancellation)
    {
        RecordBatch[] rows = [.. _waiting.Select(item => item.Silver).OfType<RecordBatch>()];
        var next = await Commit(silver, _silver, rows, SilverTimeColumn, GenerationsOf(_waiting), cancellation);
        if (next is null)
        {
            return false;
        }

        _silver = next;
        _counts = _counts with
        {
            Batches = _counts.Batches + _waiting.Count,
            SilverRows = _counts.SilverRows + rows.Sum(batch => batch.Length),
            Versions = _counts.Versions + 1,
        };
        return true;
    }

    private async Task<TableSnapshot?> Commit(
        LakeTable table,
        TableSnapshot basis,
        RecordBatch[] rows,
        string timeColumn,
        Dictionary<string, long> generations,
        CancellationToken cancellation)
    {
        var writer = new PartitionWriter(objects, table, basis.Version + 1, timeColumn, attempts.Next());
        await writer.Write(rows, keepWindowStarts: false, cancellation);
        var change = new TableChange
        {
            Added = writer.Files,
            Folded = generations,
            Schema = rows.Length == 0 ? null : rows[^1].Schema,
        };
        var next = await table.Commit(basis, change, cancellation);
        if (next is null)
        {
            await writer.Drop(cancellation);
        }

        return next;
    }

    private static Dictionary<string, long> GenerationsOf(List<Waiting> items)
    {
        var generations = new Dictionary<string, long>(StringComparer.Ordinal);
        foreach (var item in items)
        {
            generations[item.Batch.Shard] = Math.Max(item.Batch.Generation, generations.GetValueOrDefault(item.Batch.Shard));
        }

        return generations;
    }

    /// <summary>Another fold was first, and deletes the files.</summary>
    private void DropFolded()
    {
        foreach (var item in _waiting.Where(item => IsFolded(_silver, item.Batch)).ToList())
        {
            item.Dispose();
            _waiting.Remove(item);
        }
    }

    private async Task DeleteStaged(CommittedBatch batch, CancellationToken cancellation)
    {
        foreach (var key in new[] { batch.Silver?.Key, batch.Quarantine?.Key }.OfType<string>().Distinct(StringComparer.Ordinal))
        {
            await objects.Delete(key, cancellation);
        }
    }

    /// <summary>A batch on its way. Owns its rows and the memory they lie in.</summary>
    private sealed class Waiting(CommittedBatch batch) : IDisposable
    {
        private readonly List<(string Key, IMemoryOwner<byte> Content)> _files = [];
        private readonly ColumnBuffers _memory = new();

        public CommittedBatch Batch => batch;

        public RecordBatch? Silver { get; private set; }

        public RecordBatch? Quarantine { get; private set; }

        public long Bytes => (Silver is null ? 0 : RecordBatches.ByteSize(Silver)) + (Quarantine is null ? 0 : RecordBatches.ByteSize(Quarantine));

        /// <summary>False when the file is not there.</summary>
        public async Task<bool> ReadSilver(IObjectStore objects, CancellationToken cancellation)
        {
            Silver = await Read(objects, batch.Silver, cancellation);
            return Silver is not null || batch.Silver is null;
        }

        /// <inheritdoc cref="ReadSilver"/>
        public async Task<bool> ReadQuarantine(IObjectStore objects, CancellationToken cancellation)
        {
            Quarantine = await Read(objects, batch.Quarantine, cancellation);
            return Quarantine is not null || batch.Quarantine is null;
        }

        public void Dispose()
        {
            Silver?.Dispose();
            Quarantine?.Dispose();
            foreach (var (_, content) in _files)
            {
                content.Dispose();
            }

            _files.Clear();
            _memory.Dispose();
        }

        private async Task<RecordBatch?> Read(IObjectStore objects, StagedRef? rows, CancellationToken cancellation)
        {
            if (rows is null)
            {
                return null;
            }

            var content = _files.Find(file => file.Key == rows.Key).Content;
            if (content is null)
            {
                content = await objects.Borrow(rows.Key, cancellation);
                if (content is null)
                {
                    return null;
                }

                _files.Add((rows.Key, content));
            }

            return StagedFile.DecodeCompact(content.Memory, rows, _memory);
        }
    }
}
