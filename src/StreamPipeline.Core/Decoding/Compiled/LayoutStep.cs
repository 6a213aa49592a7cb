using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using StreamPipeline.Core.Decoding.Columns;

namespace StreamPipeline.Core.Decoding.Compiled;

/// <summary>A text between two values of a document, and the value behind it, or the document's end.</summary>
internal sealed unsafe class LayoutStep
{
    private readonly Vector256<byte> _head;
    private readonly Vector256<byte> _mask;

    /// <summary>What does not fit the head; mostly nothing.</summary>
    private readonly byte[] _rest;

    /// <param name="text">Before the value.</param>
    /// <param name="value">Its plan.</param>
    /// <param name="nameAt">Where its name is in the text.</param>
    /// <param name="nameLength">The name's bytes.</param>
    public LayoutStep(ReadOnlySpan<byte> text, ValuePlan value, int nameAt, int nameLength)
        : this(text)
    {
        Value = value;
        IsList = value.IsContainer;
        NameAt = nameAt;
        NameLength = nameLength;
    }

    /// <param name="text">Behind the last value.</param>
    /// <param name="end">The document's.</param>
    public LayoutStep(ReadOnlySpan<byte> text, LayoutEnd end)
        : this(text) => End = end;

    private LayoutStep(ReadOnlySpan<byte> text)
    {
        Span<byte> head = stackalloc byte[Vector256<byte>.Count];
        head.Clear();
        var length = Math.Min(text.Length, head.Length);
        text[..length].CopyTo(head);
        _head = Vector256.Create<byte>(head);
        _mask = Vector256.LessThan(Vector256<byte>.Indices, Vector256.Create((byte)length));
        _rest = text[length..].ToArray();
        TextLength = text.Length;
    }

    /// <summary>Null: the document ends.</summary>
    public ValuePlan? Value { get; }

    public bool IsList { get; }

    /// <summary>Of a document without a value behind the text.</summary>
    public LayoutEnd? End { get; }

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
        && (_rest.Length == 0 || IsRestAt(at + Vector256<byte>.Count, limit));

    /// <summary>Whether the other one is of no use beside it.</summary>
    public bool IsLike(LayoutStep other) =>
        Value == other.Value
        && TextLength == other.TextLength
        && _head == other._head
        && _rest.AsSpan().SequenceEqual(other._rest)
        && (End is null || End.IsLike(other.End!));

    private bool IsRestAt(byte* at, byte* limit) => limit - at >= _rest.Length && new ReadOnlySpan<byte>(at, _rest.Length).SequenceEqual(_rest);
}

/// <summary>What is left to do for a document whose values are read.</summary>
/// <param name="absent">Columns of what it does not have.</param>
/// <param name="closed">Those of its objects.</param>
internal sealed class LayoutEnd(Column[] absent, StructColumn[] closed)
{
    public void Close()
    {
        foreach (var column in absent)
        {
            column.AppendNull();
        }

        foreach (var column in closed)
        {
            column.Close();
        }
    }

    public bool IsLike(LayoutEnd other) => other.Absent.SequenceEqual(absent) && other.Closed.SequenceEqual(closed);

    private Column[] Absent => absent;

    private StructColumn[] Closed => closed;
}
