using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace StreamPipeline.Core.Decoding.Compiled;

/// <summary>A text between two values of a document, and the value behind it, or the document's end.</summary>
internal sealed unsafe class LayoutStep
{
    private readonly Vector256<byte> _head;
    private readonly Vector256<byte> _mask;

    private readonly byte[] _text;

    /// <param name="text">Before the value, or behind the last one.</param>
    /// <param name="members">What it says of them.</param>
    /// <param name="value">The value's plan; null: the document ends.</param>
    /// <param name="nameAt">Where its name is in the text.</param>
    /// <param name="nameLength">The name's bytes.</param>
    public LayoutStep(ReadOnlySpan<byte> text, LayoutMembers members, ValuePlan? value = null, int nameAt = 0, int nameLength = 0)
    {
        Members = members;
        Value = value;
        IsNamed = value is Stranger or { IsContainer: true };
        NameAt = nameAt;
        NameLength = nameLength;
        Span<byte> head = stackalloc byte[Vector256<byte>.Count];
        head.Clear();
        var length = Math.Min(text.Length, head.Length);
        text[..length].CopyTo(head);
        _head = Vector256.Create<byte>(head);
        _mask = Vector256.LessThan(Vector256<byte>.Indices, Vector256.Create((byte)length));
        _text = text.ToArray();
        TextLength = text.Length;
        Gap = null;
    }

    /// <summary>What the text says of them.</summary>
    public LayoutMembers Members { get; }

    /// <summary>What is left to do for it; null: nothing.</summary>
    public LayoutGap? Gap
    {
        get;
        set
        {
            field = value;
            IsPlain = value is null && Value is not null && !IsNamed;
        }
    }

    /// <summary>There is nothing to do but to read the value.</summary>
    public bool IsPlain { get; private set; }

    /// <summary>Null: the document ends.</summary>
    public ValuePlan? Value { get; }

    /// <summary>To read the value it takes to know where its name is.</summary>
    public bool IsNamed { get; }

    public int TextLength { get; }

    public int NameAt { get; }

    public int NameLength { get; }

    /// <summary>What follows the value.</summary>
    public LayoutStep? Next { get; set; }

    /// <summary>Another text that may be in this one's place.</summary>
    public LayoutStep? Other { get; set; }

    /// <summary>Whether the text stands there.</summary>
    /// <param name="at">At most at the limit.</param>
    /// <param name="limit">Some vectors behind it can be read.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool IsAt(byte* at, byte* limit) =>
        ((Vector256.Load(at) ^ _head) & _mask) == Vector256<byte>.Zero
        && (TextLength <= Vector256<byte>.Count || IsRestAt(at + Vector256<byte>.Count, limit));

    /// <summary>Whether the other one is of no use beside it.</summary>
    public bool IsLike(LayoutStep other) => Value == other.Value && _text.AsSpan().SequenceEqual(other._text);

    /// <summary>Whether the other one's text begins with this one's.</summary>
    public bool IsBeginningOf(LayoutStep other) => other._text.AsSpan().StartsWith(_text);

    /// <summary>What does not fit the head; mostly there is nothing.</summary>
    private bool IsRestAt(byte* at, byte* limit)
    {
        var rest = _text.AsSpan(Vector256<byte>.Count);
        return limit - at >= rest.Length && new ReadOnlySpan<byte>(at, rest.Length).SequenceEqual(rest);
    }
}
