using System.CommandLine;
using StreamPipeline.Cli.Put;
using StreamPipeline.Core.Configuration;
using StreamPipeline.Core.Streams;

namespace StreamPipeline.Cli.Commands;

/// <summary>Options of <c>run --input kinesis://…</c>, named as Lambda's event source mapping names them.</summary>
internal sealed class StreamOptions
{
    private const int RetriesMax = 10_000;
    private static readonly TimeSpan _ageMin = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan _ageMax = TimeSpan.FromSeconds(604_800);

    private readonly Option<Uri> _endpoint = CommonOptions.EndpointUrl();

    private readonly Option<string> _region = CommonOptions.Region();

    private readonly Option<string> _start = new("--starting-position")
    {
        Description = "With kinesis://: where shards start that this lake has not read: trim_horizon (the oldest record) or latest.",
        HelpName = "trim_horizon|latest",
        DefaultValueFactory = _ => "trim_horizon",
    };

    private readonly Option<int> _retries = new("--retries")
    {
        Description = "With kinesis://: further attempts for a failed batch, -1 for as many as it takes, to 10,000.",
        HelpName = "N",
        DefaultValueFactory = _ => 5,
    };

    private readonly Option<string?> _age = new("--max-record-age")
    {
        Description = "With --on-failure: records older than this are discarded to it, 60s to 7d. Default: never.",
        HelpName = "1d",
    };

    private readonly Option<bool> _bisect = new("--bisect") { Description = "With kinesis://: halve a failed batch before retrying, so that what fails is found." };

    private readonly Option<string?> _onFailure = new("--on-failure")
    {
        Description = "With kinesis://: a folder or s3://bucket/prefix for batches that fail too often (redrive takes them back). Without it the run ends there instead.",
        HelpName = "DIR",
    };

    private readonly Option<string?> _function = new("--function")
    {
        Description = "With kinesis:// and a lake on S3: a Lambda binary (bootstrap) that processes the batches, instead of this process.",
        HelpName = "FILE",
    };

    public StreamOptions()
    {
        _start.AcceptOnlyFromAmong("trim_horizon", "latest");
        _retries.Validators.Add(result =>
        {
            if (int.TryParse(result.Tokens.Count == 0 ? null : result.Tokens[0].Value, out var value) && value is < -1 or > RetriesMax)
            {
                result.AddError($"--retries is -1 to {RetriesMax:N0}, not {value}");
            }
        });
        _age.Validators.Add(result =>
        {
            var text = result.GetValueOrDefault<string>() ?? "";
            if (!Quantity.TryParseDuration(text, out var age) || age < _ageMin || age > _ageMax)
            {
                result.AddError($"--max-record-age is a whole number and s, m, h or d, 60s to 7d, not '{text}'");
            }
        });
    }

    private IEnumerable<Option> All => [_endpoint, _region, _start, _retries, _age, _bisect, _onFailure, _function];

    public void AddTo(Command command, Option<string> input, Option<int> shards)
    {
        foreach (var option in All)
        {
            command.Options.Add(option);
        }

        command.Validators.Add(result =>
        {
            if (result.GetResult(input) is not { Tokens.Count: 1 } given)
            {
                return;
            }

            var isStream = StreamInput.TryName(given.Tokens[0].Value, out _);
            if (isStream && result.GetResult(shards) is { Implicit: false })
            {
                result.AddError("--shards spreads lines over virtual shards; a Kinesis stream has its own: leave it out");
            }

            if (!isStream && All.FirstOrDefault(option => result.GetResult(option) is { Implicit: false }) is { } stray)
            {
                result.AddError($"{stray.Name} goes with --input kinesis://STREAM");
            }

            if (result.GetValue(_age) is not null && result.GetValue(_onFailure) is null)
            {
                result.AddError("--max-record-age discards records, and without --on-failure there is nowhere to discard them to");
            }
        });
    }

    public StreamInput Of(ParseResult parsed)
    {
        TimeSpan? age = parsed.GetValue(_age) is { } text && Quantity.TryParseDuration(text, out var limit) ? limit : null;
        return new StreamInput(
            new KinesisAddress(parsed.GetValue(_endpoint), parsed.GetValue(_region)),
            new StreamPosition(Latest: parsed.GetValue(_start) == "latest"),
            parsed.GetValue(_retries),
            age,
            parsed.GetValue(_bisect),
            parsed.GetValue(_onFailure),
            parsed.GetValue(_function));
    }
}
