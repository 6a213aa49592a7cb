using StreamPipeline.Core.Commit;
using StreamPipeline.Core.Configuration;

namespace StreamPipeline.Core.Redrive;

/// <param name="Ancestors">The shards whose seen segments count for the lane, the root first.</param>
/// <param name="Writes">
/// Moves the heads of the shards that may still commit on by one generation, in which they see the lane's segments. All at the versions that
/// were read: if one of them commits in between, the redrive loses and looks again.
/// </param>
internal sealed record SourceView(IReadOnlyList<string> Ancestors, IReadOnlyList<StateWrite> Writes);

/// <summary>
/// A shard with all that descends from it (reshard): copies of its events share its partition keys, and these go to one of the family now.
/// </summary>
internal sealed class SourceFamily(Pipeline pipeline, string root, IStateStore state, StreamCatalog catalog, IAttemptIds attempts)
{
    /// <summary>Two writes each, within the 100 of a transaction, beside the lane's own two.</summary>
    private const int AttachedMax = 49;

    private readonly string _stream = pipeline.Settings.Stream;
    private readonly string _lane = RedriveLane.Of(root);
    private readonly ShardLineage _lineage = new(pipeline, state, attempts);

    /// <exception cref="InputRefusedException">The shard cannot take a lane now; the message says why.</exception>
    public async ValueTask<SourceView> Read(CancellationToken cancellation)
    {
        // Without keys, or with keys claimed over the whole stream, nobody needs to see the lane's segments.
        if (pipeline.Settings.Dedup is not { Scope: DedupScope.Shard })
        {
            return new SourceView([], []);
        }

        var entries = await catalog.Shards(cancellation);
        var family = Family(entries);
        var heads = new Dictionary<string, ShardHead?>(StringComparer.Ordinal);
        foreach (var shard in family.SelectMany(entry => entry.Parents.Append(entry.Shard)).Distinct(StringComparer.Ordinal))
        {
            heads[shard] = await _lineage.ReadHead(shard, cancellation);
        }

        var ancestors = new List<string>();
        var writes = new List<StateWrite>();
        foreach (var entry in family)
        {
            var head = heads[entry.Shard];
            ancestors.AddRange([entry.Shard, .. head?.Ancestors ?? entry.Parents]);
            if (head is null && !entry.Parents.All(parent => heads[parent] is { Final: true }))
            {
                if (entry.Shard == root)
                {
                    throw new InputRefusedException($"shard {root} has nothing committed and its parents have not ended: run the stream first, then redrive");
                }

                // It will start with what its parents, attached here, leave it.
                continue;
            }

            var isSettled = head is { Final: true } && entry.Shard != root
                && family.All(child => !child.Parents.Contains(entry.Shard) || heads[child.Shard] is not null);
            if (!isSettled)
            {
                writes.AddRange(await Attach(entry, head, cancellation));
            }
        }

        return writes.Count <= 2 * AttachedMax
            ? new SourceView([.. ancestors.Distinct(StringComparer.Ordinal).Where(shard => shard != _lane)], writes)
            : throw new InputRefusedException(
                $"shard {root} was split into {writes.Count / 2} shards that still take records; a redrive can tell at most {AttachedMax} of its keys: run its records as an input of their own");
    }

    /// <summary>The root and its descendants, parents before children.</summary>
    private List<ShardEntry> Family(IReadOnlyList<ShardEntry> entries)
    {
        var family = new List<ShardEntry> { entries.FirstOrDefault(entry => entry.Shard == root) ?? new ShardEntry(root, []) };
        for (var i = 0; i < family.Count; i++)
        {
            family.AddRange(entries.Where(entry => entry.Parents.Contains(family[i].Shard) && family.TrueForAll(known => known.Shard != entry.Shard)));
        }

        return family;
    }

    private async ValueTask<StateWrite[]> Attach(ShardEntry entry, ShardHead? head, CancellationToken cancellation)
    {
        var start = head is null ? await _lineage.Start(entry, cancellation) : default;
        var next = HeadSwap.Next(head, attempts.Next(), start);
        next = next with { Ancestors = [.. next.Ancestors.Append(_lane).Distinct(StringComparer.Ordinal)] };
        return HeadSwap.Writes(StateKeys.ShardPk(_stream, entry.Shard), next, HeadSwap.WithoutRecords(next, BatchKind.Attach));
    }
}
