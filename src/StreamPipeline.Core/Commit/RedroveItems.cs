using StreamPipeline.Core.Dedup;

namespace StreamPipeline.Core.Commit;

/// <summary>
/// Which source events a redrive committed: items <c>REDROVE#attempt#n</c> of the lane, in the form of seen segments that never expire.
/// Like those they count only when the batch item of their generation carries their attempt.
/// </summary>
internal static class RedroveItems
{
    /// <summary>Source events remembered per lane; 12 bytes each in the state table.</summary>
    public const int EventsMax = 8_000_000;

    private const string Prefix = "REDROVE#";

    public static List<StateItem> Encode(string pk, IReadOnlyList<UInt128> sources, string attempt, long generation)
    {
        if (sources.Count == 0)
        {
            return [];
        }

        var parts = new SeenSegment(long.MaxValue, sources.ToArray()).Encode(IStateStore.BodyBytesMax);
        return [.. parts.Select((part, n) => new StateItem(pk, FormattableString.Invariant($"{Prefix}{attempt}#{n:D4}"), generation, attempt, part))];
    }

    /// <summary>All source events that the lane has committed up to <paramref name="head"/>.</summary>
    /// <exception cref="InvalidDataException">There are more than <see cref="EventsMax"/>.</exception>
    public static async ValueTask<HashSet<UInt128>> Load(IStateStore state, string pk, ShardHead? head, CancellationToken cancellation)
    {
        var sources = new HashSet<UInt128>();
        var winners = new Dictionary<long, string?>();
        await foreach (var item in state.Query(pk, Prefix, Prefix + StateKeys.PrefixEnd, cancellation))
        {
            if (head is null || item.Version > head.Generation)
            {
                continue;
            }

            if (!winners.TryGetValue(item.Version, out var winner))
            {
                winner = (await state.Read(pk, StateKeys.Batch(item.Version), cancellation))?.Attempt;
                winners.Add(item.Version, winner);
            }

            if (winner == item.Attempt)
            {
                sources.UnionWith(SeenSegment.Decode(item.Body.Span).Fingerprints.ToArray());
            }

            if (sources.Count > EventsMax)
            {
                throw new InvalidDataException($"{pk} has redriven more than {EventsMax:N0} events, the most that is remembered; run what is left as an input of its own");
            }
        }

        return sources;
    }
}
