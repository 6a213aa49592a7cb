using StreamPipeline.Core.Commit;

namespace StreamPipeline.Core.Dedup;

/// <summary>The keys that a batch adds to the seen-set, in sequence order, until its commit stores them as segments.</summary>
internal sealed class NewKeys
{
    /// <summary>
    /// How much longer than its keys count a segment is stored: 8 days. Keys expire by arrival time, the store deletes by the clock, and a record may
    /// wait a week in the stream (Lambda's greatest <c>MaximumRecordAgeInSeconds</c>) before it asks whether it is a copy.
    /// </summary>
    private const long StoredLongerUs = 8L * 24 * 60 * 60 * 1_000_000;

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
                items.Add(new StateItem(pk, sk, generation, attempt, part, segment.ExpiresAtUs + StoredLongerUs));
            }
        }

        return items;
    }
}
