using Microsoft.Data.Sqlite;
using StreamPipeline.Core.Commit;

namespace StreamPipeline.Embedded;

/// <summary>
/// Which failures of stores may pass by themselves, so that the same work is worth another try: a lock, a full disk, a throttle, no answer. What is damaged stays so.
/// </summary>
internal static class PassingFailure
{
    public static bool Is(Exception error) => error switch
    {
        StateUncertainException => true,
        IOException => error.InnerException is not SqliteException fault || !SqliteFault.IsDamage(fault),
        _ => false,
    };
}
