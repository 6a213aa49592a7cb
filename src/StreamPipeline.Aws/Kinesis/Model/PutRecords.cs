using Amazon.Runtime;

namespace Amazon.Kinesis.Model;

public class PutRecordsRequest : AmazonKinesisRequest
{
    /// <summary>1 to 500, at most 10 MiB with their keys.</summary>
    public List<PutRecordsRequestEntry>? Records { get; set; }

    /// <summary>Instead of <c>StreamName</c>.</summary>
    public string? StreamARN { get; set; }

    public string? StreamName { get; set; }
}

public class PutRecordsRequestEntry
{
    /// <summary>All of the stream from its start is sent. At most 1 MiB with the key, or what the stream allows (10 MiB).</summary>
    public MemoryStream? Data { get; set; }

    /// <summary>0 to 2^128 − 1 in decimal: chooses the shard instead of the key's MD5.</summary>
    public string? ExplicitHashKey { get; set; }

    /// <summary>1 to 256 characters.</summary>
    public string? PartitionKey { get; set; }
}

public class PutRecordsResponse : AmazonWebServiceResponse
{
    public EncryptionType? EncryptionType { get; set; }

    public int? FailedRecordCount { get; set; }

    /// <summary>One per record of the request, in its order.</summary>
    public List<PutRecordsResultEntry>? Records { get; set; }
}

/// <summary>Either a sequence number and a shard, or an error: <c>ProvisionedThroughputExceededException</c> or <c>InternalFailure</c>.</summary>
public class PutRecordsResultEntry
{
    public string? ErrorCode { get; set; }

    public string? ErrorMessage { get; set; }

    public string? SequenceNumber { get; set; }

    public string? ShardId { get; set; }
}
