namespace StreamPipeline.Cli.Output;

/// <summary>Quotes an argument so that a command which is suggested works when it is pasted.</summary>
internal static class ShellText
{
    public static string Quote(string argument) => Quote(argument, OperatingSystem.IsWindows());

    /// <summary>For a POSIX shell, or for cmd and PowerShell. What needs no quotes stays as it is.</summary>
    public static string Quote(string argument, bool isWindows)
    {
        if (argument.Length > 0 && argument.All(c => char.IsAsciiLetterOrDigit(c) || "_-./:@%+=,".Contains(c, StringComparison.Ordinal) || (isWindows && c == '\\')))
        {
            return argument;
        }

        return isWindows
            ? "\"" + argument.Replace("\"", "\\\"", StringComparison.Ordinal) + "\""
            // Within single quotes nothing is special but the quote itself.
            : "'" + argument.Replace("'", "'\\''", StringComparison.Ordinal) + "'";
    }
}
