using System.Buffers;
using System.Buffers.Binary;
using System.IO.Hashing;

namespace StreamPipeline.Core.Windows;

/// <summary>Numbers the distinct group keys of a pane table from 0. Only a new key allocates.</summary>
internal sealed class GroupKeys
{
    private int[] _ends = new int[16];
    private ulong[] _hashes = new ulong[16];
    private byte[] _bytes = new byte[256];

    /// <summary>Open addressing; id + 1, 0 when free. Twice as long as <see cref="_hashes"/>.</summary>
    private int[] _buckets = new int[32];

    public int Count { get; private set; }

    public ReadOnlySpan<byte> this[int id]
    {
        get
        {
            var start = id == 0 ? 0 : _ends[id - 1];
            return _bytes.AsSpan(start, _ends[id] - start);
        }
    }

    public int Intern(ReadOnlySpan<byte> key)
    {
        var hash = XxHash3.HashToUInt64(key);
        var mask = _buckets.Length - 1;
        var at = (int)hash & mask;
        for (; _buckets[at] != 0; at = (at + 1) & mask)
        {
            var id = _buckets[at] - 1;
            if (_hashes[id] == hash && this[id].SequenceEqual(key))
            {
                return id;
            }
        }

        return Add(key, hash, at);
    }

    /// <summary>The place of each key among all, in the order of their bytes.</summary>
    public int[] Ranks()
    {
        var headMemory = ArrayPool<ulong>.Shared.Rent(Count);
        var idMemory = ArrayPool<int>.Shared.Rent(Count);
        var heads = headMemory.AsSpan(0, Count);
        var ids = idMemory.AsSpan(0, Count);
        for (var id = 0; id < ids.Length; id++)
        {
            heads[id] = Head(this[id]);
            ids[id] = id;
        }

        // Numbers are sorted much faster than texts, and tell most keys apart.
        heads.Sort(ids);
        for (int from = 0, to; from < ids.Length; from = to)
        {
            to = from + 1;
            while (to < ids.Length && heads[to] == heads[from])
            {
                to++;
            }

            if (to - from > 1)
            {
                ids[from..to].Sort((left, right) => this[left].SequenceCompareTo(this[right]));
            }
        }

        var ranks = new int[ids.Length];
        for (var rank = 0; rank < ids.Length; rank++)
        {
            ranks[ids[rank]] = rank;
        }

        ArrayPool<ulong>.Shared.Return(headMemory);
        ArrayPool<int>.Shared.Return(idMemory);
        return ranks;
    }

    /// <summary>The first bytes, zeros behind a shorter key: who has a lesser one comes first.</summary>
    private static ulong Head(ReadOnlySpan<byte> key)
    {
        Span<byte> head = stackalloc byte[sizeof(ulong)];
        head.Clear();
        key[..Math.Min(key.Length, sizeof(ulong))].CopyTo(head);
        return BinaryPrimitives.ReadUInt64BigEndian(head);
    }

    private int Add(ReadOnlySpan<byte> key, ulong hash, int bucket)
    {
        if (Count == _hashes.Length)
        {
            Grow();
            var mask = _buckets.Length - 1;
            for (bucket = (int)hash & mask; _buckets[bucket] != 0; bucket = (bucket + 1) & mask)
            {
            }
        }

        var start = Count == 0 ? 0 : _ends[Count - 1];
        var end = checked(start + key.Length);
        if (end > _bytes.Length)
        {
            System.Array.Resize(ref _bytes, (int)Math.Min(System.Array.MaxLength, Math.Max(end, 2L * _bytes.Length)));
        }

        key.CopyTo(_bytes.AsSpan(start));
        _ends[Count] = end;
        _hashes[Count] = hash;
        _buckets[bucket] = ++Count;
        return Count - 1;
    }

    private void Grow()
    {
        System.Array.Resize(ref _ends, Count * 2);
        System.Array.Resize(ref _hashes, Count * 2);
        _buckets = new int[Count * 4];
        var mask = _buckets.Length - 1;
        for (var id = 0; id < Count; id++)
        {
            var at = (int)_hashes[id] & mask;
            while (_buckets[at] != 0)
            {
                at = (at + 1) & mask;
            }

            _buckets[at] = id + 1;
        }
    }
}
