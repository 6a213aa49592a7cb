using System.CommandLine;
using StreamPipeline.Cli.Demo;
using StreamPipeline.Cli.Output;

namespace StreamPipeline.Cli.Commands;

/// <summary><c>demo</c>: generated events through a sample pipeline, with a live table.</summary>
internal static class DemoCommand
{
    private const long EventsDefault = 300_000;
    private const long EventsMax = 1_000_000_000;

    public static Command Create(Terminal terminal, Func<string, string?> environment)
    {
        var events = new Option<long>("--events") { Description = $"Events to generate, 1 to {EventsMax:N0}.", HelpName = "N", DefaultValueFactory = _ => EventsDefault };
        events.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<long>() is var value and (< 1 or > EventsMax))
            {
                result.AddError($"--events is 1 to {EventsMax:N0}, not {value}");
            }
        });
        var lake = new Option<string?>("--lake") { Description = "The lake's folder; without it a temporary one, which is kept and named.", HelpName = "DIR" };
        var seed = new Option<long>("--seed") { Description = "The same seed gives the same events.", HelpName = "S", DefaultValueFactory = _ => 1 };
        var listen = new Option<int?>("--listen")
        {
            Description = "Then stay until Ctrl-C, with a Kinesis endpoint on this port (0: any free one) for your own events, from any AWS SDK or the AWS CLI.",
            HelpName = "PORT",
        };
        listen.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<int?>() is < 0 or > ushort.MaxValue)
            {
                result.AddError("--listen is a port, 0 to 65535");
            }
        });
        var command = new Command("demo", "See it work: generate events, run them through a sample pipeline, and watch the tables fill.")
        {
            events, lake, seed, listen,
        };
        command.SetAction((parsed, cancellation) =>
            new DemoSession(terminal, environment, parsed.GetValue(events), parsed.GetValue(seed), parsed.GetValue(listen)).Run(parsed.GetValue(lake), cancellation));
        return command;
    }
}
