namespace StreamPipeline.Embedded;

/// <summary>What a failed write means to the user. .NET keeps errno (Unix) or a Win32 code in <see cref="Exception.HResult"/>.</summary>
internal static class DiskFault
{
    /// <summary>Commits are whole or absent, so that whatever stopped a command, it may be given again.</summary>
    public const string RunAgain = "run the same command again: it goes on where it stopped";

    public const string Full = "the disk is full; free some space and " + RunAgain;

    public const string ReadOnly = "the file system is read-only; make it writable and " + RunAgain;

    private const int NoSpace = 28; // ENOSPC on Linux and macOS
    private const int ReadOnlyFileSystem = 30; // EROFS on Linux and macOS
    private const int QuotaLinux = 122; // EDQUOT
    private const int QuotaMac = 69;
    private const int DiskFullWindows = unchecked((int)0x80070070);
    private const int HandleDiskFullWindows = unchecked((int)0x80070027);
    private const int WriteProtectWindows = unchecked((int)0x80070013);

    /// <param name="error">What the file system said.</param>
    /// <param name="otherwise">What to do when it is neither full nor read-only.</param>
    public static string Explain(Exception error, string otherwise) => error.HResult switch
    {
        NoSpace or DiskFullWindows or HandleDiskFullWindows => Full,
        QuotaLinux or QuotaMac => "the disk quota is used up; free some space and " + RunAgain,
        ReadOnlyFileSystem or WriteProtectWindows => ReadOnly,
        _ => $"{error.Message} ({otherwise})",
    };
}
