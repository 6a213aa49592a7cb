using System.Globalization;
using StreamPipeline.Core.Commit;

namespace StreamPipeline.Simulation.Tests.Stores;

/// <summary>Attempt names of one process: unique, and readable in a history.</summary>
internal sealed class CountedAttempts(string process) : IAttemptIds
{
    private int _last;

    public string Next() => string.Create(CultureInfo.InvariantCulture, $"{process}n{++_last}");
}
