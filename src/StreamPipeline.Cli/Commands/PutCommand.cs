using System.CommandLine;
using Amazon.Kinesis;
using StreamPipeline.Cli.Output;
using StreamPipeline.Cli.Put;
using StreamPipeline.Core.Configuration;
using StreamPipeline.Embedded.Sources;

namespace StreamPipeline.Cli.Commands;

/// <summary><c>put</c>: a file of lines to a stream.</summary>
internal static class PutCommand
{
    /// <param name="terminal">Where to write.</param>
    /// <param name="open">Opens the client of an endpoint.</param>
    public static Command Create(Terminal terminal, Func<KinesisAddress, IAmazonKinesis> open)
    {
        var stream = new Option<string>("--stream") { Description = "Name of the stream.", HelpName = "S", Required = true };
        var input = new Option<string>("--input") { Description = "An .ndjson file (also .gz or .zst), or - for standard input. Every line is a record.", HelpName = "FILE", Required = true };
        var url = CommonOptions.EndpointUrl();
        var region = CommonOptions.Region();
        var pipeline = CommonOptions.Pipeline(required: false);
        pipeline.Description = "A pipeline.yaml, for its partitionKey.";
        var key = new Option<string>("--partition-key") { Description = "Field that holds the partition key, such as user.id. Lines without it, and all without this option, are spread evenly.", HelpName = "FIELD" };
        var aggregate = new Option<bool>("--aggregate") { Description = "Pack the lines of a shard into few records, as the Kinesis Producer Library does." };
        var ordered = new Option<bool>("--ordered") { Description = "Send a line only once the one before it of its key is taken: no retry overtakes. Slow when keys are few and lines are not aggregated." };
        var unpaced = new Option<bool>("--unpaced") { Description = "Do not hold back at 1,000 records and 1 MiB per shard and second; what is throttled is sent again all the same." };
        var rate = new Option<double?>("--rate") { Description = "Lines per second, such as 500 or 500/s. [default: what the shards take]", HelpName = "N/s", CustomParser = result => CommonOptions.ParseRate(result) };
        var output = CommonOptions.Output("text", "json");
        var command = new Command("put", "Send the lines of a file to a Kinesis stream: each at least once, at a pace that its shards take.")
        {
            stream, input, url, region, pipeline, key, aggregate, ordered, unpaced, rate, output,
        };
        command.SetAction(async (parsed, cancellation) =>
        {
            if (parsed.GetValue(pipeline) is not null && parsed.GetValue(key) is not null)
            {
                throw new CommandException("--pipeline and --partition-key both name the partition key: one of them is enough", ExitCode.Usage);
            }

            var options = new PutOptions(parsed.GetRequiredValue(stream), parsed.GetRequiredValue(input))
            {
                KeyField = KeyField(terminal, parsed.GetValue(pipeline), parsed.GetValue(key)),
                RatePerSecond = parsed.GetValue(rate),
                IsAggregated = parsed.GetValue(aggregate),
                IsOrdered = parsed.GetValue(ordered),
                IsPaced = !parsed.GetValue(unpaced),
            };
            using var kinesis = open(new KinesisAddress(parsed.GetValue(url), parsed.GetValue(region)));
            return await Send(terminal, kinesis, options, parsed.GetValue(output) == "json", cancellation);
        });
        return command;
    }

    private static async Task<int> Send(Terminal terminal, IAmazonKinesis kinesis, PutOptions options, bool json, CancellationToken cancellation)
    {
        var (reader, bytes) = Open(options.Input);
        using (reader)
        {
            var tally = new PutTally();
            var progress = new PutProgress(terminal, tally, bytes, json);
            var started = terminal.Time.GetTimestamp();
            try
            {
                await new PutSession(terminal, kinesis, options, tally).Send(reader, progress.Report, cancellation);
            }
            catch (Exception error) when (error is IOException or CommandException or OperationCanceledException && tally.Records > 0)
            {
                // How far it came is known, and worth as much as at a good end.
                progress.Finish();
                PutResult.Write(terminal, tally, terminal.Time.GetElapsedTime(started), json);
                throw;
            }
            finally
            {
                progress.Finish();
            }

            PutResult.Write(terminal, tally, terminal.Time.GetElapsedTime(started), json);
            if (reader.Damage is { } damage)
            {
                terminal.WriteError(damage);
            }

            return tally.Unsendable > 0 || reader.Damage is not null ? ExitCode.Failed : ExitCode.Done;
        }
    }

    /// <summary>The lines, and the size of the file when it is not compressed.</summary>
    private static (LineReader Reader, long? Bytes) Open(string input)
    {
        var limits = new DecodeLimits(RecordBytes: RecordPacker.RecordBytesMax);
        try
        {
            if (input == "-")
            {
                return (InputFile.OpenStandardInput(Console.OpenStandardInput(), limits), null);
            }

            var file = InputFile.Open(input, Path.GetFileName(input));
            return file.Kind == InputKind.Lines
                ? (file.OpenLines(limits), file.Compression == Core.Decoding.CompressionKind.None ? file.Bytes : null)
                : throw new CommandException($"{input} is the event of a Lambda, put sends files of lines", ExitCode.Usage);
        }
        catch (InputException error)
        {
            throw new CommandException(error.Message, ExitCode.Usage);
        }
    }

    private static string? KeyField(Terminal terminal, string? pipelinePath, string? field)
    {
        if (pipelinePath is null)
        {
            return field;
        }

        var problems = new ProblemList();
        var settings = PipelineLoader.Load(pipelinePath, problems);
        if (settings is null)
        {
            ProblemReport.Write(terminal, problems.Items);
            throw new CommandException("the pipeline cannot be used", ExitCode.Usage);
        }

        return settings.PartitionKey;
    }
}
