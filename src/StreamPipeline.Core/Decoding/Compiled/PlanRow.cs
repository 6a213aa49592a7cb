using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using StreamPipeline.Core.Decoding.Json;

namespace StreamPipeline.Core.Decoding.Compiled;

/// <summary>What the plans share while one document becomes a row. Not for use by several threads.</summary>
/// <param name="reading">The complete path's scratch memory.</param>
/// <param name="depthMax">Deepest nesting of objects and arrays; the document itself is 1.</param>
internal sealed unsafe class PlanRow(RowReading reading, int depthMax)
{
    /// <summary>What is read at once behind a text: a vector, or a word.</summary>
    public const int Slack = 64;

    private byte[] _text = [];
    private byte* _textStart;
    private byte* _document;

    public int DepthMax => depthMax;

    /// <summary>Objects met so far, in all rows: the number of the last one.</summary>
    public long Objects { get; set; }

    /// <summary>Names of this document's members that no plan knows.</summary>
    public MemberNames Names { get; } = new();

    public ExtraWriter Extra => reading.Extra;

    public void Begin(byte* document)
    {
        _document = document;
        Extra.Begin();
        Names.Clear();
    }

    /// <summary>Goes into a nested object or list.</summary>
    public void Enter(byte* name, int length) => Extra.Enter((int)(name - _document), length);

    /// <summary>Keeps a member that the contract does not name.</summary>
    public void AddExtra(byte* name, int length, byte* value, byte* end) =>
        Extra.Add(new ReadOnlySpan<byte>(_document, (int)(end - _document)), (int)(name - _document), length, new ReadOnlySpan<byte>(value, (int)(end - value)));

    public ReadOnlySpan<char> Characters(ReadOnlySpan<byte> utf8) => reading.Characters(utf8);

    /// <summary>Memory for a text without its escapes, with <see cref="Slack"/> behind it; what was written stays.</summary>
    public byte* Text(int length)
    {
        if (_text.Length < length + Slack)
        {
            var grown = GC.AllocateUninitializedArray<byte>(Math.Max(length + Slack, Math.Max(1024, _text.Length * 2)), pinned: true);
            _text.CopyTo(grown, 0);
            _text = grown;
            _textStart = (byte*)Unsafe.AsPointer(ref MemoryMarshal.GetArrayDataReference(grown));
        }

        return _textStart;
    }
}
