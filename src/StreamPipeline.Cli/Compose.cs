using System.CommandLine;
using System.CommandLine.Invocation;
using StreamPipeline.Cli.Commands;
using StreamPipeline.Cli.Inspect;
using StreamPipeline.Cli.Output;
using StreamPipeline.Cli.Put;
using StreamPipeline.Cli.Query;

namespace StreamPipeline.Cli;

/// <summary>The composition root: which commands there are, and what they work on.</summary>
internal static class Compose
{
    /// <summary>EPIPE, as .NET reports it.</summary>
    private const int BrokenPipe = 32;

    /// <param name="terminal">Where commands write.</param>
    /// <param name="environment">Looks up an environment variable, such as the key of a mask.</param>
    public static RootCommand Root(Terminal terminal, Func<string, string?> environment)
    {
        var root = Commands(terminal, environment);
        foreach (var command in root.Subcommands)
        {
            foreach (var option in command.Options)
            {
                CommonOptions.RequireText(option);
            }
        }

        return root;
    }

    private static RootCommand Commands(Terminal terminal, Func<string, string?> environment) => new("A Kinesis stream processor that also runs whole on one machine.")
    {
        CommonOptions.Verbose(),
        DemoCommand.Create(terminal, environment),
        RunCommand.Create(terminal, environment),
        QueryCommand.Create(terminal, LakeRows.Open),
        RedriveCommand.Create(terminal, environment),
        InspectCommand.Create(terminal, LakeReader.Read),
        VerifyCommand.Create(terminal, environment),
        VacuumCommand.Create(terminal, environment),
        ReconcileCommand.Create(terminal, environment),
        ValidateCommand.Create(terminal, environment),
        GenerateCommand.Create(terminal),
        KinesisCommand.Create(terminal),
        PutCommand.Create(terminal, KinesisClients.Open),
    };

    public static Task<int> RunAsync(string[] args, Terminal terminal) => RunAsync(Root(terminal, Environment.GetEnvironmentVariable), args, terminal);

    /// <summary>Runs a command and turns whatever goes wrong into a line on standard error and an exit code.</summary>
    public static async Task<int> RunAsync(RootCommand root, string[] args, Terminal terminal)
    {
        var parsed = root.Parse(args);
        if (parsed.Action is ParseErrorAction)
        {
            // A command that is not known is also one that is missing: the first says more.
            var messages = parsed.Errors.Select(error => error.Message).Where(message => parsed.Errors.Count == 1 || !message.StartsWith("Required command", StringComparison.Ordinal));
            foreach (var message in messages)
            {
                terminal.WriteError(message.ReplaceLineEndings(" ").Replace("\t", "", StringComparison.Ordinal));
            }

            terminal.Error.WriteLine($"'{string.Join(' ', CommandPath(parsed, terminal.Program))} --help' shows what is possible");
            return ExitCode.Usage;
        }

        try
        {
            // A run finishes its batch on Ctrl-C; what takes longer is safe to kill.
            var configuration = new InvocationConfiguration
            {
                EnableDefaultExceptionHandler = false,
                Output = terminal.Out,
                Error = terminal.Error,
                ProcessTerminationTimeout = TimeSpan.FromSeconds(10),
            };
            var code = await parsed.InvokeAsync(configuration);
            await terminal.Out.FlushAsync();
            return code;
        }
        catch (CommandException error)
        {
            terminal.WriteError(error.Message);
            return error.Code;
        }
        catch (OperationCanceledException)
        {
            terminal.Error.WriteLine("interrupted");
            return ExitCode.Failed;
        }
        catch (IOException error) when (error.HResult == BrokenPipe)
        {
            // Who reads our output has seen enough, such as `head`.
            return ExitCode.Failed;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            terminal.WriteError(error.Message);
            WriteDetails(parsed, terminal, error);
            return ExitCode.Failed;
        }
        catch (Exception error)
        {
            terminal.WriteError($"this is a bug in streampipeline: {error.GetType().Name}: {error.Message}");
            WriteDetails(parsed, terminal, error);
            return ExitCode.Failed;
        }
    }

    private static void WriteDetails(ParseResult parsed, Terminal terminal, Exception error) =>
        terminal.Error.WriteLine(parsed.GetValue<bool>("--verbose") ? error.ToString() : "--verbose shows the stack trace");

    private static List<string> CommandPath(ParseResult parsed, string program)
    {
        var names = new List<string>();
        for (var command = parsed.CommandResult; command is not null; command = command.Parent as System.CommandLine.Parsing.CommandResult)
        {
            names.Insert(0, command.Parent is null ? program : command.Command.Name);
        }

        return names;
    }
}
