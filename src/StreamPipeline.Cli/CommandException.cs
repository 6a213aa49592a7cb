namespace StreamPipeline.Cli;

/// <summary>Ends a command with a message for its user: what, where, the actual value, and what to do. No stack trace is shown.</summary>
/// <param name="message">One line, without the leading <c>error:</c>.</param>
/// <param name="exitCode">One of <see cref="ExitCode"/>.</param>
internal sealed class CommandException(string message, int exitCode = ExitCode.Failed) : Exception(message)
{
    public int Code => exitCode;
}
