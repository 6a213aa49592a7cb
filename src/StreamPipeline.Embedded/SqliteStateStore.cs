using System.Runtime.CompilerServices;
using Microsoft.Data.Sqlite;
using StreamPipeline.Core.Commit;

namespace StreamPipeline.Embedded;

/// <summary>
/// The state table in one SQLite file, <c>&lt;lake&gt;/_state/state.db</c>. A swap and a claim are on the disk when the call returns, and with them all that this
/// process wrote before: the write-ahead log is one file, and they flush it (<c>synchronous=FULL</c>), where puts, conditional or not, and deletes do not
/// (<c>NORMAL</c>). What a put writes counts for nothing until a swap names it. Several processes may use the file at once; a lock that lasts is waited for,
/// boundedly.
/// </summary>
public sealed class SqliteStateStore : IStateStore, IDisposable
{
    /// <summary>Most writes of one <see cref="Swap"/>, as in DynamoDB.</summary>
    public const int SwapWritesMax = 100;

    private const int BusyTimeoutMs = 5_000;
    private const int BusyAttempts = 6;
    private const int QueryPage = 256;

    /// <summary>
    /// Pages of the log after which it is copied into the file and begun again: 3 MB, near SQLite's own 1,000 of 4 KB. To write over a log costs less than to let it grow, whose pages and
    /// blocks have to be found.
    /// </summary>
    private const int LogPages = 192;

    private readonly string _file;
    private readonly SqliteConnection _connection;
    private readonly SqliteItems _items;

    // One connection, one statement at a time: SQLite writes one at a time anyway, and readers of a shard wait for microseconds.
    private readonly SemaphoreSlim _turn = new(1, 1);

    /// <param name="lakeFolder">The lake; <c>_state/state.db</c> is created below it when missing.</param>
    /// <exception cref="IOException">The file cannot be opened, is no database, or is damaged; the message names it.</exception>
    public SqliteStateStore(string lakeFolder)
    {
        _file = Path.Combine(Path.GetFullPath(lakeFolder), "_state", "state.db");
        bool isNew;
        try
        {
            FileSystem.MakeFolder(Path.GetDirectoryName(_file)!);
            isNew = NewStateFile.MakeIfAbsent(_file);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new IOException($"cannot create '{_file}': {DiskFault.Explain(error, "check free space and write permission, or choose another --lake")}", error);
        }

        _connection = new SqliteConnection(new SqliteConnectionStringBuilder
        {
            DataSource = _file,
            Mode = SqliteOpenMode.ReadWriteCreate,
            Pooling = false,
            DefaultTimeout = BusyTimeoutMs / 1000,
        }.ToString());
        _items = new SqliteItems(_connection);
        try
        {
            Attempt("open", () =>
            {
                _connection.Open();
                _items.Execute($"PRAGMA busy_timeout = {BusyTimeoutMs}");
                _items.Execute($"PRAGMA wal_autocheckpoint = {LogPages}");
                if (!isNew)
                {
                    // One that was made before may have been left without them by a process that was killed.
                    _items.Execute(NewStateFile.PageSize);
                    _items.Execute("PRAGMA journal_mode = WAL");
                    _items.Execute(NewStateFile.Table);
                }

                _items.Flushes(false);
                return true;
            });
        }
        catch
        {
            _connection.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public ValueTask<StateItem?> Read(string pk, string sk, CancellationToken cancellation) => InTurn("read", () => _items.Find(pk, sk), cancellation);

    /// <inheritdoc/>
    public IAsyncEnumerable<StateItem> Query(string pk, string skFrom, string skTo, CancellationToken cancellation) => Pages(pk, skFrom, skTo, withBodies: true, cancellation);

    /// <inheritdoc/>
    public IAsyncEnumerable<StateItem> QueryNames(string pk, string skFrom, string skTo, CancellationToken cancellation) => Pages(pk, skFrom, skTo, withBodies: false, cancellation);

    private async IAsyncEnumerable<StateItem> Pages(
        string pk, string skFrom, string skTo, bool withBodies, [EnumeratorCancellation] CancellationToken cancellation)
    {
        var from = skFrom;
        var isFirst = true;
        while (true)
        {
            var (start, inclusive) = (from, isFirst);
            var page = await InTurn("query", () => _items.ReadPage(pk, start, inclusive, skTo, withBodies, QueryPage), cancellation);
            foreach (var item in page)
            {
                yield return item;
            }

            if (page.Count < QueryPage)
            {
                yield break;
            }

            (from, isFirst) = (page[^1].Sk, false);
        }
    }

    /// <inheritdoc/>
    public async ValueTask Put(IReadOnlyList<StateItem> items, CancellationToken cancellation)
    {
        foreach (var item in items)
        {
            CheckBody(item);
        }

        if (items.Count == 0)
        {
            return;
        }

        await InTransaction("write", flush: false, () =>
        {
            foreach (var item in items)
            {
                _items.Upsert(item);
            }

            _items.Commit();
            return true;
        }, cancellation);
    }

    /// <inheritdoc/>
    public ValueTask<SwapOutcome> Swap(IReadOnlyList<StateWrite> writes, CancellationToken cancellation) => Apply(writes, [], flush: true, cancellation);

    /// <inheritdoc/>
    public async ValueTask<SwapOutcome> SwapStaged(IReadOnlyList<StateWrite> writes, StagedForSwap staged, CancellationToken cancellation)
    {
        await staged.Objects;
        staged.Done?.Invoke();

        // In one transaction: each writes every page it touches to the log, and most are the same ones.
        return await Apply(writes, staged.Items, flush: true, cancellation);
    }

    /// <inheritdoc/>
    public ValueTask<SwapOutcome> PutIf(StateWrite write, CancellationToken cancellation) => Apply([write], [], flush: false, cancellation);

    private ValueTask<SwapOutcome> Apply(IReadOnlyList<StateWrite> writes, IReadOnlyList<StateItem> staged, bool flush, CancellationToken cancellation)
    {
        if (writes.Count > SwapWritesMax)
        {
            throw new ArgumentException($"a transaction of {writes.Count} writes; at most {SwapWritesMax} are allowed", nameof(writes));
        }

        foreach (var write in writes)
        {
            CheckBody(write.Item);
        }

        foreach (var item in staged)
        {
            CheckBody(item);
        }

        return InTransaction("commit", flush, () =>
        {
            foreach (var write in writes)
            {
                if (write.ExpectedVersion is { } expected && _items.VersionOf(write.Item) != expected)
                {
                    return SwapOutcome.Lost;
                }
            }

            foreach (var item in staged)
            {
                _items.Upsert(item);
            }

            foreach (var write in writes)
            {
                _items.Upsert(write.Item);
            }

            CommitOrUncertain();
            return SwapOutcome.Committed;
        }, cancellation);
    }

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<StateItem?>> Claim(IReadOnlyList<StateClaim> claims, CancellationToken cancellation)
    {
        foreach (var claim in claims)
        {
            CheckBody(claim.Item);
        }

        // One transaction for all: each claim by itself would cost a disk flush.
        return InTransaction<IReadOnlyList<StateItem?>>("claim keys", flush: true, () =>
        {
            var holders = new StateItem?[claims.Count];
            for (var i = 0; i < holders.Length; i++)
            {
                var there = _items.Find(claims[i].Item.Pk, claims[i].Item.Sk);
                if (ClaimRule.GivesWay(there, claims[i]))
                {
                    _items.Upsert(claims[i].Item);
                }
                else
                {
                    holders[i] = there;
                }
            }

            CommitOrUncertain();
            return holders;
        }, cancellation);
    }

    /// <inheritdoc/>
    public async ValueTask Delete(IReadOnlyList<(string Pk, string Sk)> keys, CancellationToken cancellation)
    {
        if (keys.Count == 0)
        {
            return;
        }

        await InTransaction("delete", flush: false, () =>
        {
            foreach (var (pk, sk) in keys)
            {
                _items.Delete(pk, sk);
            }

            _items.Commit();
            return true;
        }, cancellation);
    }

    /// <inheritdoc/>
    public async ValueTask<long?> DeleteExpired(string pk, long untilUs, bool dryRun, CancellationToken cancellation)
    {
        long deleted = 0;
        for (var after = ""; ;)
        {
            var from = after;
            var page = await InTransaction("delete expired", flush: false, () =>
            {
                var expired = _items.ReadExpired(pk, from, untilUs, QueryPage);
                foreach (var sk in dryRun ? [] : expired)
                {
                    _items.Delete(pk, sk);
                }

                _items.Commit();
                return expired;
            }, cancellation);
            deleted += page.Count;
            if (page.Count < QueryPage)
            {
                return deleted;
            }

            after = page[^1];
        }
    }

    public void Dispose()
    {
        _items.Dispose();
        _connection.Dispose();
        _turn.Dispose();
    }

    /// <summary>A commit that fails on the disk may have reached it: only looking tells.</summary>
    private void CommitOrUncertain()
    {
        try
        {
            _items.Commit();
        }
        catch (SqliteException error) when (!SqliteFault.IsLock(error))
        {
            throw new StateUncertainException($"the commit to '{_file}' may or may not have been applied: {SqliteFault.Explain(error, BusyAttempts * BusyTimeoutMs / 1000)}", error);
        }
    }

    private static void CheckBody(StateItem item)
    {
        if (item.Body.Length > IStateStore.BodyBytesMax)
        {
            throw new ArgumentException(
                $"state item '{item.Pk}' / '{item.Sk}' has a body of {item.Body.Length:N0} bytes; at most {IStateStore.BodyBytesMax:N0} are allowed");
        }
    }

    /// <param name="what">For messages.</param>
    /// <param name="flush">Whether it is on the disk when it is committed.</param>
    /// <param name="action">Commits, or leaves all as it was.</param>
    /// <param name="cancellation">Of the wait for its turn.</param>
    private ValueTask<T> InTransaction<T>(string what, bool flush, Func<T> action, CancellationToken cancellation) => InTurn(
        what,
        () =>
        {
            _items.Flushes(flush);
            _items.Begin();
            try
            {
                return action();
            }
            finally
            {
                _items.Rollback();
            }
        },
        cancellation);

    private async ValueTask<T> InTurn<T>(string what, Func<T> action, CancellationToken cancellation)
    {
        await _turn.WaitAsync(cancellation);
        try
        {
            return Attempt(what, action);
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>SQLite waits <see cref="BusyTimeoutMs"/> for a lock by itself; that is retried a few times, then it is an error.</summary>
    private T Attempt<T>(string what, Func<T> action)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                return action();
            }
            catch (SqliteException error) when (SqliteFault.IsLock(error) && attempt < BusyAttempts)
            {
                // The wait was inside SQLite.
            }
            catch (SqliteException error)
            {
                throw new IOException($"cannot {what} state in '{_file}': {SqliteFault.Explain(error, BusyAttempts * BusyTimeoutMs / 1000)}", error);
            }
        }
    }
}
