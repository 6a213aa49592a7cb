using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using System.IO.Compression;
using StreamPipeline.Cli.Generation;
using StreamPipeline.Cli.Output;
using StreamPipeline.Core.Configuration;
using StreamPipeline.Core.Contracts;

namespace StreamPipeline.Cli.Commands;

/// <summary><c>generate</c>: seeded events from a contract, with duplicates, malformed lines and late events.</summary>
internal static class GenerateCommand
{
    private static readonly GeneratorOptions _defaults = new();

    public static Command Create(Terminal terminal)
    {
        var pipeline = CommonOptions.Pipeline(required: false);
        var contract = new Option<string>("--contract") { Description = "A JSON Schema, instead of a pipeline.", HelpName = "c.json" };
        var events = new Option<long>("--events") { Description = "Lines to write.", HelpName = "N", DefaultValueFactory = _ => _defaults.Events };
        var seed = new Option<long>("--seed") { Description = "The same seed gives the same events.", HelpName = "S", DefaultValueFactory = _ => _defaults.Seed };
        var duplicates = Share("--duplicates", "Share of lines that repeat an event, such as 2% or 0.02. [default: 0]");
        var malformed = Share("--malformed", "Share of lines that violate JSON or the contract. [default: 0]");
        var late = Share("--late", "Share of events that come after their window has closed. [default: 0]");
        var rate = new Option<double>("--rate")
        {
            Description = "Events per second of event time.",
            HelpName = "R",
            CustomParser = result => CommonOptions.ParseRate(result),
            DefaultValueFactory = _ => _defaults.RatePerSecond,
        };
        var start = new Option<DateTimeOffset>("--start")
        {
            Description = $"Event time of the first event. [default: {_defaults.Start:yyyy-MM-dd'T'HH:mm:ss'Z'}]",
            HelpName = "time",
            CustomParser = result => Time(result),
        };
        var output = new Option<string>("--out") { Description = "File to write (.gz compresses), or - for standard output.", HelpName = "FILE", DefaultValueFactory = _ => "-" };
        var command = new Command("generate", "Write events that satisfy a contract, as NDJSON; the counts go to standard error as one JSON object.")
        {
            pipeline, contract, events, seed, duplicates, malformed, late, rate, start, output,
        };
        command.SetAction((parsed, cancellation) =>
        {
            var options = new GeneratorOptions
            {
                Events = parsed.GetValue(events),
                Seed = parsed.GetValue(seed),
                Duplicates = parsed.GetValue(duplicates),
                Malformed = parsed.GetValue(malformed),
                Late = parsed.GetValue(late),
                RatePerSecond = parsed.GetValue(rate),
                Start = parsed.GetResult(start) is null ? _defaults.Start : parsed.GetValue(start),
            };
            Check(options, parsed.GetValue(pipeline), parsed.GetValue(contract));
            return Task.FromResult(Run(terminal, parsed.GetValue(pipeline), parsed.GetValue(contract), options, parsed.GetValue(output)!, cancellation));
        });
        return command;
    }

    private static void Check(GeneratorOptions options, string? pipelinePath, string? contractPath)
    {
        if (pipelinePath is null == contractPath is null)
        {
            throw new CommandException("one of --pipeline and --contract is needed", ExitCode.Usage);
        }

        if (options.Events < 0)
        {
            throw new CommandException($"--events is {options.Events}, at least 0 is needed", ExitCode.Usage);
        }

        var sum = options.Duplicates + options.Malformed + options.Late;
        if (sum > 1)
        {
            throw new CommandException(FormattableString.Invariant($"--duplicates, --malformed and --late add up to {100 * sum:0.##}%, at most 100% is possible"), ExitCode.Usage);
        }
    }

    private static int Run(
        Terminal terminal, string? pipelinePath, string? contractPath, GeneratorOptions options, string output, CancellationToken cancellation)
    {
        var problems = new ProblemList();
        if (Bind(pipelinePath, contractPath, options, problems) is not { } generator)
        {
            ProblemReport.Write(terminal, problems.Items);
            return ExitCode.Usage;
        }

        GeneratorCounts counts;
        using (var stream = Open(terminal, output))
        {
            counts = generator.Write(stream, cancellation);
        }

        terminal.Error.WriteLine(counts.ToJson(options.Seed));
        return ExitCode.Done;
    }

    private static EventGenerator? Bind(string? pipelinePath, string? contractPath, GeneratorOptions options, ProblemList problems)
    {
        PipelineSettings? settings = null;
        if (pipelinePath is not null)
        {
            settings = PipelineLoader.Load(pipelinePath, problems);
            if (settings is null)
            {
                return null;
            }

            contractPath = Path.Combine(Path.GetDirectoryName(pipelinePath) ?? "", settings.ContractFile);
        }

        if (FolderConfigurationFiles.Beside(contractPath!).Read(Path.GetFileName(contractPath!), out var error) is not { } schema)
        {
            problems.Add(settings?.Source.At("contract") ?? new Location(contractPath!, 0, 0), error, "name a JSON Schema file");
            return null;
        }

        return Contract.Compile(schema, contractPath!, problems) is { } contract
            ? EventGenerator.Bind(contract, settings, options, contractPath!, problems, FolderConfigurationFiles.Beside(pipelinePath ?? contractPath!))
            : null;
    }

    private static Stream Open(Terminal terminal, string output)
    {
        if (output == "-")
        {
            return new BufferedStream(terminal.OpenOut(), 1 << 16);
        }

        var file = new FileStream(output, FileMode.Create, FileAccess.Write, FileShare.Read, 1 << 16);
        return output.EndsWith(".gz", StringComparison.Ordinal)
            ? new BufferedStream(new GZipStream(file, CompressionLevel.Optimal), 1 << 16)
            : file;
    }

    private static Option<double> Share(string name, string description) => new(name)
    {
        Description = description,
        HelpName = "share",
        CustomParser = result => ParseShare(result),
    };

    /// <summary><c>2%</c> or <c>0.02</c>.</summary>
    private static double ParseShare(ArgumentResult result)
    {
        var text = result.Tokens[0].Value;
        var percent = text.EndsWith('%');
        if (double.TryParse(percent ? text[..^1] : text, NumberStyles.Float, CultureInfo.InvariantCulture, out var value)
            && value >= 0 && value <= (percent ? 100 : 1))
        {
            return percent ? value / 100 : value;
        }

        result.AddError($"'{text}' is not a share: write 2% or 0.02");
        return 0;
    }

    private static DateTimeOffset Time(ArgumentResult result)
    {
        var text = result.Tokens[0].Value;
        if (DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var value) && value.Year is > 1 and < 9900)
        {
            return value;
        }

        result.AddError($"'{text}' is not a time: write 2026-01-01T00:00:00Z");
        return default;
    }
}
