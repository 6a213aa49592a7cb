using Apache.Arrow;

namespace StreamPipeline.Core.Lake;

/// <summary>One Parquet file of a table.</summary>
/// <param name="Path">Its final key, such as <c>silver/flights/data/year=2001/month=01/day=02/a1b2-0.parquet</c>. Never used twice.</param>
/// <param name="Staged">The key where it lies until it is moved to <paramref name="Path"/>; null once that is known to be done.</param>
/// <param name="Rows">Row count, at least 1.</param>
/// <param name="Bytes">Size.</param>
/// <param name="Day">Partition day, days since 1970-01-01.</param>
/// <param name="MinTimeUs">Least event time, arrival time or window start in it, microseconds since the epoch.</param>
/// <param name="MaxTimeUs">Greatest one.</param>
/// <param name="WindowStarts">Gold: the window starts that it has rows of, ascending; null for other tables.</param>
public sealed record TableFile(
    string Path, string? Staged, long Rows, long Bytes, int Day, long MinTimeUs, long MaxTimeUs, IReadOnlyList<long>? WindowStarts = null);

/// <summary>A committed version of a table: immutable, and all that a reader may see.</summary>
/// <param name="Version">0: nothing was ever committed.</param>
/// <param name="Schema">Columns of the newest data; null when no data was ever committed.</param>
/// <param name="Files">Exactly these are the table's rows.</param>
/// <param name="Superseded">Keys that this version took out and that may still be lying about.</param>
/// <param name="Folded">Shard → last batch generation whose rows are in the files.</param>
/// <param name="Properties">Whatever the committer keeps with the version.</param>
public sealed record TableSnapshot(
    long Version,
    Schema? Schema,
    IReadOnlyList<TableFile> Files,
    IReadOnlyList<string> Superseded,
    IReadOnlyDictionary<string, long> Folded,
    IReadOnlyDictionary<string, string> Properties)
{
    /// <summary>The table before its first commit.</summary>
    public static TableSnapshot None { get; } = new(
        0, null, [], [], new Dictionary<string, long>(), new Dictionary<string, string>());

    /// <summary>Rows of all files.</summary>
    public long Rows => Files.Sum(file => file.Rows);
}

/// <summary>What a commit changes.</summary>
public sealed record TableChange
{
    /// <summary>New files, each lying at its <see cref="TableFile.Staged"/> key.</summary>
    public IReadOnlyList<TableFile> Added { get; init; } = [];

    /// <summary><see cref="TableFile.Path"/> of files whose rows leave the table or are in <see cref="Added"/>.</summary>
    public IReadOnlySet<string> Removed { get; init; } = new HashSet<string>();

    /// <summary>Columns of the added files; null keeps the table's.</summary>
    public Schema? Schema { get; init; }

    /// <summary>Shard → generation, merged over the table's.</summary>
    public IReadOnlyDictionary<string, long> Folded { get; init; } = new Dictionary<string, long>();

    /// <summary>Merged over the table's.</summary>
    public IReadOnlyDictionary<string, string> Properties { get; init; } = new Dictionary<string, string>();
}
