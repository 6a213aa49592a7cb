namespace StreamPipeline.Embedded.Kinesis;

/// <summary>An error that goes to the caller as Kinesis would answer it: a type that SDKs turn into an exception, and a message.</summary>
/// <param name="type">Such as <c>ResourceNotFoundException</c>.</param>
/// <param name="message">Names the value and the limit; never holds a payload.</param>
/// <param name="status">HTTP status: 400 for what the caller can mend, 500 for what it may send again.</param>
internal sealed class KinesisFault(string type, string message, int status = 400) : Exception(message)
{
    public string Type => type;

    public int Status => status;

    public static KinesisFault NotFound(string what) => new("ResourceNotFoundException", what);

    public static KinesisFault InUse(string what) => new("ResourceInUseException", what);

    public static KinesisFault Argument(string what) => new("InvalidArgumentException", what);

    public static KinesisFault Limit(string what) => new("LimitExceededException", what);

    public static KinesisFault Throttled(string what) => new(ThrottledType, what);

    /// <summary>In the words of Kinesis' own front end, which clients' tests look for.</summary>
    public static KinesisFault Validation(string member, string? value, string constraint) => new(
        "ValidationException",
        $"1 validation error detected: Value {(value is null ? "null" : $"'{Shown(value)}'")} at '{member}' failed to satisfy constraint: {constraint}");

    public const string ThrottledType = "ProvisionedThroughputExceededException";

    /// <summary>A value that came from outside, short and without control characters.</summary>
    public static string Shown(string value)
    {
        var cut = value.Length > 256 ? value[..256] + "…" : value;
        return string.Create(cut.Length, cut, static (span, text) =>
        {
            for (var i = 0; i < span.Length; i++)
            {
                span[i] = char.IsControl(text[i]) ? '?' : text[i];
            }
        });
    }
}
