namespace StreamPipeline.Cli;

/// <summary>What the process returns; scripts rely on it.</summary>
internal static class ExitCode
{
    public const int Done = 0;

    /// <summary>The work failed, or was interrupted.</summary>
    public const int Failed = 1;

    /// <summary>Wrong usage or configuration: nothing was started.</summary>
    public const int Usage = 2;
}
