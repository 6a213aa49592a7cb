namespace StreamPipeline.Core.Patterns;

/// <summary>A part of a pattern.</summary>
internal abstract record PatternNode
{
    /// <summary>One character out of a set.</summary>
    /// <param name="Members">Its ASCII characters.</param>
    /// <param name="HasOthers">Whether it has characters beyond ASCII too, as what is written by exclusion has.</param>
    public sealed record Set(UInt128 Members, bool HasOthers) : PatternNode;

    /// <summary>One part behind the other; none: the empty text.</summary>
    public sealed record Sequence(PatternNode[] Parts) : PatternNode;

    /// <summary>One of several.</summary>
    public sealed record Choice(IReadOnlyList<PatternNode> Parts) : PatternNode;

    /// <summary>A part again and again.</summary>
    /// <param name="Part">What is repeated.</param>
    /// <param name="Min">Fewest times.</param>
    /// <param name="Max">Most times; -1: no limit.</param>
    public sealed record Repeat(PatternNode Part, int Min, int Max) : PatternNode;

    /// <summary><c>^</c>.</summary>
    public sealed record Begin : PatternNode;

    /// <summary><c>$</c>.</summary>
    public sealed record End : PatternNode;
}
