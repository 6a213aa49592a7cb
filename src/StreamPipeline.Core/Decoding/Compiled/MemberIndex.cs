using System.IO.Hashing;
using System.Runtime.CompilerServices;

namespace StreamPipeline.Core.Decoding.Compiled;

/// <summary>Finds an object's member by its name where prediction failed: open addressing, at most a quarter full.</summary>
internal sealed unsafe class MemberIndex
{
    // The runtime's own random seed: names chosen to collide for one process do not for another, and no result depends on it.
    private readonly ulong _seed = (ulong)HashCode.Combine(nameof(MemberIndex)) * 0x9E37_79B9_7F4A_7C15 | 1;
    private Member?[] _slots = new Member?[16];
    private int _count;

    /// <param name="name">A word beyond its end can be read.</param>
    /// <param name="length">Bytes of the name.</param>
    /// <returns>Null when there is no such member.</returns>
    public Member? Find(byte* name, int length)
    {
        var slots = _slots;
        for (var i = (int)Hash(name, length) & (slots.Length - 1); slots[i] is { } member; i = (i + 1) & (slots.Length - 1))
        {
            if (member.Name.Length == length && new ReadOnlySpan<byte>(name, length).SequenceEqual(member.Name))
            {
                return member;
            }
        }

        return null;
    }

    /// <summary>Adds a member whose name is not in it.</summary>
    public void Add(Member member)
    {
        if (++_count * 4 > _slots.Length)
        {
            var members = _slots;
            _slots = new Member?[members.Length * 4];
            foreach (var earlier in members)
            {
                if (earlier is not null)
                {
                    Place(earlier);
                }
            }
        }

        Place(member);
    }

    private void Place(Member member)
    {
        // Copied, so that a word beyond the name's end can be read.
        var name = new byte[member.Name.Length + sizeof(ulong)];
        member.Name.CopyTo(name, 0);
        fixed (byte* at = name)
        {
            var i = (int)Hash(at, member.Name.Length) & (_slots.Length - 1);
            while (_slots[i] is not null)
            {
                i = (i + 1) & (_slots.Length - 1);
            }

            _slots[i] = member;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private ulong Hash(byte* name, int length)
    {
        if (length > 2 * sizeof(ulong))
        {
            return XxHash3.HashToUInt64(new ReadOnlySpan<byte>(name, length), (long)_seed);
        }

        // The first and the last word hold all of a short name.
        var head = Unsafe.ReadUnaligned<ulong>(name) & Words.Mask(length);
        var tail = length < sizeof(ulong) ? (ulong)length : Unsafe.ReadUnaligned<ulong>(name + length - sizeof(ulong));
        var high = Math.BigMul(head ^ _seed, tail ^ (_seed >> 7) ^ 0xA076_1D64_78BD_642F, out var low);
        return high ^ low ^ (uint)length;
    }
}
