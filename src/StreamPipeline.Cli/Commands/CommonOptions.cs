using System.CommandLine;

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

    public static Option<string> Lake() => new("--lake")
    {
        Description = "The lake's folder.",
        HelpName = "DIR",
        Required = true,
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
}
