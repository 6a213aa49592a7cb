namespace StreamPipeline.Embedded.Kinesis;

/// <summary>A shard, as it is kept.</summary>
/// <param name="Index">Number of the shard in its stream, from 0, never used again.</param>
/// <param name="Ordinal">Number of the shard in the file, from 0, never used again: where its records are.</param>
/// <param name="From">First hash key.</param>
/// <param name="To">Last hash key.</param>
/// <param name="CreatedSeconds">Second of 1970 that its sequence numbers begin with, above that of its parents; so it may lie in the future.</param>
/// <param name="OpenedMs">When it opened, ms since 1970.</param>
internal sealed record ShardState(int Index, int Ordinal, UInt128 From, UInt128 To, long CreatedSeconds, long OpenedMs)
{
    /// <summary>The shard that was split, or the first of two that were merged.</summary>
    public int? Parent { get; init; }

    /// <summary>The other of two shards that were merged.</summary>
    public int? AdjacentParent { get; init; }

    /// <summary>When it was split or merged, ms since 1970; null while it is open.</summary>
    public long? ClosedMs { get; init; }

    public bool IsOpen => ClosedMs is null;

    public string Id => IdOf(Index);

    public string StartingSequence => new RecordPosition(CreatedSeconds, Index, 0, CreatedSeconds).ToString();

    /// <summary>Null while it is open.</summary>
    public string? EndingSequence => ClosedMs is { } closed
        ? new RecordPosition(CreatedSeconds, Index, RecordPosition.EndIndex, closed / 1000).ToString()
        : null;

    public static string IdOf(int index) => FormattableString.Invariant($"shardId-{index:000000000000}");

    /// <summary>False when the text is not the id of a shard.</summary>
    public static bool TryParseId(string id, out int index)
    {
        index = 0;
        return id.Length == 20 && id.StartsWith("shardId-", StringComparison.Ordinal)
            && int.TryParse(id.AsSpan(8), System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out index);
    }
}
