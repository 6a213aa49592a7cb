using StreamPipeline.Aws;
using StreamPipeline.Core.Configuration;

namespace StreamPipeline.Lambda.Configuration;

/// <summary>
/// What a function is told by its environment, which is all there is on Lambda:
/// <list type="table">
/// <item><term><c>_HANDLER</c></term><description>which function this is; <c>STREAMPIPELINE_FUNCTION</c> goes before it</description></item>
/// <item><term><c>STREAMPIPELINE_PIPELINE</c></term><description>pipeline.yaml, relative to <c>LAMBDA_TASK_ROOT</c>; default <c>pipeline/pipeline.yaml</c></description></item>
/// <item><term><c>STREAMPIPELINE_TABLE</c></term><description>DynamoDB table of the state</description></item>
/// <item><term><c>STREAMPIPELINE_BUCKET</c>, <c>STREAMPIPELINE_PREFIX</c></term><description>the lake; no prefix: the whole bucket</description></item>
/// <item><term><c>STREAMPIPELINE_STREAM</c></term><description>goes before pipeline.yaml's <c>stream</c></description></item>
/// <item><term><c>STREAMPIPELINE_FIREHOSE</c></term><description>delivery stream for bronze; not set: bronze is written to the lake, one object a batch</description></item>
/// <item><term><c>STREAMPIPELINE_PARALLELIZATION_FACTOR</c></term><description>of the event source mapping; anything but 1 is refused</description></item>
/// <item><term>keys of masks</term><description>as pipeline.yaml names them; default <c>STREAMPIPELINE_MASK_KEY</c></description></item>
/// </list>
/// </summary>
/// <param name="Function">One of the known functions.</param>
/// <param name="PipelineFile">Full path.</param>
/// <param name="Table">DynamoDB table.</param>
/// <param name="Lake">S3 bucket and prefix.</param>
/// <param name="Stream">Null: as in pipeline.yaml.</param>
/// <param name="DeliveryStream">Null: bronze goes to the lake.</param>
internal sealed record FunctionSettings(
    string Function, string PipelineFile, string Table, S3Location Lake, string? Stream, string? DeliveryStream)
{
    private const string PipelineDefault = "pipeline/pipeline.yaml";

    /// <summary>With a problem added for each mistake, what is returned is not to be used except to look for further ones.</summary>
    /// <param name="variable">Looks up an environment variable; null when it is not set.</param>
    /// <param name="functions">The functions there are.</param>
    /// <param name="problems">Gets every mistake.</param>
    public static FunctionSettings Read(Func<string, string?> variable, IReadOnlyCollection<string> functions, ProblemList problems)
    {
        string? Value(string name) => variable(name) is { } value && !string.IsNullOrWhiteSpace(value) ? value.Trim() : null;

        string Required(string name, string example)
        {
            if (Value(name) is { } value)
            {
                return value;
            }

            problems.Add(At(name), "is not set", $"set it to {example}");
            return "";
        }

        var functionVariable = Value("STREAMPIPELINE_FUNCTION") is null ? "_HANDLER" : "STREAMPIPELINE_FUNCTION";
        var known = string.Join(", ", functions.Order(StringComparer.Ordinal));
        var function = Required(functionVariable, $"one of {known}");
        if (function.Length > 0 && !functions.Contains(function))
        {
            problems.Add(At(functionVariable), $"is '{function}', and there is no such function", $"set it to one of {known}");
        }

        CheckParallelization(Value("STREAMPIPELINE_PARALLELIZATION_FACTOR"), problems);
        var root = Value("LAMBDA_TASK_ROOT") ?? ".";
        return new FunctionSettings(
            function,
            Path.GetFullPath(Path.Combine(root, Value("STREAMPIPELINE_PIPELINE") ?? PipelineDefault)),
            CheckTable(Required("STREAMPIPELINE_TABLE", "the name of the DynamoDB table"), problems),
            CheckLake(Required("STREAMPIPELINE_BUCKET", "the name of the lake's S3 bucket"), Value("STREAMPIPELINE_PREFIX"), problems),
            CheckStream(Value("STREAMPIPELINE_STREAM"), problems),
            Value("STREAMPIPELINE_FIREHOSE"));
    }

    /// <summary>
    /// With a factor above 1 Lambda takes a shard's records to several invocations at once: the fence, which knows one position in the shard,
    /// would take what comes second for a replay if it has the lower numbers. That must not start.
    /// </summary>
    private static void CheckParallelization(string? factor, ProblemList problems)
    {
        if (factor is not (null or "1"))
        {
            problems.Add(
                At("STREAMPIPELINE_PARALLELIZATION_FACTOR"),
                $"is '{factor}', and only 1 is right: the commit relies on one invocation at a time for each shard",
                "set ParallelizationFactor of the event source mapping to 1 and this variable with it; one invocation handles more than a shard can carry, so split shards for more");
        }
    }

    private static string CheckTable(string table, ProblemList problems)
    {
        if (table.Length > 0 && AwsLocations.DynamoDbTable(AwsLocations.DynamoDbScheme + table, out var problem) is null)
        {
            problems.Add(At("STREAMPIPELINE_TABLE"), problem, "the name of a DynamoDB table, not its ARN");
        }

        return table;
    }

    private static S3Location CheckLake(string bucket, string? prefix, ProblemList problems)
    {
        var location = new S3Location(bucket, (prefix ?? "").Trim('/'));
        if (bucket.Length > 0 && AwsLocations.S3(location.ToString(), out var problem) is null)
        {
            problems.Add(At(prefix is null ? "STREAMPIPELINE_BUCKET" : "STREAMPIPELINE_BUCKET and STREAMPIPELINE_PREFIX"), problem, "the name of an S3 bucket, and folders in it");
        }

        return location;
    }

    private static string? CheckStream(string? stream, ProblemList problems)
    {
        if (stream is not null && (stream.Length > 64 || !stream.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-')))
        {
            problems.Add(At("STREAMPIPELINE_STREAM"), $"is '{stream}'", "letters, digits, _ and -, at most 64");
        }

        return stream;
    }

    private static Location At(string variable) => new("environment variable " + variable, 0, 0);
}
