namespace StreamPipeline.Core.Commit;

/// <summary>
/// A table of the lake holds batches that the state does not know: the state is lost, older than the lake, or that of another one. Generations that are given
/// again would be taken for folded, and their rows be lost. So nothing is committed, folded or deleted.
/// </summary>
public sealed class StateBehindException : Exception
{
    /// <param name="table">Its path in the lake.</param>
    /// <param name="shard">The first shard of which this was found.</param>
    /// <param name="folded">The last generation of the shard in the table.</param>
    /// <param name="known">What the state knows of the shard.</param>
    private StateBehindException(string table, string shard, long folded, string known)
        : base(
            $"the state is older than the lake, or of another one: table '{table}' holds the batches of shard '{shard}' up to generation {folded}, and the state {known}. "
            + "Nothing was committed, folded or deleted. Name the right state (--lake, --state), or restore its newest copy (_state/state.db; on AWS the DynamoDB table). "
            + "If there is none, run the inputs into a new lake: the records of this one are in bronze")
    {
    }

    /// <param name="table">Its path in the lake.</param>
    /// <param name="shard">Shard id.</param>
    /// <param name="folded">The last generation of the shard in the table.</param>
    /// <param name="generation">That of the shard's head; 0 without one.</param>
    internal static StateBehindException Of(string table, string shard, long folded, long generation) =>
        new(table, shard, folded, generation == 0 ? "knows no batch of it" : $"knows it up to {generation}");

    /// <summary>The shard's item of the generation is missing.</summary>
    internal static StateBehindException Missing(string table, string shard, long folded) => new(table, shard, folded, "does not know that batch");
}
