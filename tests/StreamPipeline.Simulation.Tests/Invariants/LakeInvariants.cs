using StreamPipeline.Core.Commit;
using StreamPipeline.Core.Lake;
using StreamPipeline.Simulation.Tests.Running;

namespace StreamPipeline.Simulation.Tests.Invariants;

/// <summary>
/// What must hold at every change of the object store: a reader that opens the newest version of a table finds all its files, whole, and one
/// that lists <c>data/</c> finds nothing that was never committed; nothing that anybody still needs is deleted.
/// </summary>
internal sealed class LakeInvariants
{
    private readonly World _world;
    private readonly Dictionary<string, TableSnapshot> _newest = new(StringComparer.Ordinal);
    private readonly HashSet<string> _named = new(StringComparer.Ordinal);

    public LakeInvariants(World world)
    {
        _world = world;
        world.Objects.Writing = Writing;
        world.Objects.Deleting = Deleting;
    }

    /// <summary>The newest version of a table.</summary>
    public TableSnapshot Newest(string table) => _newest.GetValueOrDefault(table, TableSnapshot.None);

    private void Writing(string key, byte[] content)
    {
        if (Split(key, "/metadata/") is { } table)
        {
            Committing(table, key, content);
        }
        else if (Split(key, "/data/") is not null && !_named.Contains(key))
        {
            throw new InvariantViolation("readers never see an uncommitted file", key);
        }
    }

    private void Committing(string table, string key, byte[] content)
    {
        var newest = Newest(table);
        var snapshot = TableManifest.Decode(content, key);

        // An old number that was free again is taken back by its committer: no reader looks at it.
        if (snapshot.Version <= newest.Version - LakeTable.ManifestsKept)
        {
            return;
        }

        if (_world.Objects.Exists(key) || snapshot.Version != newest.Version + 1)
        {
            throw new InvariantViolation("a table goes one version at a time", $"{key} follows version {newest.Version}");
        }

        foreach (var (shard, generation) in newest.Folded)
        {
            if (snapshot.Folded.GetValueOrDefault(shard) < generation)
            {
                throw new InvariantViolation("a fold never goes back", $"{key}: {shard} from {generation} to {snapshot.Folded.GetValueOrDefault(shard)}");
            }
        }

        foreach (var file in snapshot.Files)
        {
            if (!_world.Objects.IsWhole(file.Path) && (file.Staged is null || !_world.Objects.IsWhole(file.Staged)))
            {
                throw new InvariantViolation("readers never see a partial version", $"{key} names {file.Path}, which is nowhere");
            }

            _named.Add(file.Path);
        }

        _newest[table] = snapshot;
    }

    private void Deleting(string key)
    {
        foreach (var (table, snapshot) in _newest)
        {
            foreach (var file in snapshot.Files)
            {
                if (key == file.Path || (key == file.Staged && !_world.Objects.Exists(file.Path)))
                {
                    throw new InvariantViolation("nothing referenced is deleted", $"{key}, of version {snapshot.Version} of {table}");
                }
            }
        }

        if ((key.StartsWith("bronze/", StringComparison.Ordinal) && IsBronze(key)) || (key.StartsWith("_staged/" + TinyPipeline.Stream, StringComparison.Ordinal) && Waits(key)))
        {
            throw new InvariantViolation("nothing referenced is deleted", key);
        }
    }

    /// <summary>Only a lost attempt of a lane may take back what it wrote: its name is its own.</summary>
    private bool IsBronze(string key) => !key.Contains('~', StringComparison.Ordinal) || _world.State.All()
        .Any(item => item.Sk.StartsWith("BATCH#", StringComparison.Ordinal) && BatchItem.FromJson(item.Body.Span).Bronze == key);

    /// <summary>Whether a committed batch that is not folded names the object.</summary>
    private bool Waits(string key)
    {
        var shard = key.Split('/')[2];
        var items = _world.State.Page(StateKeys.ShardPk(TinyPipeline.Stream, shard), "BATCH#", "BATCH#" + StateKeys.PrefixEnd, int.MaxValue);
        foreach (var batch in items.Select(item => BatchItem.FromJson(item.Body.Span)))
        {
            if ((batch.Silver?.Key == key && Newest(TableNames.Silver).Folded.GetValueOrDefault(shard) < batch.Generation)
                || (batch.Quarantine?.Key == key && Newest(TableNames.Quarantine).Folded.GetValueOrDefault(shard) < batch.Generation))
            {
                return true;
            }
        }

        return false;
    }

    private static string? Split(string key, string folder)
    {
        var at = key.IndexOf(folder, StringComparison.Ordinal);
        return at < 0 ? null : key[..at];
    }
}
