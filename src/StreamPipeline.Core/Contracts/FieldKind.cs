namespace StreamPipeline.Core.Contracts;

/// <summary>What a contract field holds, and with it its Arrow type.</summary>
public enum FieldKind
{
    /// <summary><c>utf8</c>.</summary>
    String,

    /// <summary><c>int64</c>.</summary>
    Integer,

    /// <summary><c>double</c>.</summary>
    Number,

    /// <summary><c>bool</c>.</summary>
    Boolean,

    /// <summary><c>timestamp[us, UTC]</c>, written as <c>format: date-time</c>.</summary>
    Timestamp,

    /// <summary><c>date32</c>, written as <c>format: date</c>.</summary>
    Date,

    /// <summary>Any JSON value, kept as its text in <c>utf8</c>: a schema without a type.</summary>
    Json,

    /// <summary><c>struct</c>.</summary>
    Object,

    /// <summary><c>list</c>.</summary>
    List,
}

/// <summary>The formats that are asserted. Source: JSON Schema 2020-12 validation, section 7.3.</summary>
public enum TextFormat
{
    None,

    /// <summary>RFC 3339 date-time, offset mandatory.</summary>
    DateTime,

    /// <summary>RFC 3339 full-date.</summary>
    Date,

    /// <summary>RFC 4122 text form, any version, either letter case.</summary>
    Uuid,

    /// <summary>RFC 2673 dotted quad, without leading zeros.</summary>
    Ipv4,

    /// <summary>RFC 5321 mailbox with an ASCII dot-string or quoted local part and a host name.</summary>
    Email,
}
