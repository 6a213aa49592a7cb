using System.CommandLine;

namespace StreamPipeline.Cli.Commands;

/// <summary><c>--lake</c> and <c>--state</c>, which mean the same in every command.</summary>
internal sealed class LakeOptions
{
    private readonly Option<string> _lake = new("--lake")
    {
        Description = "The lake: a folder, or s3://bucket/prefix.",
        HelpName = "DIR",
        Required = true,
    };

    private readonly Option<string?> _state = new("--state")
    {
        Description = "With --lake s3://…: the state table, dynamodb://table.",
        HelpName = "TABLE",
    };

    public void AddTo(Command command)
    {
        command.Options.Add(_lake);
        command.Options.Add(_state);
        command.Validators.Add(result =>
        {
            if (result.GetValue(_lake) is { } lake && new LakeLocation(lake, result.GetValue(_state)).Problem is { } problem)
            {
                result.AddError(problem);
            }
        });
    }

    public LakeLocation Of(ParseResult parsed) => new(parsed.GetRequiredValue(_lake), parsed.GetValue(_state));
}
