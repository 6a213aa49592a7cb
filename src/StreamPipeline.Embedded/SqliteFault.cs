using Microsoft.Data.Sqlite;

namespace StreamPipeline.Embedded;

/// <summary>What a SQLite error means to the user. Source: sqlite.org/rescode.html.</summary>
internal static class SqliteFault
{
    private const int Busy = 5;
    private const int Locked = 6;
    private const int Corrupt = 11;
    private const int Full = 13;
    private const int NotADatabase = 26;

    /// <summary>Another connection holds a lock: worth trying again.</summary>
    public static bool IsLock(SqliteException error) => error.SqliteErrorCode is Busy or Locked;

    /// <param name="error">What SQLite said.</param>
    /// <param name="waitedSeconds">How long a lock was waited for.</param>
    public static string Explain(SqliteException error, int waitedSeconds) => error.SqliteErrorCode switch
    {
        Busy or Locked => $"another process has held its lock for more than {waitedSeconds} s; stop that process and run again",
        Corrupt or NotADatabase =>
            $"the file is damaged or no SQLite database ({error.Message}); restore it from a backup, or start with a new --lake folder",
        Full => "the disk is full; free some space and run again",
        _ => error.Message,
    };
}
