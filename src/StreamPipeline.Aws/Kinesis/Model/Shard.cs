namespace Amazon.Kinesis.Model;

public class Shard
{
    /// <summary>The second parent of a shard that is the result of a merge.</summary>
    public string? AdjacentParentShardId { get; set; }

    public HashKeyRange? HashKeyRange { get; set; }

    /// <summary>May name a shard that no longer exists.</summary>
    public string? ParentShardId { get; set; }

    public SequenceNumberRange? SequenceNumberRange { get; set; }

    public string? ShardId { get; set; }
}

/// <summary>Both ends inclusive, in decimal.</summary>
public class HashKeyRange
{
    public string? EndingHashKey { get; set; }

    public string? StartingHashKey { get; set; }
}

public class SequenceNumberRange
{
    /// <summary>Null: the shard is open.</summary>
    public string? EndingSequenceNumber { get; set; }

    public string? StartingSequenceNumber { get; set; }
}
