namespace StreamPipeline.Core.Commit;

/// <summary>A finite input, known by its content.</summary>
/// <param name="ContentId">Hash and length of its decompressed bytes; null until it was read to its end, unless that was before it was entered.</param>
/// <param name="Name">Name at first sight, for people.</param>
/// <param name="Ordinal">Its lines have the sequence numbers <c>Ordinal × 10^12 + line</c>.</param>
/// <param name="Lanes">The shards its lines are spread over.</param>
/// <param name="ArrivalUs">Arrival time of all its records: when it was first seen, so that a rerun gives the same lake.</param>
/// <param name="Complete">Every record is committed.</param>
/// <param name="Records">How many records it had; null until it is complete.</param>
/// <param name="Beginning">Hash and length of its first decompressed bytes, or of all when they are few; null from versions that did not write it.</param>
public sealed record InputEntry(
    string? ContentId, string Name, int Ordinal, IReadOnlyList<string> Lanes, long ArrivalUs, bool Complete, long? Records = null, string? Beginning = null)
{
    /// <summary>Sort key of its item. Versions that did not write beginnings named it by its content, which was known then.</summary>
    internal string Key => Beginning is null && ContentId is { } id ? StateKeys.Input(id) : StateKeys.Input(Ordinal);

    /// <summary>Whether its first bytes may be these.</summary>
    internal bool MayBegin(string beginning) => Beginning is null || Beginning == beginning;
}

/// <summary>How far an input was read.</summary>
/// <param name="Content">Hash and length of the decompressed bytes up to there.</param>
/// <param name="IsWhole">There is no more of it.</param>
public sealed record InputReach(string Content, bool IsWhole);

/// <summary>What an input is looked for by among those of a stream. Owner: who runs it; not thread-safe.</summary>
/// <param name="name">How the user knows it.</param>
/// <param name="beginning">Hash and length of its first decompressed bytes, as many of each input; null when it has fewer.</param>
/// <param name="readId">Reads all of it and returns hash and length of its decompressed bytes.</param>
public sealed class InputContent(string name, string? beginning, Func<CancellationToken, ValueTask<string>> readId)
{
    public string Name => name;

    public string? Beginning => beginning;

    /// <summary>What its content is known by; null until it is needed.</summary>
    public string? Id { get; private set; }

    internal async ValueTask Identify(CancellationToken cancellation) => Id ??= await readId(cancellation);
}
