using System.CommandLine;
using StreamPipeline.Cli.Output;

namespace StreamPipeline.Cli.Tests;

/// <summary>A terminal, or two pipes, that remember what was written.</summary>
internal sealed class TestTerminal : IDisposable
{
    private readonly SharedWriter _out = new() { NewLine = "\n" };
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

    /// <summary>Variables of the environment; the sample that masks a field needs its key.</summary>
    public Dictionary<string, string> Environment { get; } = new() { ["STREAMPIPELINE_MASK_KEY"] = "0123456789abcdef0123456789abcdef" };

    public Task<int> RunAsync(params string[] args) => Compose.RunAsync(Root(), args, Terminal);

    public Task<int> RunAsync(Command command, params string[] args)
    {
        var root = Root();
        if (root.Subcommands.FirstOrDefault(own => own.Name == command.Name) is { } own)
        {
            root.Subcommands.Remove(own);
        }

        root.Add(command);
        return Compose.RunAsync(root, args, Terminal);
    }

    private RootCommand Root() => Compose.Root(Terminal, name => Environment.GetValueOrDefault(name));

    public void Dispose()
    {
        _out.Dispose();
        _error.Dispose();
        _bytes.Dispose();
    }

    /// <summary>May be read while a command writes.</summary>
    private sealed class SharedWriter : StringWriter
    {
        private readonly Lock _gate = new();

        public override void Write(char value)
        {
            lock (_gate)
            {
                base.Write(value);
            }
        }

        public override void Write(char[] buffer, int index, int count)
        {
            lock (_gate)
            {
                base.Write(buffer, index, count);
            }
        }

        public override void Write(ReadOnlySpan<char> buffer)
        {
            lock (_gate)
            {
                base.Write(buffer);
            }
        }

        public override void Write(string? value)
        {
            lock (_gate)
            {
                base.Write(value);
            }
        }

        public override string ToString()
        {
            lock (_gate)
            {
                return base.ToString();
            }
        }
    }
}
