using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;

namespace StreamPipeline.Cli.Commands;

/// <summary>Options that mean the same in every command.</summary>
internal static class CommonOptions
{
    public static Option<bool> Verbose() => new("--verbose")
    {
        Description = "Show stack traces of unexpected errors.",
        Recursive = true,
    };

    public static Option<string> Pipeline(bool required) => new("--pipeline")
    {
        Description = "The pipeline.yaml.",
        HelpName = "p.yaml",
        Required = required,
    };

    public static Option<Uri> EndpointUrl() => new("--endpoint-url")
    {
        Description = "Kinesis endpoint, such as http://127.0.0.1:4567 of `streampipeline kinesis`; one on this machine needs no credentials. [default: the SDK's]",
        HelpName = "URL",
        CustomParser = result =>
        {
            var text = result.Tokens[0].Value;
            if (Uri.TryCreate(text, UriKind.Absolute, out var parsed) && parsed.Scheme is "http" or "https")
            {
                return parsed;
            }

            result.AddError($"'{text}' is not an endpoint: write http://127.0.0.1:4567");
            return null;
        },
    };

    public static Option<string> Region() => new("--region") { Description = "AWS region of the stream. [default: the SDK's]", HelpName = "R" };

    /// <summary>The first format is the default.</summary>
    public static Option<string> Output(params string[] formats)
    {
        var option = new Option<string>("--output")
        {
            Description = "Format of the result on standard output.",
            HelpName = string.Join('|', formats),
            DefaultValueFactory = _ => formats[0],
        };
        option.AcceptOnlyFromAmong(formats);
        return option;
    }

    /// <summary>An empty value, as an unset variable of a script leaves behind, is a mistake in every option.</summary>
    public static void RequireText(Option option) => option.Validators.Add(result =>
    {
        if (result.Tokens.Any(token => string.IsNullOrWhiteSpace(token.Value)))
        {
            result.AddError($"{option.Name} is empty: write {option.Name} {option.HelpName ?? "VALUE"}, or leave it out");
        }
    });

    /// <summary><c>100</c> or <c>100/s</c>.</summary>
    public static double ParseRate(ArgumentResult result)
    {
        var text = result.Tokens[0].Value;
        var digits = text.EndsWith("/s", StringComparison.Ordinal) ? text[..^2] : text;
        if (double.TryParse(digits, NumberStyles.Float, CultureInfo.InvariantCulture, out var value) && value is >= 1e-6 and <= 1e9)
        {
            return value;
        }

        result.AddError($"'{text}' is not a rate: write 100 or 100/s, 0.000001 to 1,000,000,000");
        return 1;
    }
}
