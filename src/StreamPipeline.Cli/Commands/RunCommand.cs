using System.CommandLine;
using System.Globalization;
using StreamPipeline.Cli.Output;
using StreamPipeline.Cli.Run;
using StreamPipeline.Embedded.Mapping;
using StreamPipeline.Embedded.Running;

namespace StreamPipeline.Cli.Commands;

/// <summary><c>run</c>: an input through a pipeline into a lake.</summary>
internal static class RunCommand
{
    private const int BatchSizeMax = 10_000;

    public static Command Create(Terminal terminal, Func<string, string?> environment)
    {
        var pipeline = CommonOptions.Pipeline(required: true);
        var input = new Option<string>("--input")
        {
            Description = "An .ndjson file (also .gz or .zst), a folder of them, a Lambda Kinesis event .json, - for standard input, or kinesis://STREAM.",
            HelpName = "X",
            Required = true,
        };
        var lake = new LakeOptions();
        var shards = Bounded("--shards", "Virtual shards that lines are spread over by partition key.", 1, RunOptions.ShardsMax);
        var batchSize = Bounded("--batch-size", "Most records in a micro-batch.", BatchSizeMax, BatchSizeMax);
        var batchWindow = new Option<double>("--batch-window")
        {
            Description = "With --follow or kinesis://: how long a batch that is not full waits, seconds, 0 to 300.",
            HelpName = "S",
            DefaultValueFactory = _ => 1,
        };
        batchWindow.Validators.Add(result =>
        {
            var text = result.Tokens.Count == 0 ? null : result.Tokens[0].Value;

            // Of what is no number the option's own parser says so; asked for its value, it would throw.
            if (double.TryParse(text, CultureInfo.InvariantCulture, out var seconds) && seconds is < 0 or > 300 or double.NaN)
            {
                result.AddError("--batch-window is 0 to 300 seconds");
            }
        });
        var follow = new Option<bool>("--follow") { Description = "Go on at the end of the input: more from standard input, further files in the folder, or new records of the stream, until Ctrl-C." };
        var keepOpen = new Option<bool>("--keep-open") { Description = "Leave windows open at the end, so that only closed ones are in gold." };
        var output = CommonOptions.Output("text", "json");
        var command = new Command("run", "Run an input through a pipeline into a lake. Run again, it goes on where it stopped, and changes nothing that is done.")
        {
            pipeline, input, shards, follow, keepOpen, batchSize, batchWindow, output,
        };
        lake.AddTo(command);
        var stream = new StreamOptions();
        stream.AddTo(command, input, shards);
        command.SetAction((parsed, cancellation) =>
        {
            var isFollowed = parsed.GetValue(follow);
            var isStream = StreamInput.TryName(parsed.GetRequiredValue(input), out _);
            var options = new RunOptions(
                parsed.GetValue(shards),
                isFollowed,
                parsed.GetValue(keepOpen),
                new MappingSettings
                {
                    BatchSize = parsed.GetValue(batchSize),
                    BatchesAtOnce = Math.Min(Environment.ProcessorCount, new MappingSettings().BatchesAtOnce),
                    BatchWindow = isFollowed || isStream ? TimeSpan.FromSeconds(parsed.GetValue(batchWindow)) : null,
                });
            var session = new RunSession(terminal, environment, parsed.GetRequiredValue(pipeline), lake.Of(parsed));
            return session.Run(parsed.GetRequiredValue(input), isStream ? stream.Of(parsed) : null, options, parsed.GetValue(output) == "json", cancellation);
        });
        return command;
    }

    private static Option<int> Bounded(string name, string description, int @default, int max)
    {
        var option = new Option<int>(name)
        {
            Description = $"{description} 1 to {max:N0}.",
            HelpName = "N",
            DefaultValueFactory = _ => @default,
            CustomParser = result =>
            {
                var text = result.Tokens[0].Value;
                if (int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value) && value >= 1 && value <= max)
                {
                    return value;
                }

                result.AddError($"{name} is 1 to {max:N0}, not {text}");
                return @default;
            },
        };
        return option;
    }
}
