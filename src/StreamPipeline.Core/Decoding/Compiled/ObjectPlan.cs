using System.Runtime.CompilerServices;
using System.Text;
using StreamPipeline.Core.Contracts;
using StreamPipeline.Core.Decoding.Columns;

namespace StreamPipeline.Core.Decoding.Compiled;

/// <summary>An object's plan, whatever the vectors that it works with.</summary>
/// <param name="column">Its column.</param>
/// <param name="nullable">Whether <c>null</c> is a valid value.</param>
/// <param name="members">Those of the contract, in its order.</param>
internal abstract unsafe class ObjectPlan(StructColumn column, bool nullable, Member[] members) : ValuePlan(column, nullable)
{
    public StructColumn Column => column;

    public Member[] Members => members;

    public override bool IsContainer => true;

    /// <summary>Keeps a member beside the contract.</summary>
    /// <param name="name">Behind its quote.</param>
    /// <param name="nameLength">As it is written, bytes.</param>
    /// <param name="at">Its value.</param>
    /// <param name="row">What the plans share.</param>
    /// <returns>Behind the value; null: left to the complete path.</returns>
    public abstract byte* KeepUnknown(byte* name, int nameLength, byte* at, PlanRow row);
}

/// <summary>
/// Reads an object. Each member expects one of two that followed it before, by their bytes; any other order, and members that the contract
/// does not name, are found by name.
/// </summary>
internal sealed unsafe class ObjectPlan<TVector> : ObjectPlan
    where TVector : struct, IByteVector
{
    /// <summary>Most members outside the contract that are remembered, and their longest name: a map's keys need not be.</summary>
    private const int LearnedMax = 256;
    private const int LearnedBytesMax = 64;

    private readonly StructColumn _column;
    private readonly Member[] _members;
    private readonly MemberIndex _index = new();
    private readonly bool _allowsUnknown;
    private readonly int _level;

    /// <summary>Before the first member.</summary>
    private readonly Member _start = new([(byte)'"'], null, required: false);

    /// <summary>Any member that is not remembered.</summary>
    private readonly Member _stranger = new([(byte)'"'], null, required: false);
    private int _learned;

    /// <param name="field">The object's.</param>
    /// <param name="column">Its column.</param>
    /// <param name="values">The plans of its children, in their order.</param>
    /// <param name="level">Its depth; the document's is 1.</param>
    public ObjectPlan(ContractField field, StructColumn column, ValuePlan[] values, int level)
        : base(column, field.Nullable, [.. field.Children.Select((child, i) => new Member(Encoding.UTF8.GetBytes(child.Name), values[i], child.Required))])
    {
        _column = column;
        _members = Members;
        _allowsUnknown = field.AllowsUnknown;
        _level = level;
        var previous = _start;
        foreach (var member in _members)
        {
            _index.Add(member);
            previous.Next = member;
            previous = member;
        }
    }

    public override byte* Read(byte* at, PlanRow row)
    {
        if (*at != '{')
        {
            return ReadNull(at);
        }

        var number = ++row.Objects;
        at = Blank.Skip(at + 1, row.Limit);
        var found = 0;
        if (_level > row.DepthMax || *at == '}')
        {
            return _level <= row.DepthMax && Complete(found, number) ? at + 1 : null;
        }

        var previous = _start;
        while (true)
        {
            // The usual member, with as little as possible to be kept beyond the call; all others are read out of line.
            var member = previous.Next;
            byte* behind;
            if (member.Value is { } value && member.IsAt(at)
                && (behind = at + member.LiteralLength) <= row.Limit && member.SeenIn != number && *behind > ' ')
            {
                member.SeenIn = number;
                found++;
                at = member.IsContainer ? ReadContainer(value, at + 1, member.LiteralLength - 3, behind, row) : value.Read(behind, row);
                previous = member;
            }
            else
            {
                at = ReadOther(at, previous, row, number);
                previous = row.Member;
                found += previous.Value is null ? 0 : 1;
            }

            if (at == null)
            {
                return null;
            }

            if (*at != ',')
            {
                at = Blank.Skip(at, row.Limit);
                if (*at != ',')
                {
                    break;
                }
            }

            at++;
        }

        return *at == '}' && Complete(found, number) ? at + 1 : null;
    }

    /// <summary>Reads any member, which goes to <see cref="PlanRow.Member"/>.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private byte* ReadOther(byte* at, Member previous, PlanRow row, long number)
    {
        var member = previous.Next;
        byte* name;
        int nameLength;
        var isNext = member.IsAt(at);
        if (isNext)
        {
            name = at + 1;
            nameLength = member.LiteralLength - 3;
            at += member.LiteralLength;
        }
        else
        {
            member = Find(at, previous, row, number);
            name = row.Name;
            nameLength = row.NameLength;
            at = row.BehindName;
        }

        row.Member = member ?? _stranger;
        if (member is null || at > row.Limit || member.SeenIn == number)
        {
            return null;
        }

        member.SeenIn = number;
        at = Blank.Skip(at, row.Limit);
        if (member.Value is not { } value)
        {
            at = KeepUnknown(name, nameLength, at, row);
            return isNext || at == null ? at : KeepOthers(at, row, number);
        }

        at = member.IsContainer ? ReadContainer(value, name, nameLength, at, row) : value.Read(at, row);

        // What is nested has members of its own.
        row.Member = member;
        return at;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static byte* ReadContainer(ValuePlan value, byte* name, int nameLength, byte* at, PlanRow row)
    {
        row.Enter(name, nameLength);
        at = value.Read(at, row);
        row.Leave();
        return at;
    }

    public override byte* KeepUnknown(byte* name, int nameLength, byte* at, PlanRow row)
    {
        var end = ValueSkip<TVector>.Skip(at, row, _level + 1);
        if (end != null)
        {
            row.AddExtra(name, nameLength, at, end);
        }

        return end;
    }

    /// <summary>Keeps the members beside the contract that are behind one which was not expected: there are thousands of them, or they have no order.</summary>
    /// <param name="at">Behind a value.</param>
    /// <param name="row">What the plans share.</param>
    /// <param name="number">Of the object.</param>
    /// <returns>Behind the last one's value; null: left to the complete path.</returns>
    private byte* KeepOthers(byte* at, PlanRow row, long number)
    {
        var previous = row.Member;
        while (at < row.Limit && Unsafe.ReadUnaligned<ushort>(at) == Literals.NextName && !previous.Next.IsAt(at + 1))
        {
            var name = at + 2;
            var end = TextScan<TVector>.Special(name, row.Limit);
            var length = (int)(end - name);
            if (Unsafe.ReadUnaligned<ushort>(end) != Literals.NameEnd || end[2] <= ' ')
            {
                break;
            }

            if (_index.Find(name, length, out var hash) is { } member)
            {
                if (member.Value is not null || member.SeenIn == number)
                {
                    break;
                }

                member.SeenIn = number;
                previous.Remember(member);
                previous = member;
            }
            else if (_learned < LearnedMax)
            {
                break;
            }
            else if (row.Names.TryAddInPlace((int)number, name, length, hash))
            {
                previous = _stranger;
            }
            else
            {
                return null;
            }

            var value = end + 2;
            end = ValueSkip<TVector>.Skip(value, row, _level + 1);
            if (end == null)
            {
                return null;
            }

            row.AddExtra(name, length, value, end);
            at = end;
        }

        row.Member = previous;
        return at;
    }

    private bool Complete(int found, long number)
    {
        if (found != _members.Length && !AddAbsent(number))
        {
            return false;
        }

        _column.Close();
        return true;
    }

    private bool AddAbsent(long number)
    {
        var children = _column.Children;
        for (var i = 0; i < _members.Length; i++)
        {
            if (_members[i].SeenIn != number)
            {
                if (_members[i].Required)
                {
                    return false;
                }

                children[i].AppendNull();
            }
        }

        return true;
    }

    /// <summary>Reads a name that was not the first guess. Its place goes to <see cref="PlanRow.Found"/>.</summary>
    /// <returns>Null: left to the complete path.</returns>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private Member? Find(byte* at, Member previous, PlanRow row, long number)
    {
        at = Blank.Skip(at, row.Limit);
        var member = previous.Next.IsAt(at) ? previous.Next : previous.OtherNext;
        if (member.IsAt(at))
        {
            if (member == previous.OtherNext)
            {
                previous.Missed(number);
            }

            row.Found(at + 1, member.LiteralLength - 3, at + member.LiteralLength);
            return member;
        }

        if (*at != '"')
        {
            return null;
        }

        var name = at + 1;
        var end = TextScan<TVector>.Special(name, row.Limit);
        var length = (int)(end - name);
        var text = name;
        if (*end != '"')
        {
            end = AnyText<TVector>.Read(ref text, end, row, out length);
            if (end == null)
            {
                return null;
            }
        }

        var nameLength = (int)(end - name);
        end = Blank.Skip(end + 1, row.Limit);
        if (*end != ':')
        {
            return null;
        }

        row.Found(name, nameLength, end + 1);
        if (_index.Find(text, length, out var hash) is { } known)
        {
            previous.Remember(known);
            return known;
        }

        // A text with escapes was put together where the next one will be.
        var isNew = _allowsUnknown
            && (text == name ? row.Names.TryAddInPlace((int)number, text, length, hash) : row.Names.TryAdd((int)number, new ReadOnlySpan<byte>(text, length), hash));
        return isNew ? Learn(text, length, previous) : null;
    }

    private Member Learn(byte* name, int length, Member previous)
    {
        _stranger.SeenIn = 0;
        if (_learned == LearnedMax || length > LearnedBytesMax)
        {
            return _stranger;
        }

        var member = new Member(new ReadOnlySpan<byte>(name, length).ToArray(), null, required: false);
        if (!member.IsPredictable)
        {
            return _stranger;
        }

        _learned++;
        _index.Add(member);
        previous.Remember(member);
        return member;
    }
}
