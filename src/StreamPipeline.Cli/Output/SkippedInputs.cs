using StreamPipeline.Embedded.Sources;

namespace StreamPipeline.Cli.Output;

/// <summary>Tells of what is in an input folder and is not read.</summary>
internal static class SkippedInputs
{
    private const int ShownMax = 5;
    private const int NameLengthMax = 200;

    /// <summary>One line on standard error when there is anything.</summary>
    /// <param name="terminal">Where to.</param>
    /// <param name="path">The input; only a folder has such.</param>
    /// <exception cref="InputException">The folder cannot be read.</exception>
    public static void Warn(Terminal terminal, string path)
    {
        var skipped = InputFolder.FindSkipped(path);
        if (skipped.Count > 0)
        {
            var names = string.Join(", ", skipped.Take(ShownMax).Select(name => PlainText.Of(name, NameLengthMax)));
            var more = skipped.Count > ShownMax ? $" and {skipped.Count - ShownMax:N0} more" : "";
            terminal.WriteWarning(FormattableString.Invariant(
                $"{skipped.Count:N0} {(skipped.Count == 1 ? "file or folder" : "files or folders")} in {PlainText.Of(path)} {(skipped.Count == 1 ? "is" : "are")} not read: {names}{more}; rename what is to be read, or name it as --input"));
        }
    }
}
