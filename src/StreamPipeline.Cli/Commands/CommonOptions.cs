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
