using StreamPipeline.Core.Configuration;

namespace StreamPipeline.Core.Quality.Language;

/// <summary>The problems of one ruleset, bounded: a binary file handed in as a ruleset must not list a million of them.</summary>
internal sealed class ParseProblems(ProblemList list)
{
    /// <summary>Most problems reported for one ruleset.</summary>
    public const int CountMax = 100;

    public int Count { get; private set; }

    public void Add(Location at, string message, string fix)
    {
        Count++;
        if (Count <= CountMax)
        {
            list.Add(at, message, fix);
        }
        else if (Count == CountMax + 1)
        {
            list.Add(at, $"more than {CountMax} problems; the rest is not listed", "mend the ones above first");
        }
    }
}
