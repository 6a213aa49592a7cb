using System.CommandLine;
using StreamPipeline.Cli.Output;

namespace StreamPipeline.Cli.Tests;

/// <summary>A terminal, or two pipes, that remember what was written.</summary>
internal sealed class TestTerminal : IDisposable
{
    private readonly StringWriter _out = new() { NewLine = "\n" };
    private readonly StringWriter _error = new() { NewLine = "\n" };
    private readonly MemoryStream _bytes = new();

    public TestTerminal(bool isTerminal = false, TimeProvider? time = null)
    {
        Terminal = new Terminal(_out, _error, isTerminal, isTerminal, () => _bytes, time ?? TimeProvider.System);
        if (isTerminal)
        {
            Terminal.Console.Profile.Width = 200;
            Terminal.ErrorConsole.Profile.Width = 200;
        }
    }

    public Terminal Terminal { get; }

    public string Out => _out.ToString();

    public string Error => _error.ToString();

    public byte[] Bytes => _bytes.ToArray();

    public Task<int> RunAsync(params string[] args) => Compose.RunAsync(args, Terminal);

    public Task<int> RunAsync(Command command, params string[] args)
    {
        // The command under test takes the place of the real one of its name.
        var root = Compose.Root(Terminal);
        foreach (var real in root.Subcommands.Where(other => other.Name == command.Name).ToList())
        {
            root.Subcommands.Remove(real);
        }

        root.Add(command);
        return Compose.RunAsync(root, args, Terminal);
    }

    public void Dispose()
    {
        _out.Dispose();
        _error.Dispose();
        _bytes.Dispose();
    }
}
