using StreamPipeline.Core.Commit;

namespace StreamPipeline.Core.Dedup;

/// <summary>The keys that a batch adds to the seen-set, in sequence order, until its commit stores them as segments.</summary>
internal sealed class NewKeys
{
    private readonly List<UInt128> _fingerprints = [];
    private readonly List<long> _expiresAtUs = [];

    /// <summary>Makes room for that many keys more.</summary>
    public void Reserve(int count)
    {
        _fingerprints.EnsureCapacity(_fingerprints.Count + count);
        _expiresAtUs.EnsureCapacity(_expiresAtUs.Count + count);
    }

    public void Add(UInt128 fingerprint, long expiresAtUs)
    {
        _fingerprints.Add(fingerprint);
        _expiresAtUs.Add(expiresAtUs);
    }

    /// <summary>
    /// The segments as state items. Their version is the batch's generation: with the attempt it tells whether the batch that wrote them
    /// was committed.
    /// </summary>
    public List<StateItem> ToItems(string pk, string attempt, long generation)
    {
        var items = new List<StateItem>();
        foreach (var segment in SeenSegment.Group(
            System.Runtime.InteropServices.CollectionsMarshal.AsSpan(_fingerprints),
            System.Runtime.InteropServices.CollectionsMarshal.AsSpan(_expiresAtUs)))
        {
            foreach (var part in segment.Encode(IStateStore.BodyBytesMax))
            {
                var sk = SeenSegment.SortKey(segment.ExpiresAtUs, attempt, items.Count);
                items.Add(new StateItem(pk, sk, generation, attempt, part, segment.ExpiresAtUs));
            }
        }

        return items;
    }
}
