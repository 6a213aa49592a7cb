using System.Diagnostics;
using StreamPipeline.Aws;
using StreamPipeline.Embedded;

namespace StreamPipeline.Cli;

/// <summary>How a Lambda binary is started on this machine: with the environment that the deployment would give it.</summary>
internal static class FunctionStart
{
    /// <summary>As in the deployment's template.</summary>
    public static readonly TimeSpan Timeout = TimeSpan.FromSeconds(60);

    /// <exception cref="LakeException">The binary is missing, or the lake is not where a function could reach it.</exception>
    public static ProcessStartInfo Of(string binary, string pipelinePath, LakeLocation lake)
    {
        if (!File.Exists(binary))
        {
            throw new LakeException($"--function {binary}: there is no such file; publish src/StreamPipeline.Lambda and name its bootstrap");
        }

        if (AwsLocations.S3(lake.Lake, out _) is not { } place || AwsLocations.DynamoDbTable(lake.State ?? "", out _) is not { } table)
        {
            throw new LakeException($"--function works on a lake that a Lambda function can reach: use --lake s3://bucket/prefix --state dynamodb://table, not {lake}");
        }

        var start = new ProcessStartInfo(Path.GetFullPath(binary));
        start.Environment["_HANDLER"] = "consume";
        start.Environment["LAMBDA_TASK_ROOT"] = Environment.CurrentDirectory;
        start.Environment["STREAMPIPELINE_PIPELINE"] = Path.GetFullPath(pipelinePath);
        start.Environment["STREAMPIPELINE_TABLE"] = table;
        start.Environment["STREAMPIPELINE_BUCKET"] = place.Bucket;
        start.Environment["STREAMPIPELINE_PREFIX"] = place.Prefix;
        return start;
    }
}
