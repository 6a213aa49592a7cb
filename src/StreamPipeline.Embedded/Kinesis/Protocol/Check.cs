using System.Diagnostics.CodeAnalysis;

namespace StreamPipeline.Embedded.Kinesis.Protocol;

/// <summary>The checks of members that several operations share. Each throws a <see cref="KinesisFault"/> that names the value and what is allowed.</summary>
internal static class Check
{
    private const string ArnPattern = @"arn:aws.*:kinesis:.*:\d{12}:stream/\S+";

    /// <summary>The stream's name, from the name or from the ARN. Any region and account will do.</summary>
    public static string Stream(IStreamRequest request)
    {
        if (request.StreamARN is { } arn)
        {
            var parts = arn.Split(':', 6);
            if (parts.Length != 6 || parts[0] != "arn" || !parts[1].StartsWith("aws", StringComparison.Ordinal) || parts[2] != "kinesis"
                || parts[4].Length != 12 || !parts[5].StartsWith("stream/", StringComparison.Ordinal))
            {
                throw KinesisFault.Validation("streamARN", arn, $"Member must satisfy regular expression pattern: {ArnPattern}");
            }

            var name = parts[5]["stream/".Length..];
            if (request.StreamName is { } other && other != name)
            {
                throw KinesisFault.Argument($"StreamName '{KinesisFault.Shown(other)}' and StreamARN '{KinesisFault.Shown(arn)}' name different streams");
            }

            return Name("streamARN", name);
        }

        return request.StreamName is null
            ? throw KinesisFault.Argument("Either StreamName or StreamARN should be provided.")
            : Name("streamName", request.StreamName);
    }

    public static string Name(string member, [NotNull] string? name)
    {
        if (name is null)
        {
            throw KinesisFault.Validation(member, null, "Member must not be null");
        }

        if (name.Length is 0 or > KinesisLimits.StreamNameCharsMax)
        {
            throw KinesisFault.Validation(
                member, name, name.Length == 0 ? "Member must have length greater than or equal to 1" : $"Member must have length less than or equal to {KinesisLimits.StreamNameCharsMax}");
        }

        return name.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '.' or '-')
            ? name
            : throw KinesisFault.Validation(member, name, "Member must satisfy regular expression pattern: [a-zA-Z0-9_.-]+");
    }

    public static string Present(string member, [NotNull] string? value) =>
        string.IsNullOrEmpty(value) ? throw KinesisFault.Validation(member, value, "Member must not be null") : value;

    /// <summary>The value, or the default when there is none.</summary>
    public static int Between(string member, int? value, int @default, int min, int max)
    {
        var number = value ?? @default;
        if (number < min || number > max)
        {
            throw KinesisFault.Validation(
                member,
                number.ToString(System.Globalization.CultureInfo.InvariantCulture),
                number < min ? $"Member must have value greater than or equal to {min}" : $"Member must have value less than or equal to {max}");
        }

        return number;
    }

    /// <summary>Seconds since 1970 to milliseconds.</summary>
    public static long Timestamp(string member, double? seconds) => seconds switch
    {
        null => throw KinesisFault.Argument($"Must specify {member} with this type"),
        >= 0 and < 1e11 => (long)(seconds.Value * 1000),
        _ => throw KinesisFault.Argument(FormattableString.Invariant($"{member} {seconds} is not a time: seconds since 1970 from 0 on are expected")),
    };

    /// <summary>A record that is within the limits, with its hash key.</summary>
    /// <param name="member">Where it is in the request, with a trailing dot, such as <c>records.3.member.</c>; empty when it is the request.</param>
    /// <param name="data">At most 1 MiB together with the key.</param>
    /// <param name="partitionKey">1 to 256 characters.</param>
    /// <param name="explicitHashKey">Null, or a decimal number below 2^128.</param>
    public static PutEntry Record(string member, byte[]? data, string? partitionKey, string? explicitHashKey)
    {
        if (data is null)
        {
            throw KinesisFault.Validation($"{member}data", null, "Member must not be null");
        }

        if (partitionKey is null)
        {
            throw KinesisFault.Validation($"{member}partitionKey", null, "Member must not be null");
        }

        if (partitionKey.Length is 0 or > KinesisLimits.PartitionKeyCharsMax)
        {
            throw KinesisFault.Validation(
                $"{member}partitionKey",
                partitionKey,
                partitionKey.Length == 0 ? "Member must have length greater than or equal to 1" : $"Member must have length less than or equal to {KinesisLimits.PartitionKeyCharsMax}");
        }

        var entry = new PutEntry(partitionKey, HashKey(member, partitionKey, explicitHashKey), data);
        if (entry.Bytes > KinesisLimits.RecordBytesMax)
        {
            throw new KinesisFault(
                "ValidationException",
                $"1 validation error detected: Value at '{member}data' failed to satisfy constraint: Member must have length less than or equal to {KinesisLimits.RecordBytesMax}; data and partition key are {entry.Bytes} bytes");
        }

        return entry;
    }

    private static UInt128 HashKey(string member, string partitionKey, string? explicitHashKey)
    {
        if (explicitHashKey is null)
        {
            // At most 256 characters of at most 3 bytes.
            Span<byte> key = stackalloc byte[KinesisLimits.PartitionKeyCharsMax * 3];
            return Sources.PartitionKeyReader.HashKey(key[..System.Text.Encoding.UTF8.GetBytes(partitionKey, key)]);
        }

        return StreamState.TryParseHashKey(explicitHashKey, out var hashKey)
            ? hashKey
            : throw KinesisFault.Argument(
                $"Invalid ExplicitHashKey at '{member}explicitHashKey': '{KinesisFault.Shown(explicitHashKey)}' is not a decimal number from 0 to {StreamState.Text(UInt128.MaxValue)}");
    }
}
