namespace StreamPipeline.Core.Decoding;

/// <summary>The values of the quarantine table's <c>reason</c> column. Stable: people alert on them.</summary>
public static class QuarantineReason
{
    /// <summary>Not JSON by RFC 8259.</summary>
    public const string MalformedJson = "malformed_json";

    /// <summary>Nested deeper than <c>limits.depth</c>.</summary>
    public const string TooDeep = "too_deep";

    /// <summary>An object names a member twice, so its meaning is undefined (RFC 8259 section 4).</summary>
    public const string DuplicateKey = "duplicate_key";

    /// <summary>Not UTF-8 (RFC 3629), or a string escape that is half a surrogate pair.</summary>
    public const string InvalidUtf8 = "invalid_utf8";

    /// <summary>JSON, but an array or a scalar where an event object is expected.</summary>
    public const string NotAnObject = "not_an_object";

    /// <summary>The record has no data, or only white space.</summary>
    public const string Empty = "empty_record";

    /// <summary>Violates the JSON Schema; <c>rule_or_path</c> is the JSON pointer of the value.</summary>
    public const string Contract = "contract";

    /// <summary>The record is larger than <c>limits.recordBytes</c>; <c>raw</c> holds its beginning.</summary>
    public const string RecordTooLarge = "record_too_large";

    /// <summary>Compressed data that inflates beyond <c>limits.inflatedBytes</c>.</summary>
    public const string InflatedTooLarge = "inflated_too_large";

    /// <summary>Starts like gzip or zstd, but does not inflate.</summary>
    public const string CorruptCompression = "corrupt_compression";

    /// <summary>Starts like a KPL aggregate and its MD5 matches, but it is not the protobuf message it should be.</summary>
    public const string CorruptAggregate = "corrupt_aggregate";

    /// <summary>The Lambda event's data is not base64.</summary>
    public const string BadBase64 = "bad_base64";

    /// <summary>The input ended within a record: a compressed file cut short.</summary>
    public const string InputTruncated = "input_truncated";

    /// <summary>The event time field is null or absent.</summary>
    public const string EventTimeMissing = "event_time_missing";

    /// <summary>Event time beyond arrival + <c>eventTime.maxFuture</c>.</summary>
    public const string FutureEventTime = "future_event_time";

    /// <summary>Failed row-level quality rules; <c>rule_or_path</c> names them.</summary>
    public const string Quality = "quality";

    /// <summary>Good by itself, but its batch's score was not above <c>quality.gate</c>.</summary>
    public const string Gate = "gate";
}
