using Microsoft.Data.Sqlite;

namespace StreamPipeline.Embedded;

/// <summary>What a SQLite error means to the user. Source: sqlite.org/rescode.html.</summary>
internal static class SqliteFault
{
    private const int Busy = 5;
    private const int Locked = 6;
    private const int ReadOnly = 8;
    private const int InputOutput = 10;
    private const int Corrupt = 11;
    private const int Full = 13;
    private const int CantOpen = 14;
    private const int NotADatabase = 26;
    private const int InputOutputShmSize = InputOutput | (19 << 8);
    private const int InputOutputShmMap = InputOutput | (21 << 8);

    /// <summary>Another connection holds a lock: worth trying again.</summary>
    public static bool IsLock(SqliteException error) => error.SqliteErrorCode is Busy or Locked;

    /// <summary>The file itself is broken: to try again changes nothing.</summary>
    public static bool IsDamage(SqliteException error) => error.SqliteErrorCode is Corrupt or NotADatabase;

    /// <param name="error">What SQLite said.</param>
    /// <param name="waitedSeconds">How long a lock was waited for.</param>
    public static string Explain(SqliteException error, int waitedSeconds) => error.SqliteErrorCode switch
    {
        Busy or Locked => $"another process has held its lock for more than {waitedSeconds} s; stop that process and run again",
        Corrupt or NotADatabase =>
            $"the file is damaged or no SQLite database ({error.Message}); restore it from a backup, or start with a new --lake folder",
        Full => DiskFault.Full,
        ReadOnly => $"the file or its file system is read-only; make it writable and {DiskFault.RunAgain}",
        CantOpen => $"the file, or the '-wal' and '-shm' files beside it, cannot be opened; check free space, and that the folder is writable, and {DiskFault.RunAgain}",

        // The index of the log (-shm) cannot grow: what a full disk looks like from there.
        InputOutput when error.SqliteExtendedErrorCode is InputOutputShmSize or InputOutputShmMap => DiskFault.Full,
        InputOutput => $"the disk failed ({error.Message}); check it, and that it has free space, and {DiskFault.RunAgain}",
        _ => error.Message,
    };
}
