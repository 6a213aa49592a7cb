using Amazon.Runtime;

namespace Amazon.Kinesis;

/// <summary>Where an iterator starts.</summary>
public class ShardIteratorType(string value) : ConstantClass(value)
{
    public static readonly ShardIteratorType AFTER_SEQUENCE_NUMBER = new("AFTER_SEQUENCE_NUMBER");
    public static readonly ShardIteratorType AT_SEQUENCE_NUMBER = new("AT_SEQUENCE_NUMBER");
    public static readonly ShardIteratorType AT_TIMESTAMP = new("AT_TIMESTAMP");
    public static readonly ShardIteratorType LATEST = new("LATEST");
    public static readonly ShardIteratorType TRIM_HORIZON = new("TRIM_HORIZON");

    public static ShardIteratorType FindValue(string value) => FindValue<ShardIteratorType>(value);

    public static implicit operator ShardIteratorType(string value) => FindValue(value);
}

/// <summary>Which shards are listed.</summary>
public class ShardFilterType(string value) : ConstantClass(value)
{
    public static readonly ShardFilterType AFTER_SHARD_ID = new("AFTER_SHARD_ID");
    public static readonly ShardFilterType AT_LATEST = new("AT_LATEST");
    public static readonly ShardFilterType AT_TIMESTAMP = new("AT_TIMESTAMP");
    public static readonly ShardFilterType AT_TRIM_HORIZON = new("AT_TRIM_HORIZON");
    public static readonly ShardFilterType FROM_TIMESTAMP = new("FROM_TIMESTAMP");
    public static readonly ShardFilterType FROM_TRIM_HORIZON = new("FROM_TRIM_HORIZON");

    public static ShardFilterType FindValue(string value) => FindValue<ShardFilterType>(value);

    public static implicit operator ShardFilterType(string value) => FindValue(value);
}

/// <summary>What the stream is doing.</summary>
public class StreamStatus(string value) : ConstantClass(value)
{
    public static readonly StreamStatus ACTIVE = new("ACTIVE");
    public static readonly StreamStatus CREATING = new("CREATING");
    public static readonly StreamStatus DELETING = new("DELETING");
    public static readonly StreamStatus UPDATING = new("UPDATING");

    public static StreamStatus FindValue(string value) => FindValue<StreamStatus>(value);

    public static implicit operator StreamStatus(string value) => FindValue(value);
}

/// <summary>Who chooses the number of shards.</summary>
public class StreamMode(string value) : ConstantClass(value)
{
    public static readonly StreamMode ON_DEMAND = new("ON_DEMAND");
    public static readonly StreamMode PROVISIONED = new("PROVISIONED");

    public static StreamMode FindValue(string value) => FindValue<StreamMode>(value);

    public static implicit operator StreamMode(string value) => FindValue(value);
}

/// <summary>How records are encrypted at rest.</summary>
public class EncryptionType(string value) : ConstantClass(value)
{
    public static readonly EncryptionType KMS = new("KMS");
    public static readonly EncryptionType NONE = new("NONE");

    public static EncryptionType FindValue(string value) => FindValue<EncryptionType>(value);

    public static implicit operator EncryptionType(string value) => FindValue(value);
}
