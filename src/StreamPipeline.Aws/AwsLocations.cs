using System.Buffers;
using StreamPipeline.Core.Lake;

namespace StreamPipeline.Aws;

/// <summary>A lake in S3: <c>s3://bucket</c> or <c>s3://bucket/prefix</c>.</summary>
/// <param name="Bucket">Its name.</param>
/// <param name="Prefix">Without a slash at either end; empty: the lake is the whole bucket.</param>
public sealed record S3Location(string Bucket, string Prefix)
{
    /// <inheritdoc/>
    public override string ToString() => Prefix.Length == 0 ? $"s3://{Bucket}" : $"s3://{Bucket}/{Prefix}";
}

/// <summary>Addresses of things on AWS, as the command line takes them. Names are checked here, before any call is made with them.</summary>
public static class AwsLocations
{
    public const string S3Scheme = "s3://";
    public const string DynamoDbScheme = "dynamodb://";
    public const string KinesisScheme = "kinesis://";

    private static readonly SearchValues<char> BucketCharacters = SearchValues.Create("abcdefghijklmnopqrstuvwxyz0123456789.-");
    private static readonly SearchValues<char> NameCharacters = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-");

    /// <returns>Null when the text is no such address: then the problem says why.</returns>
    public static S3Location? S3(string text, out string problem)
    {
        var rest = Rest(text, S3Scheme, "s3://bucket or s3://bucket/prefix", out problem);
        if (rest is null)
        {
            return null;
        }

        var slash = rest.IndexOf('/', StringComparison.Ordinal);
        var bucket = slash < 0 ? rest : rest[..slash];
        var prefix = slash < 0 ? "" : rest[(slash + 1)..].TrimEnd('/');
        problem = ProblemOfBucket(text, bucket) ?? ProblemOfPrefix(text, prefix) ?? "";
        return problem.Length == 0 ? new S3Location(bucket, prefix) : null;
    }

    /// <returns>The table's name; null when the text is no such address: then the problem says why.</returns>
    public static string? DynamoDbTable(string text, out string problem) => Name(text, DynamoDbScheme, "dynamodb://table", "table", 3, 255, out problem);

    /// <returns>The stream's name; null when the text is no such address: then the problem says why.</returns>
    public static string? KinesisStream(string text, out string problem) => Name(text, KinesisScheme, "kinesis://stream", "stream", 1, 128, out problem);

    private static string? Name(string text, string scheme, string form, string what, int lengthMin, int lengthMax, out string problem)
    {
        if (Rest(text, scheme, form, out problem) is not { } name)
        {
            return null;
        }

        problem = name.Length < lengthMin || name.Length > lengthMax
            ? $"'{Shown(text)}': the {what} name has {name.Length} characters and {lengthMin} to {lengthMax} are allowed"
            : name.AsSpan().ContainsAnyExcept(NameCharacters)
                ? $"'{Shown(text)}': a {what} name has only letters, digits, '_', '.' and '-'"
                : "";
        return problem.Length == 0 ? name : null;
    }

    private static string? Rest(string text, string scheme, string form, out string problem)
    {
        problem = text.StartsWith(scheme, StringComparison.OrdinalIgnoreCase) ? "" : $"'{Shown(text)}' does not have the form {form}";
        return problem.Length == 0 ? text[scheme.Length..] : null;
    }

    // https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
    private static string? ProblemOfBucket(string text, string bucket) =>
        bucket.Length is < 3 or > 63
            ? $"'{Shown(text)}': the bucket name has {bucket.Length} characters and 3 to 63 are allowed"
            : bucket.AsSpan().ContainsAnyExcept(BucketCharacters) || !char.IsAsciiLetterOrDigit(bucket[0]) || !char.IsAsciiLetterOrDigit(bucket[^1])
                || bucket.Contains("..", StringComparison.Ordinal)
                ? $"'{Shown(text)}': a bucket name has only lower-case letters, digits, '.' and '-', starts and ends with a letter or digit, and has no two dots in a row"
                : null;

    private static string? ProblemOfPrefix(string text, string prefix)
    {
        if (prefix.Length == 0)
        {
            return null;
        }

        try
        {
            ObjectKey.Check(prefix);
            return null;
        }
        catch (ArgumentException error)
        {
            return $"'{Shown(text)}': the prefix {error.Message}";
        }
    }

    private static string Shown(string text) => text.Length <= 120 ? text : text[..120] + "…";
}
