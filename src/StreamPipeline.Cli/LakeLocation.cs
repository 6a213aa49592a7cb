using StreamPipeline.Aws;

namespace StreamPipeline.Cli;

/// <summary>Where a lake is.</summary>
/// <param name="Lake">A folder, or <c>s3://bucket/prefix</c>.</param>
/// <param name="State">Null: within the folder; otherwise <c>dynamodb://table</c>.</param>
internal sealed record LakeLocation(string Lake, string? State = null)
{
    public const string S3 = AwsLocations.S3Scheme;
    public const string DynamoDb = AwsLocations.DynamoDbScheme;

    public bool IsS3 => Lake.StartsWith(S3, StringComparison.OrdinalIgnoreCase);

    /// <summary>What is wrong with it; null when nothing is.</summary>
    public string? Problem =>
        IsS3 && State is null ? $"--lake {Lake} needs the table with its state too: add --state {DynamoDb}TABLE"
        : !IsS3 && State is not null ? $"--state {State} goes with a lake on S3 (--lake s3://bucket/prefix); a lake in a folder keeps its state within the folder, so leave --state out"
        : IsS3 && AwsLocations.S3(Lake, out var problem) is null ? $"--lake {problem}"
        : State is not null && AwsLocations.DynamoDbTable(State, out problem) is null ? $"--state {problem}"
        : null;

    /// <summary>As options of a command.</summary>
    public IReadOnlyList<string> Arguments => State is null ? ["--lake", Lake] : ["--lake", Lake, "--state", State];

    /// <summary>For people.</summary>
    public override string ToString() => State is null ? Lake : $"{Lake} --state {State}";
}
