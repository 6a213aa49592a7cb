using System.Text;
using Spectre.Console;

namespace StreamPipeline.Cli.Output;

/// <summary>
/// Where a command writes: results to standard output, everything else to standard error. Commands take it from the composition root, so
/// that tests hand in their own.
/// </summary>
internal sealed class Terminal
{
    /// <summary>Wide enough that a piped table never wraps.</summary>
    private const int PipedWidth = 10_000;

    private readonly Func<Stream> _openOut;

    public Terminal(TextWriter output, TextWriter error, bool outIsTerminal, bool errorIsTerminal, Func<Stream> openOut, TimeProvider time)
    {
        Out = output;
        Error = error;
        OutIsTerminal = outIsTerminal;
        ErrorIsTerminal = errorIsTerminal;
        Console = CreateConsole(output, outIsTerminal);
        ErrorConsole = CreateConsole(error, errorIsTerminal);
        Time = time;
        _openOut = openOut;
    }

    public TextWriter Out { get; }

    public TextWriter Error { get; }

    public bool OutIsTerminal { get; }

    public bool ErrorIsTerminal { get; }

    /// <summary>Tables and charts on standard output.</summary>
    public IAnsiConsole Console { get; }

    /// <summary>Progress and problems on standard error.</summary>
    public IAnsiConsole ErrorConsole { get; }

    public TimeProvider Time { get; }

    /// <summary>What a shell needs to start this program again, for the commands that are suggested.</summary>
    public string Program { get; init; } = ProgramName.Tool;

    public static Terminal OfProcess()
    {
        // No byte order mark, and no flush per line: results may be long.
        var output = new StreamWriter(System.Console.OpenStandardOutput(), new UTF8Encoding(false), 1 << 14)
        {
            AutoFlush = !System.Console.IsOutputRedirected,
        };
        return new Terminal(
            output,
            System.Console.Error,
            !System.Console.IsOutputRedirected,
            !System.Console.IsErrorRedirected,
            System.Console.OpenStandardOutput,
            TimeProvider.System)
        {
            Program = ProgramName.OfProcess(),
        };
    }

    /// <summary>Standard output for bytes. The caller disposes it; <see cref="Out"/> must not be used as well.</summary>
    public Stream OpenOut() => _openOut();

    public void WriteError(string message) => Error.WriteLine($"error: {message}");

    /// <summary>Any thread may; a line of progress makes room.</summary>
    public void WriteWarning(string message) => Error.WriteLine($"{(ErrorIsTerminal ? "\r\u001b[K" : "")}warning: {message}");

    private static IAnsiConsole CreateConsole(TextWriter writer, bool isTerminal)
    {
        var console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Out = new AnsiConsoleOutput(writer),
            Ansi = isTerminal ? AnsiSupport.Detect : AnsiSupport.No,
            ColorSystem = isTerminal ? ColorSystemSupport.Detect : ColorSystemSupport.NoColors,
            Interactive = isTerminal ? InteractionSupport.Detect : InteractionSupport.No,
        });
        if (!isTerminal)
        {
            console.Profile.Width = PipedWidth;
        }

        return console;
    }
}
