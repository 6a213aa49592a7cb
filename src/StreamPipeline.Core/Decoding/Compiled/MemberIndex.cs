namespace StreamPipeline.Core.Decoding.Compiled;

/// <summary>Finds an object's member by its name where prediction failed: open addressing, at most a quarter full.</summary>
internal sealed unsafe class MemberIndex
{
    private readonly TextHash _hash = new();

    // One bit of 4,096 for each name, told by the highest twelve of its hash: nearly all names that are not there are known by it.
    private readonly ulong[] _bits = new ulong[64];
    private Slot[] _slots = new Slot[16];
    private int _count;

    /// <param name="name">A word beyond its end can be read.</param>
    /// <param name="length">Bytes of the name.</param>
    /// <param name="hash">Of the name.</param>
    /// <returns>Null when there is no such member.</returns>
    public Member? Find(byte* name, int length, out ulong hash)
    {
        var slots = _slots;
        hash = _hash.Of(name, length);
        if ((_bits[hash >> 58] >> (int)(hash >> 52) & 1) == 0)
        {
            return null;
        }

        for (var i = (int)hash & (slots.Length - 1); ; i = (i + 1) & (slots.Length - 1))
        {
            // The hash first: a name that is none of these then costs no look at a member.
            ref readonly var slot = ref slots[i];
            if (slot.Hash == hash && slot.Member is { } member && new ReadOnlySpan<byte>(name, length).SequenceEqual(member.Name))
            {
                return member;
            }

            if (slot.Hash == 0)
            {
                return null;
            }
        }
    }

    /// <summary>Adds a member whose name is not in it.</summary>
    public void Add(Member member)
    {
        if (++_count * 4 > _slots.Length)
        {
            var slots = _slots;
            _slots = new Slot[slots.Length * 4];
            foreach (var slot in slots)
            {
                if (slot.Member is not null)
                {
                    Place(slot);
                }
            }
        }

        Place(new Slot(_hash.Of(member.Name), member));
    }

    private void Place(Slot placed)
    {
        var i = (int)placed.Hash & (_slots.Length - 1);
        while (_slots[i].Member is not null)
        {
            i = (i + 1) & (_slots.Length - 1);
        }

        _slots[i] = placed;
        _bits[placed.Hash >> 58] |= 1UL << (int)(placed.Hash >> 52);
    }

    /// <param name="Hash">0: empty.</param>
    /// <param name="Member">Whose name has the hash.</param>
    private readonly record struct Slot(ulong Hash, Member? Member);
}
