using Amazon.Runtime;

namespace Amazon.KinesisFirehose.Model;

public class PutRecordBatchRequest : AmazonKinesisFirehoseRequest
{
    public string? DeliveryStreamName { get; set; }

    /// <summary>1 to 500, at most 4 MiB.</summary>
    public List<Record>? Records { get; set; }
}

public class Record
{
    /// <summary>At most 1,000 KiB. All of the stream from its start is sent.</summary>
    public MemoryStream? Data { get; set; }
}

public class PutRecordBatchResponse : AmazonWebServiceResponse
{
    public bool? Encrypted { get; set; }

    public int? FailedPutCount { get; set; }

    /// <summary>One per record of the request, in its order.</summary>
    public List<PutRecordBatchResponseEntry>? RequestResponses { get; set; }
}

/// <summary>Either a record id, or an error such as <c>ServiceUnavailableException</c>.</summary>
public class PutRecordBatchResponseEntry
{
    public string? ErrorCode { get; set; }

    public string? ErrorMessage { get; set; }

    public string? RecordId { get; set; }
}
