namespace StreamPipeline.Core.Verification;

/// <summary>One comparison of a lake with itself.</summary>
/// <param name="Name">What was compared, such as <c>silver rows</c>.</param>
/// <param name="Expected">What the state says.</param>
/// <param name="Found">What was counted.</param>
/// <param name="Differences">Single differences found; equal sums may hide some.</param>
/// <param name="Examples">The first differences in words, at most <see cref="ExamplesMax"/>.</param>
public sealed record VerifyCheck(string Name, long Expected, long Found, long Differences, IReadOnlyList<string> Examples)
{
    public const int ExamplesMax = 5;

    public bool IsOk => Differences == 0 && Expected == Found;
}

/// <summary>The result of recounting a lake.</summary>
/// <param name="Checks">In a fixed order.</param>
/// <param name="Notes">What is unusual and no difference, such as records that are not committed yet.</param>
public sealed record VerifyReport(IReadOnlyList<VerifyCheck> Checks, IReadOnlyList<string> Notes)
{
    public bool IsOk => Checks.All(check => check.IsOk);
}

/// <summary>Where a verification stands.</summary>
/// <param name="Done">Units of work done: rows read and records recounted.</param>
/// <param name="Total">Units there are.</param>
public readonly record struct VerifyProgress(long Done, long Total);

/// <summary>A check that is being counted.</summary>
internal sealed class Tally(string name)
{
    private readonly List<string> _examples = [];
    private long _differences;

    public long Expected { get; set; }

    public long Found { get; set; }

    public void Differ(string example)
    {
        _differences++;
        if (_examples.Count < VerifyCheck.ExamplesMax)
        {
            _examples.Add(example);
        }
    }

    /// <summary>Notes the difference unless the two are equal.</summary>
    public void Compare(long expected, long found, string what)
    {
        if (expected != found)
        {
            Differ(string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{what}: expected {expected:N0}, found {found:N0}"));
        }
    }

    public VerifyCheck ToCheck() => new(name, Expected, Found, _differences, _examples);
}
