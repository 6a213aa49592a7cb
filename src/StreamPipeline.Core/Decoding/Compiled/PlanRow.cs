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

    /// <summary>Members beside the contract with nothing but a comma between them, not yet written; no end: there are none.</summary>
    private byte* _run;
    private byte* _runEnd;

    public int DepthMax => depthMax;

    /// <summary>Objects met so far, in all rows: the number of the last one.</summary>
    public long Objects { get; set; }

    /// <summary>Documents begun so far.</summary>
    public long Number { get; private set; }

    /// <summary>Names of this document's members that no plan knows.</summary>
    public MemberNames Names { get; } = new();

    /// <summary>Of the names in objects that no plan is for.</summary>
    public readonly TextHash Hash = new();

    public ExtraWriter Extra => reading.Extra;

    /// <summary>The text's end. Reads may go beyond it; what they find there is nobody's.</summary>
    public byte* Limit { get; private set; }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Begin(byte* document, byte* limit)
    {
        Number++;
        _document = document;
        _runEnd = null;
        Limit = limit;
        Extra.Begin();
        Names.Clear();
    }

    /// <summary>Where the name that was found last stands, behind its quote.</summary>
    public byte* Name { get; private set; }

    /// <summary>Of that name as it is written, bytes.</summary>
    public int NameLength { get; private set; }

    /// <summary>Behind that name's colon.</summary>
    public byte* BehindName { get; private set; }

    /// <summary>The member that <see cref="ObjectPlan{TVector}"/> read last, unless it was the usual one.</summary>
    public Member Member { get; set; } = null!;

    public void Found(byte* name, int length, byte* behind)
    {
        Name = name;
        NameLength = length;
        BehindName = behind;
    }

    /// <summary>Goes into a nested object or list.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Enter(byte* name, int length)
    {
        EndRun();
        Extra.Enter((int)(name - _document), length);
    }

    /// <summary>Goes into an element of a list.</summary>
    public void EnterItem(int index)
    {
        EndRun();
        Extra.EnterItem(index);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Leave()
    {
        EndRun();
        Extra.Leave();
    }

    /// <summary>Ends the row.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void End()
    {
        EndRun();
        Extra.End();
    }

    /// <summary>Keeps a member that the contract does not name.</summary>
    public void AddExtra(byte* name, int length, byte* value, byte* end)
    {
        if (value == name + length + 2)
        {
            // As it is to be written. So are those that follow it directly: they are copied at once.
            if (name - 2 != _runEnd)
            {
                EndRun();
                _run = name - 1;
            }

            _runEnd = end;
            return;
        }

        EndRun();
        Extra.Add(new ReadOnlySpan<byte>(_document, (int)(end - _document)), (int)(name - _document), length, new ReadOnlySpan<byte>(value, (int)(end - value)));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void EndRun()
    {
        if (_runEnd != null)
        {
            WriteRun();
        }
    }

    private void WriteRun()
    {
        Extra.AddWhole(new ReadOnlySpan<byte>(_document, (int)(_runEnd - _document)), new ReadOnlySpan<byte>(_run, (int)(_runEnd - _run)));
        _runEnd = null;
    }

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
