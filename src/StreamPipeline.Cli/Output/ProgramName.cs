namespace StreamPipeline.Cli.Output;

/// <summary>Finds out how this program was started, so that the commands it suggests work for who started it that way.</summary>
internal static class ProgramName
{
    /// <summary>The installed tool.</summary>
    public const string Tool = "streampipeline";

    private const string Project = "src/StreamPipeline.Cli";

    public static string OfProcess() => Of(
        Environment.ProcessPath ?? Tool,
        AppContext.BaseDirectory,
        Environment.CurrentDirectory,
        Environment.GetEnvironmentVariable("PATH") ?? "",
        Directory.Exists);

    /// <param name="processPath">The executable: the tool's own, or <c>dotnet</c>.</param>
    /// <param name="binaries">The folder of this program's assembly.</param>
    /// <param name="current">The folder that pasted commands run in.</param>
    /// <param name="searchPath">The variable PATH.</param>
    /// <param name="folderExists">Whether a folder is there.</param>
    public static string Of(string processPath, string binaries, string current, string searchPath, Func<string, bool> folderExists)
    {
        if (ProjectAbove(binaries, folderExists) is { } project)
        {
            var relative = Path.GetRelativePath(current, project);
            return $"dotnet run -c Release --project {ShellText.Quote(relative.StartsWith("..", StringComparison.Ordinal) ? project : relative)} --";
        }

        if (Path.GetFileNameWithoutExtension(processPath) == "dotnet")
        {
            // Tools of a manifest live among the packages.
            return binaries.Contains(Path.Combine(".nuget", "packages"), StringComparison.Ordinal)
                ? $"dotnet tool run {Tool}"
                : $"dotnet {ShellText.Quote(Path.Combine(binaries, Tool + ".dll"))}";
        }

        var folder = Path.GetDirectoryName(processPath) ?? "";
        return searchPath.Split(Path.PathSeparator).Contains(folder) ? Tool : ShellText.Quote(processPath);
    }

    /// <summary>The project whose build output <paramref name="binaries"/> is; null when it is none.</summary>
    private static string? ProjectAbove(string binaries, Func<string, bool> folderExists)
    {
        for (var folder = Path.GetDirectoryName(Path.TrimEndingDirectorySeparator(binaries)); folder is not null; folder = Path.GetDirectoryName(folder))
        {
            if (Path.GetFileName(folder) == "bin" && Path.GetDirectoryName(folder) is { } owner)
            {
                return owner.Replace('\\', '/').EndsWith("/" + Project, StringComparison.Ordinal) && folderExists(owner) ? owner : null;
            }
        }

        return null;
    }
}
