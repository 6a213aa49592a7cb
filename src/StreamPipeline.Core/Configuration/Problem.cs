namespace StreamPipeline.Core.Configuration;

/// <summary>A mistake in a file that a user writes: where, what, and how to mend it.</summary>
/// <param name="File">The file's name as the user gave it.</param>
/// <param name="Line">From 1; 0 when the problem is the file as a whole.</param>
/// <param name="Column">From 1; 0 when unknown.</param>
/// <param name="Message">What is wrong, with the actual value and the limit.</param>
/// <param name="Fix">What to write instead.</param>
public sealed record Problem(string File, int Line, int Column, string Message, string Fix)
{
    public override string ToString() =>
        (Line > 0 ? $"{File}:{Line}:{Column}: {Message}" : $"{File}: {Message}") + (Fix.Length > 0 ? $" ({Fix})" : "");
}

/// <summary>A place in a configuration file, lines and columns from 1.</summary>
public readonly record struct Location(string File, int Line, int Column);

/// <summary>Collects every problem, so that a user sees all at once.</summary>
public sealed class ProblemList
{
    private readonly List<Problem> _items = [];

    public IReadOnlyList<Problem> Items => _items;

    public bool Any => _items.Count > 0;

    public void Add(Location at, string message, string fix) =>
        _items.Add(new Problem(at.File, at.Line, at.Column, message, fix));
}
