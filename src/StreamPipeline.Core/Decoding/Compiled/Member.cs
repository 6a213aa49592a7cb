using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace StreamPipeline.Core.Decoding.Compiled;

/// <summary>
/// A member that an object may have: one of the contract, or one that earlier events had beside it. Knows the bytes <c>"name":</c> that
/// are expected where the last object like this one had them.
/// </summary>
internal sealed unsafe class Member
{
    /// <summary>Names are compared as one vector first, which reads that far.</summary>
    private const int HeadBytes = 16;

    /// <summary>Objects, nested ones included, of a few events.</summary>
    private const int ObjectsNear = 8;

    private readonly byte[] _literal;
    private readonly Vector128<byte> _head;
    private readonly Vector128<byte> _mask;
    private readonly bool _isLong;
    private long _missedIn = -ObjectsNear;

    /// <param name="name">UTF-8, without escapes.</param>
    /// <param name="value">Null: not in the contract.</param>
    /// <param name="required">Whether its object must have it.</param>
    public Member(byte[] name, ValuePlan? value, bool required)
    {
        Name = name;
        Value = value;
        IsContainer = value?.IsContainer ?? false;
        Required = required;
        Next = this;
        OtherNext = this;
        _literal = [(byte)'"', .. name, (byte)'"', (byte)':'];
        // A name that JSON cannot hold as it is must not be looked for as it is: those bytes would mean something else.
        IsPredictable = !name.AsSpan().ContainsAny((byte)'"', (byte)'\\') && !name.AsSpan().ContainsAnyInRange((byte)0, (byte)31);
        _isLong = _literal.Length > HeadBytes || !IsPredictable;
        Span<byte> head = stackalloc byte[HeadBytes];
        head.Clear();
        _literal.AsSpan(0, Math.Min(_literal.Length, HeadBytes)).CopyTo(head);
        _head = Vector128.Create<byte>(head);
        head.Clear();
        head[..Math.Min(_literal.Length, HeadBytes)].Fill(byte.MaxValue);
        _mask = Vector128.Create<byte>(head);
        LiteralLength = _literal.Length;
    }

    public byte[] Name { get; }

    public ValuePlan? Value { get; }

    public bool IsContainer { get; }

    public bool Required { get; }

    public bool IsPredictable { get; }

    /// <summary>Bytes of <c>"name":</c>.</summary>
    public int LiteralLength { get; }

    /// <summary>The member that is expected behind it: the contract's next one, or what followed it last and was not expected.</summary>
    public Member Next { get; set; }

    /// <summary>Expected when that one is not there: a member that comes and goes has two followers in turn.</summary>
    public Member OtherNext { get; private set; }

    /// <summary>The number of the last object that had it.</summary>
    public long SeenIn { get; set; }

    /// <summary>
    /// Notes that <see cref="OtherNext"/> was there. The two change places when that happens time after time: a member that is mostly there is expected again after
    /// it was missing once.
    /// </summary>
    /// <param name="number">Of the object.</param>
    public void Missed(long number)
    {
        if (number - _missedIn <= ObjectsNear)
        {
            (Next, OtherNext) = (OtherNext, Next);
        }

        _missedIn = number;
    }

    /// <summary>Notes a member that followed it and was not expected to.</summary>
    public void Remember(Member next) => (Next, OtherNext) = (next, Next);

    /// <summary>Whether <c>"name":</c> stands there, without white space.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool IsAt(byte* at) =>
        ((Vector128.Load(at) ^ _head) & _mask) == Vector128<byte>.Zero
        && (!_isLong || IsWholeAt(at));

    private bool IsWholeAt(byte* at) => IsPredictable && new ReadOnlySpan<byte>(at, _literal.Length).SequenceEqual(_literal);
}
