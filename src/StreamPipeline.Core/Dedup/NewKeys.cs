using StreamPipeline.Core.Commit;
using StreamPipeline.Core.Decoding.Columns;

namespace StreamPipeline.Core.Dedup;

/// <summary>The keys that a batch adds to the seen-set, in sequence order, until its commit stores them as segments.</summary>
internal sealed class NewKeys
{
    /// <summary>
    /// How much longer than its keys count a segment is stored, or a claim: 8 days. Keys expire by arrival time, the store deletes by the clock, and a record may
    /// wait a week in the stream (Lambda's greatest <c>MaximumRecordAgeInSeconds</c>) before it asks whether it is a copy.
    /// </summary>
    public const long StoredLongerUs = 8L * 24 * 60 * 60 * 1_000_000;

    private readonly Memory<UInt128> _fingerprints;
    private readonly ColumnBuffers? _buffers;

    /// <summary>Where keys of one expiry time end that follow one another.</summary>
    private readonly List<(long ExpiresAtUs, int End)> _runs = [];
    private int _count;

    /// <param name="fingerprints">Room for the keys; may be that of the keys they are added from.</param>
    /// <param name="buffers">Where the memory of their segments comes from; null: the heap.</param>
    public NewKeys(Memory<UInt128> fingerprints = default, ColumnBuffers? buffers = null) => (_fingerprints, _buffers) = (fingerprints, buffers);

    /// <summary>Adds keys behind the others.</summary>
    /// <param name="fingerprints">May lie in the room for the keys, behind those that were added.</param>
    /// <param name="expiresAtUs">Of all of them.</param>
    public void Add(ReadOnlySpan<UInt128> fingerprints, long expiresAtUs)
    {
        if (fingerprints.IsEmpty)
        {
            return;
        }

        fingerprints.CopyTo(_fingerprints.Span[_count..]);
        _count += fingerprints.Length;
        if (_runs.Count > 0 && _runs[^1].ExpiresAtUs == expiresAtUs)
        {
            _runs[^1] = (expiresAtUs, _count);
        }
        else
        {
            _runs.Add((expiresAtUs, _count));
        }
    }

    /// <summary>
    /// The segments as state items. Their version is the batch's generation: with the attempt it tells whether the batch that wrote them
    /// was committed. Their bodies are valid for as long as the buffers are.
    /// </summary>
    public List<StateItem> ToItems(string pk, string attempt, long generation)
    {
        var items = new List<StateItem>();
        foreach (var segment in Segments())
        {
            segment.Encode(IStateStore.BodyBytesMax, bytes =>
            {
                var part = _buffers is null ? new byte[bytes] : _buffers.Rent(bytes).AsMemory(0, bytes);
                var sk = SeenSegment.SortKey(segment.ExpiresAtUs, attempt, items.Count);
                items.Add(new StateItem(pk, sk, generation, attempt, part, segment.ExpiresAtUs + StoredLongerUs));
                return part;
            });
        }

        return items;
    }

    /// <summary>By expiry time, ascending; within one the order stays. Mostly they come like that.</summary>
    private IEnumerable<SeenSegment> Segments()
    {
        for (var i = 1; i < _runs.Count; i++)
        {
            if (_runs[i].ExpiresAtUs < _runs[i - 1].ExpiresAtUs)
            {
                return Sorted();
            }
        }

        return _runs.Select((run, i) => new SeenSegment(run.ExpiresAtUs, _fingerprints[(i == 0 ? 0 : _runs[i - 1].End)..run.End]));
    }

    private IReadOnlyList<SeenSegment> Sorted()
    {
        var expiresAtUs = new long[_count];
        var start = 0;
        foreach (var run in _runs)
        {
            expiresAtUs.AsSpan(start..run.End).Fill(run.ExpiresAtUs);
            start = run.End;
        }

        return SeenSegment.Group(_fingerprints.Span[.._count], expiresAtUs);
    }
}
