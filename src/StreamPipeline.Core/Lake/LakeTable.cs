using System.Globalization;
using Apache.Arrow;

namespace StreamPipeline.Core.Lake;

/// <summary>
/// A table of the lake: Parquet files below <c>data/</c> and versions below <c>metadata/</c>. A version is committed by writing its
/// manifest under the next number unless that exists, so of two committers one wins. New files wait outside
/// <c>data/</c> until their version is committed; then they are moved in, and superseded ones deleted. Both steps may be cut off anywhere and
/// are redone by <see cref="Finish"/>, so nothing below <c>data/</c> is ever uncommitted, and once finished nothing is superseded.
/// </summary>
/// <param name="objects">The lake.</param>
/// <param name="path">The table's key prefix without a closing slash: <c>silver/flights</c>.</param>
/// <param name="schema">Its columns while no rows have told them; null for who only reads.</param>
public sealed class LakeTable(IObjectStore objects, string path, Schema? schema = null)
{
    /// <summary>How many manifests are kept, so that a reader of an older version is not cut off.</summary>
    public const int ManifestsKept = 10;

    private const int VersionDigits = 20;
    private const int LoadAttempts = 5;

    /// <summary>Key prefix without a closing slash.</summary>
    public string Path => path;

    /// <summary>Where the table's committed files lie.</summary>
    public string DataPrefix => path + "/data/";

    private string MetadataPrefix => path + "/metadata/";

    /// <summary>The newest version, as it was committed: files may still be staged. For readers.</summary>
    /// <exception cref="InvalidDataException">The newest manifest cannot be read; the message names it.</exception>
    public async Task<TableSnapshot> Load(CancellationToken cancellation)
    {
        for (var attempt = 0; attempt < LoadAttempts; attempt++)
        {
            string? newest = null;
            await foreach (var item in objects.List(MetadataPrefix, cancellation))
            {
                newest = VersionOf(item.Key) > 0 ? item.Key : newest;
            }

            if (newest is null)
            {
                return TableSnapshot.None;
            }

            // Null: ten newer versions came between the listing and the read.
            if (await objects.Get(newest, cancellation) is { } content)
            {
                return TableManifest.Decode(content, newest);
            }
        }

        throw new IOException($"table '{path}' changed {LoadAttempts} times while its newest version was read; try again");
    }

    /// <summary>The newest version, finished. For committers.</summary>
    public async Task<TableSnapshot> Open(CancellationToken cancellation) => await Finish(await Load(cancellation), cancellation);

    /// <summary>Commits a first version, without rows, unless there is one: so that the table can be queried.</summary>
    public async Task MakeIfAbsent(CancellationToken cancellation)
    {
        if (await NewestVersion(cancellation) == 0)
        {
            // Lost to another process: that one has made it.
            await Commit(TableSnapshot.None, new TableChange(), cancellation);
        }
    }

    /// <summary>
    /// Moves the version's staged files to their places and deletes what it superseded. Safe to repeat and to run in several processes at
    /// once: every step is a no-op when done. Returns the same version with nothing staged or superseded.
    /// </summary>
    public async Task<TableSnapshot> Finish(TableSnapshot snapshot, CancellationToken cancellation)
    {
        var waiting = await StagedKeys(snapshot, cancellation);
        foreach (var file in snapshot.Files)
        {
            if (file.Staged is { } staged && waiting.Contains(staged))
            {
                // False: another process has just moved it.
                await objects.Move(staged, file.Path, cancellation);
            }
        }

        foreach (var key in snapshot.Superseded)
        {
            await objects.Delete(key, cancellation);
        }

        if (snapshot.Version > ManifestsKept)
        {
            await objects.Delete(ManifestKey(snapshot.Version - ManifestsKept), cancellation);
        }

        return snapshot with
        {
            Files = [.. snapshot.Files.Select(file => file.Staged is null ? file : file with { Staged = null })],
            Superseded = [],
        };
    }

    /// <summary>Commits the version after <paramref name="basis"/> and finishes it.</summary>
    /// <param name="basis">From <see cref="Open"/> or an earlier commit: its files are in place.</param>
    /// <param name="change">What is new.</param>
    /// <param name="cancellation">Cancelling after the commit leaves finishing to whoever opens the table next.</param>
    /// <returns>The new version, finished; null when another committer was first: drop the added files and open the table again.</returns>
    public async Task<TableSnapshot?> Commit(TableSnapshot basis, TableChange change, CancellationToken cancellation)
    {
        if (basis.Superseded.Count > 0 || basis.Files.Any(file => file.Staged is not null))
        {
            throw new ArgumentException($"version {basis.Version} of '{path}' is not finished: commit on what Open returned", nameof(basis));
        }

        var next = Apply(basis, change);
        var key = ManifestKey(next.Version);
        var manifest = TableManifest.Encode(path, next);
        if (!await objects.PutIfAbsent(key, manifest, cancellation) && !await IsThere(key, manifest, cancellation))
        {
            return null;
        }

        // A committer that slept for ten versions finds its number free again, because that manifest was cleared away. Its
        // version is history before it exists: finishing it would delete files that are alive.
        if (await NewestVersion(cancellation) >= next.Version + ManifestsKept)
        {
            await objects.Delete(key, cancellation);
            return null;
        }

        return await Finish(next, cancellation);
    }

    /// <summary>
    /// Whether what was refused lies there all the same: a client that repeats a request whose answer got lost finds its own object. To take that for
    /// a lost commit would drop files that are committed. Manifests name files of one attempt, so an equal one is this one's.
    /// </summary>
    private async Task<bool> IsThere(string key, byte[] manifest, CancellationToken cancellation) =>
        await objects.Get(key, cancellation) is { } found && found.AsSpan().SequenceEqual(manifest);

    private async Task<long> NewestVersion(CancellationToken cancellation)
    {
        long newest = 0;
        await foreach (var item in objects.List(MetadataPrefix, cancellation))
        {
            newest = Math.Max(newest, VersionOf(item.Key));
        }

        return newest;
    }

    private TableSnapshot Apply(TableSnapshot basis, TableChange change)
    {
        if (change.Removed.Count > 0 && change.Removed.Except(basis.Files.Select(file => file.Path)).FirstOrDefault() is { } unknown)
        {
            throw new ArgumentException($"version {basis.Version} of '{path}' has no file '{unknown}' to remove", nameof(change));
        }

        var folded = new SortedDictionary<string, long>(StringComparer.Ordinal);
        var properties = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var (shard, generation) in basis.Folded.Concat(change.Folded))
        {
            folded[shard] = generation;
        }

        foreach (var (name, value) in basis.Properties.Concat(change.Properties))
        {
            properties[name] = value;
        }

        return new TableSnapshot(
            basis.Version + 1,
            change.Schema ?? basis.Schema ?? schema,
            [.. basis.Files.Where(file => !change.Removed.Contains(file.Path)), .. change.Added],
            [.. change.Removed.Order(StringComparer.Ordinal)],
            folded,
            properties);
    }

    /// <summary>Which of the staged files are still staged: one listing per folder instead of a failing move per file.</summary>
    private async Task<HashSet<string>> StagedKeys(TableSnapshot snapshot, CancellationToken cancellation)
    {
        var found = new HashSet<string>(StringComparer.Ordinal);
        var folders = snapshot.Files.Select(file => file.Staged).OfType<string>().Select(FolderOf).Distinct(StringComparer.Ordinal);
        foreach (var folder in folders)
        {
            await foreach (var item in objects.List(folder, cancellation))
            {
                found.Add(item.Key);
            }
        }

        return found;
    }

    private static string FolderOf(string key) => key[..(key.LastIndexOf('/') + 1)];

    private string ManifestKey(long version) =>
        MetadataPrefix + "v" + version.ToString("D" + VersionDigits, CultureInfo.InvariantCulture) + ".json";

    /// <summary>0 when the key is no manifest of this table.</summary>
    private long VersionOf(string key)
    {
        var name = key.AsSpan(MetadataPrefix.Length);
        return name.Length == VersionDigits + 6 && name[0] == 'v' && name.EndsWith(".json", StringComparison.Ordinal)
            && long.TryParse(name.Slice(1, VersionDigits), NumberStyles.None, CultureInfo.InvariantCulture, out var version)
            ? version
            : 0;
    }
}
