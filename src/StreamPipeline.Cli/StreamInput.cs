using Amazon.Kinesis;
using StreamPipeline.Aws;
using StreamPipeline.Aws.Kinesis;
using StreamPipeline.Cli.Put;
using StreamPipeline.Core.Streams;
using StreamPipeline.Embedded.Lambda;
using StreamPipeline.Embedded.Running;

namespace StreamPipeline.Cli;

/// <summary>What else a run of a stream needs to know.</summary>
/// <param name="PipelinePath">The pipeline.yaml.</param>
/// <param name="Lake">Where the lake is.</param>
/// <param name="FunctionOutput">Gets each line a function prints.</param>
internal sealed record StreamRunPlace(string PipelinePath, LakeLocation Lake, Action<string> FunctionOutput);

/// <summary>A Kinesis stream as the input of a run.</summary>
/// <param name="Endpoint">Where Kinesis is.</param>
/// <param name="Start">Where shards start that the lake has not read yet.</param>
/// <param name="Retries">Further attempts for a failed batch; −1: as many as it takes.</param>
/// <param name="RecordAgeMax">Older records are discarded; null: none.</param>
/// <param name="Bisect">Halve a failed batch.</param>
/// <param name="OnFailure">A folder or <c>s3://bucket/prefix</c>; null: none.</param>
/// <param name="Function">A Lambda binary; null: this process.</param>
internal sealed record StreamInput(
    KinesisAddress Endpoint, StreamPosition Start, int Retries, TimeSpan? RecordAgeMax, bool Bisect, string? OnFailure, string? Function)
{
    public static bool TryName(string input, out string stream)
    {
        stream = input.StartsWith(AwsLocations.KinesisScheme, StringComparison.OrdinalIgnoreCase) ? input[AwsLocations.KinesisScheme.Length..] : "";
        return stream.Length > 0;
    }

    /// <exception cref="StreamMissingException">There is no such stream.</exception>
    public async Task<RunReport> Run(LakeRunner runner, string input, RunOptions options, StreamRunPlace place, CancellationToken cancellation)
    {
        _ = TryName(input, out var stream);
        using var client = KinesisClients.Open(Endpoint);
        var streamOptions = await Options(client, stream, options, cancellation);
        if (Function is null)
        {
            return await runner.Run(streamOptions, cancellation);
        }

        await using var processes = new FunctionProcesses(
            () => FunctionStart.Of(Function, place.PipelinePath, place.Lake), FunctionStart.Timeout, TimeProvider.System, place.FunctionOutput);
        return await runner.Run(streamOptions with { Function = processes.For }, cancellation);
    }

    private async Task<StreamRunOptions> Options(IAmazonKinesis client, string stream, RunOptions options, CancellationToken cancellation)
    {
        var records = new KinesisRecordStream(client, stream);
        var arn = await records.Arn(cancellation);
        var mapping = options.Mapping with
        {
            RetriesMax = Retries,
            RecordAgeMax = RecordAgeMax,
            Bisect = Bisect,
        };
        var region = arn.Split(':') is [_, _, _, var name, ..] ? name : Endpoint.Region ?? "";
        return new StreamRunOptions(records, arn, region, mapping, Start, options.Follow, options.KeepOpen)
        {
            OnFailure = OnFailure is null ? null : Lakes.OpenFolderOrBucket(OnFailure),
        };
    }
}
