using System.IO.Hashing;
using System.Runtime.CompilerServices;

namespace StreamPipeline.Core.Decoding.Json;

/// <summary>
/// The member names of one document, to notice a name given twice in an object. One hash table serves all objects, keyed by object and name,
/// so the cost is linear in the names, whether they sit in one object or in many.
/// </summary>
internal sealed unsafe class MemberNames
{
    private const int KeptEntries = 1 << 14;
    private const int KeptBytes = 1 << 20;

    /// <summary>So many buckets for each entry that a new name mostly finds an empty one, while there are few entries; more would only take memory.</summary>
    private const int BucketsPerEntry = 8;
    private const int BucketsPerEntryOfMany = 2;
    private const int FewEntries = 1 << 12;

    // The runtime's own random seed: names chosen to collide for one process do not for another, and no result depends on it.
    private readonly long _seed = HashCode.Combine(nameof(MemberNames));
    private Entry[] _entries = new Entry[64];
    private int[] _buckets = new int[64 * BucketsPerEntry];
    private byte[] _text = new byte[1024];
    private int _count;
    private int _textLength;

    /// <summary>False when the object has the name already.</summary>
    public bool TryAdd(int objectId, ReadOnlySpan<byte> name) => TryAdd(objectId, name, XxHash3.HashToUInt64(name, _seed));

    /// <summary>For a caller that has a hash of the name already, with a seed of its own: the same one for all names of a document.</summary>
    public bool TryAdd(int objectId, ReadOnlySpan<byte> name, ulong nameHash)
    {
        ref var bucket = ref FindBucket(objectId, name, nameHash, out var hash);
        return !Unsafe.IsNullRef(ref bucket) && Add(ref bucket, new Entry(Store(name), hash, objectId, name.Length));
    }

    /// <summary>The same of a name that stays where it is until <see cref="Clear"/>: it is not copied.</summary>
    public bool TryAddInPlace(int objectId, byte* name, int length, ulong nameHash)
    {
        ref var bucket = ref FindBucket(objectId, new ReadOnlySpan<byte>(name, length), nameHash, out var hash);
        return !Unsafe.IsNullRef(ref bucket) && Add(ref bucket, new Entry((long)name, hash, objectId, length));
    }

    /// <summary>Forgets the document. The cost is that of what it held.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Clear()
    {
        if (_count != 0)
        {
            ClearSome();
        }
    }

    private void ClearSome()
    {
        if (_entries.Length > KeptEntries || _text.Length > KeptBytes)
        {
            _entries = new Entry[64];
            _buckets = new int[64 * BucketsPerEntry];
            _text = new byte[1024];
        }
        else
        {
            for (var i = 0; i < _count; i++)
            {
                _buckets[(int)_entries[i].Hash & (_buckets.Length - 1)] = 0;
            }
        }

        _count = 0;
        _textLength = 0;
    }

    /// <summary>The name's bucket, with room for an entry; a null reference when the object has the name.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private ref int FindBucket(int objectId, ReadOnlySpan<byte> name, ulong nameHash, out uint hash)
    {
        var mixed = (nameHash ^ (uint)objectId) * 0x9E37_79B9_7F4A_7C15;
        hash = (uint)(mixed ^ (mixed >> 32));
        if (_count == _entries.Length)
        {
            Grow();
        }

        ref var bucket = ref _buckets[(int)hash & (_buckets.Length - 1)];
        for (var i = bucket - 1; i >= 0; i = _entries[i].Next)
        {
            ref readonly var entry = ref _entries[i];
            if (entry.Hash == hash && entry.ObjectId == objectId && name.SequenceEqual(NameOf(entry)))
            {
                return ref Unsafe.NullRef<int>();
            }
        }

        return ref bucket;
    }

    private bool Add(ref int bucket, in Entry entry)
    {
        _entries[_count] = entry with { Next = bucket - 1 };
        bucket = ++_count;
        return true;
    }

    private ReadOnlySpan<byte> NameOf(in Entry entry) =>
        entry.Place >= 0 ? new ReadOnlySpan<byte>((byte*)entry.Place, entry.Length) : _text.AsSpan((int)~entry.Place, entry.Length);

    private long Store(ReadOnlySpan<byte> name)
    {
        if (_text.Length - _textLength < name.Length)
        {
            // Names are parts of a document that is in memory already, so doubling stays within an int.
            Array.Resize(ref _text, (int)Math.Min(Array.MaxLength, Math.Max(_text.Length * 2L, (long)_textLength + name.Length)));
        }

        name.CopyTo(_text.AsSpan(_textLength));
        var at = _textLength;
        _textLength += name.Length;
        return ~(long)at;
    }

    private void Grow()
    {
        Array.Resize(ref _entries, _entries.Length * 2);
        _buckets = new int[_entries.Length * (_entries.Length <= FewEntries ? BucketsPerEntry : BucketsPerEntryOfMany)];
        for (var i = 0; i < _count; i++)
        {
            ref var bucket = ref _buckets[(int)_entries[i].Hash & (_buckets.Length - 1)];
            _entries[i] = _entries[i] with { Next = bucket - 1 };
            bucket = i + 1;
        }
    }

    /// <param name="Place">The name's address; negative: the complement of where its copy begins.</param>
    /// <param name="Hash">Of object and name.</param>
    /// <param name="ObjectId">Which object has it.</param>
    /// <param name="Length">Of the name, bytes.</param>
    /// <param name="Next">In the same bucket; negative: none.</param>
    private readonly record struct Entry(long Place, uint Hash, int ObjectId, int Length, int Next = -1);
}
