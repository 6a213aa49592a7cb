using System.Buffers.Text;
using System.Runtime.CompilerServices;
using StreamPipeline.Core.Decoding.Columns;

namespace StreamPipeline.Core.Decoding.Json;

/// <summary>
/// Writes what the contract does not name as one JSON object per row, in the structure it was found in: a member of a nested object under
/// the object's name, one of a list's element under the element's index. Names and values keep their bytes.
/// </summary>
internal sealed class ExtraWriter
{
    private GrowingBytes _text = new(hint: 0);
    private Frame[] _frames = new Frame[8];
    private int _depth;
    private int _opened;

    /// <summary>The row's JSON text; empty when it had no unknown members.</summary>
    public ReadOnlySpan<byte> Text => _text.Written;

    public bool IsEmpty => _text.Length == 0;

    /// <summary>Starts a row.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Begin()
    {
        _text.Truncate(0);
        _frames[0] = default;
        _depth = 1;
        _opened = 0;
    }

    /// <summary>Ends a row; <see cref="Text"/> is complete.</summary>
    public void End() => Leave();

    /// <summary>Goes into a nested object or list.</summary>
    /// <param name="nameStart">Of the name in the document, behind its quote.</param>
    /// <param name="nameLength">As written, escapes included.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Enter(int nameStart, int nameLength) => Push(new Frame(nameStart, nameLength, -1));

    /// <summary>Goes into an element of a list.</summary>
    public void EnterItem(int index) => Push(new Frame(0, 0, index));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Leave()
    {
        if (_opened == _depth)
        {
            Close();
        }

        _depth--;
    }

    /// <summary>Adds an unknown member at the present place.</summary>
    public void Add(ReadOnlySpan<byte> document, int nameStart, int nameLength, ReadOnlySpan<byte> value)
    {
        Open(document);
        AppendName(_depth - 1, document.Slice(nameStart, nameLength), -1);
        _text.Append(value);
    }

    /// <summary>As <see cref="Add"/>, for members that stand in the document as they are to be written: <c>"name":value,"name":value</c>.</summary>
    public void AddWhole(ReadOnlySpan<byte> document, ReadOnlySpan<byte> members)
    {
        Open(document);
        var text = _text.Reserve(members.Length + 1);
        ref var hasMembers = ref _frames[_depth - 1].HasMembers;
        text[0] = (byte)',';
        var start = hasMembers ? 1 : 0;
        hasMembers = true;
        members.CopyTo(text[start..]);
        _text.Advance(start + members.Length);
    }

    /// <summary>Opens the objects down to the present place that are not yet.</summary>
    private void Open(ReadOnlySpan<byte> document)
    {
        if (_opened == 0)
        {
            _text.Append("{"u8);
            _opened = 1;
        }

        for (; _opened < _depth; _opened++)
        {
            ref readonly var frame = ref _frames[_opened];
            AppendName(_opened - 1, document.Slice(frame.NameStart, frame.NameLength), frame.Index);
            _text.Append("{"u8);
        }
    }

    private void AppendName(int parent, ReadOnlySpan<byte> name, int index)
    {
        ref var frame = ref _frames[parent];
        _text.Append(frame.HasMembers ? ",\""u8 : "\""u8);
        frame.HasMembers = true;
        if (index >= 0)
        {
            Utf8Formatter.TryFormat(index, _text.Reserve(10), out var digits);
            _text.Advance(digits);
        }
        else
        {
            _text.Append(name);
        }

        _text.Append("\":"u8);
    }

    private void Close()
    {
        _text.Append("}"u8);
        _opened--;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Push(Frame frame)
    {
        var (frames, depth) = (_frames, _depth);
        if ((uint)depth >= (uint)frames.Length)
        {
            frames = Grow();
        }

        frames[depth] = frame;
        _depth = depth + 1;
    }

    /// <summary>As deep as the contract at most.</summary>
    private Frame[] Grow()
    {
        Array.Resize(ref _frames, _depth * 2);
        return _frames;
    }

    private struct Frame(int nameStart, int nameLength, int index)
    {
        public readonly int NameStart = nameStart;
        public readonly int NameLength = nameLength;
        public readonly int Index = index;
        public bool HasMembers;
    }
}
