namespace StreamPipeline.Cli.Output;

/// <summary>Suggests commands, ready to be pasted.</summary>
internal static class NextSteps
{
    /// <param name="terminal">Where to.</param>
    /// <param name="commands">The arguments of each command, unquoted.</param>
    public static void Write(Terminal terminal, IReadOnlyList<string[]> commands)
    {
        terminal.Out.WriteLine("Next:");
        foreach (var arguments in commands)
        {
            // Not through the console: it would wrap a long line, and half a command cannot be pasted.
            terminal.Out.WriteLine($"  {terminal.Program} {string.Join(' ', arguments.Select(ShellText.Quote))}");
        }
    }
}
