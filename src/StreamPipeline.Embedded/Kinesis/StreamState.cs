using System.Collections.Immutable;
using System.Globalization;

namespace StreamPipeline.Embedded.Kinesis;

/// <summary>
/// A stream and its shards, immutable: an operation answers with the next state, which counts once it is on the disk. Open shards divide the
/// hash keys 0 to 2^128 − 1 without gap or overlap.
/// </summary>
/// <param name="Name">Unique.</param>
/// <param name="CreatedMs">When it was created, ms since 1970: tells it from one of the same name that was deleted.</param>
/// <param name="RetentionHours">How long a record can be read, from <see cref="KinesisLimits.RetentionHoursMin"/>.</param>
/// <param name="Shards">Ascending by index; closed ones leave once their records have expired.</param>
/// <param name="NextIndex">Index of the next shard.</param>
internal sealed record StreamState(string Name, long CreatedMs, int RetentionHours, ImmutableArray<ShardState> Shards, int NextIndex)
{
    public long RetentionMs => RetentionHours * 3_600_000L;

    public int OpenShards => Shards.Count(shard => shard.IsOpen);

    /// <param name="name">A valid name.</param>
    /// <param name="shards">From 1.</param>
    /// <param name="firstOrdinal">Of its first shard; the others follow.</param>
    /// <param name="nowMs">Now, ms since 1970.</param>
    public static StreamState Create(string name, int shards, int firstOrdinal, long nowMs)
    {
        var ranges = ImmutableArray.CreateBuilder<ShardState>(shards);
        for (var i = 0; i < shards; i++)
        {
            ranges.Add(new ShardState(i, firstOrdinal + i, RangeStart(i, shards), RangeStart(i + 1, shards) - 1, nowMs / 1000, nowMs));
        }

        return new StreamState(name, nowMs, KinesisLimits.RetentionHoursMin, ranges.MoveToImmutable(), shards);
    }

    /// <exception cref="KinesisFault">There is no such shard.</exception>
    public ShardState Shard(string id)
    {
        if (ShardState.TryParseId(id, out var index) && Find(index) is { } shard)
        {
            return shard;
        }

        throw KinesisFault.NotFound($"Shard '{KinesisFault.Shown(id)}' in stream '{Name}' does not exist; ListShards shows those that do");
    }

    public ShardState? Find(int index)
    {
        foreach (var shard in Shards)
        {
            if (shard.Index == index)
            {
                return shard;
            }
        }

        return null;
    }

    /// <summary>The shards that a closed one handed its hash keys to.</summary>
    public IEnumerable<ShardState> ChildrenOf(ShardState shard) =>
        Shards.Where(child => child.Parent == shard.Index || child.AdjacentParent == shard.Index);

    /// <exception cref="KinesisFault">The shard is closed, or the key is not strictly inside its range.</exception>
    public StreamState Split(ShardState shard, UInt128 newStart, int firstOrdinal, long nowMs)
    {
        CheckOpen(shard);
        if (newStart <= shard.From || newStart > shard.To)
        {
            throw KinesisFault.Argument(
                $"NewStartingHashKey {Text(newStart)} used in SplitShard() on shard {shard.Id} in stream {Name} is not both greater than one plus the shard's StartingHashKey "
                + $"{Text(shard.From)} and less than the shard's EndingHashKey {Text(shard.To)}.");
        }

        CheckRoom(1);
        var created = Math.Max(nowMs / 1000, shard.CreatedSeconds + 1);
        var left = new ShardState(NextIndex, firstOrdinal, shard.From, newStart - 1, created, nowMs) { Parent = shard.Index };
        var right = new ShardState(NextIndex + 1, firstOrdinal + 1, newStart, shard.To, created, nowMs) { Parent = shard.Index };
        return this with { Shards = Closed(nowMs, shard).Add(left).Add(right), NextIndex = NextIndex + 2 };
    }

    /// <exception cref="KinesisFault">One of the shards is closed, or they are not neighbours.</exception>
    public StreamState Merge(ShardState shard, ShardState adjacent, int ordinal, long nowMs)
    {
        CheckOpen(shard);
        CheckOpen(adjacent);
        var (lower, upper) = shard.From < adjacent.From ? (shard, adjacent) : (adjacent, shard);
        if (lower.Index == upper.Index || upper.From - lower.To != 1)
        {
            throw KinesisFault.Argument($"Shards {shard.Id} and {adjacent.Id} in stream {Name} are not an adjacent pair of shards eligible for merging");
        }

        // Which one is the parent and which one the adjacent parent is as in the request, not in the order of hash keys.
        var created = Math.Max(nowMs / 1000, Math.Max(shard.CreatedSeconds, adjacent.CreatedSeconds) + 1);
        var child = new ShardState(NextIndex, ordinal, lower.From, upper.To, created, nowMs)
        {
            Parent = shard.Index,
            AdjacentParent = adjacent.Index,
        };
        return this with { Shards = Closed(nowMs, shard, adjacent).Add(child), NextIndex = NextIndex + 1 };
    }

    /// <summary>Without the shards whose last record has expired.</summary>
    public StreamState WithoutExpired(long nowMs) =>
        Shards.Any(shard => IsExpired(shard, nowMs)) ? this with { Shards = Shards.RemoveAll(shard => IsExpired(shard, nowMs)) } : this;

    public bool IsExpired(ShardState shard, long nowMs) => shard.ClosedMs is { } closed && closed + RetentionMs <= nowMs;

    public static string Text(UInt128 hashKey) => hashKey.ToString(CultureInfo.InvariantCulture);

    /// <summary>False when the text is not a decimal number from 0 to 2^128 − 1 without leading zeros.</summary>
    public static bool TryParseHashKey(string text, out UInt128 key)
    {
        key = 0;
        return text.Length is > 0 and <= 39 && (text[0] != '0' || text.Length == 1)
            && UInt128.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out key);
    }

    /// <summary>The first hash key of a range, floor(index × 2^128 / shards), as Kinesis divides them.</summary>
    private static UInt128 RangeStart(int index, int shards)
    {
        if (index == shards)
        {
            // One beyond the last: wraps to 0, and the caller subtracts 1.
            return 0;
        }

        // 2^128 = quotient × shards + remainder, since UInt128.MaxValue is 2^128 − 1.
        var (quotient, remainder) = UInt128.DivRem(UInt128.MaxValue, (UInt128)shards);
        remainder++;
        return (quotient * (UInt128)index) + (remainder * (UInt128)index / (UInt128)shards);
    }

    private ImmutableArray<ShardState> Closed(long nowMs, params ReadOnlySpan<ShardState> shards)
    {
        var all = Shards;
        foreach (var shard in shards)
        {
            all = all.Replace(shard, shard with { ClosedMs = nowMs });
        }

        return all;
    }

    private void CheckOpen(ShardState shard)
    {
        if (!shard.IsOpen)
        {
            throw KinesisFault.Argument(
                $"Shard {shard.Id} in stream {Name} under account 000000000000 has already been merged or split, and thus is not eligible for merging or splitting.");
        }
    }

    private void CheckRoom(int more)
    {
        if (OpenShards + more > KinesisLimits.ShardsMax)
        {
            throw KinesisFault.Limit($"Stream {Name} has {OpenShards:N0} open shards, at most {KinesisLimits.ShardsMax:N0} are allowed here");
        }
    }
}
