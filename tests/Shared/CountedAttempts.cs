using System.Globalization;
using StreamPipeline.Core.Commit;

namespace StreamPipeline.Tests;

public sealed class CountedAttempts(string prefix) : IAttemptIds
{
    private int _count;

    public string Next() => prefix + Interlocked.Increment(ref _count).ToString(CultureInfo.InvariantCulture);
}
