using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace StreamPipeline.Core.Lake.Zstd;

/// <summary>
/// Matches of lines of bronze with earlier ones, found by what they have in common (<see cref="LineTemplate"/>): each of its texts is where it was in the
/// last line that fitted, and the values are literals. So the lines are neither made nor searched.
/// </summary>
internal sealed class LineMatches : IDisposable
{
    private const int TemplatesMax = 8;

    // Shorter ones take more than what they save.
    private const int MatchMin = 4;

    // What may be written behind the literals.
    private const int Slack = 256;

    private readonly LineTemplate[] _templates = new LineTemplate[TemplatesMax];
    private readonly int[] _values = new int[LineForm.PartsMax];
    private int _templateCount;
    private byte[] _literals = new byte[64 << 10];
    private int _literalCount;
    private RecentDistances _recent;

    // What is not yet a sequence: literals, then a match.
    private int _run;
    private int _match;
    private int _distance;

    public SequencesSection Sequences { get; } = new();

    /// <summary>Bytes of the block that are in no match.</summary>
    public ReadOnlySpan<byte> Literals => _literals.AsSpan(0, _literalCount);

    /// <summary>The frame's content up to here, in bytes.</summary>
    public int ContentBytes { get; private set; }

    public void BeginFrame()
    {
        ContentBytes = 0;
        _recent.Begin();
        Sequences.ForgetTables();
        foreach (var template in _templates.AsSpan(0, _templateCount))
        {
            template.LastAt = -1;
        }
    }

    public void BeginBlock()
    {
        (_run, _match, _literalCount) = (0, 0, 0);
        Sequences.Clear();
    }

    public void EndBlock() => Keep();

    public void Add(LineText line)
    {
        Reserve(line.Length * JsonText.EscapeBytesMax);
        var (start, template) = (ContentBytes, TemplateOf(line));

        // The texts are as far from each other as the beginnings of the lines are, or nearly.
        if (template.LastAt >= 0 && start - template.LastAt <= LineFrame.WindowBytes - (LineText.BytesMax * JsonText.EscapeBytesMax))
        {
            AddMatches(line, template.Form);
        }
        else
        {
            AddFirst(line, template.Form);
        }

        template.LastAt = start;
    }

    /// <summary>Adds bytes that are no line.</summary>
    public void AddOther(ReadOnlySpan<byte> bytes)
    {
        Reserve(bytes.Length);
        AddLiterals(bytes);
        ContentBytes = checked(ContentBytes + bytes.Length);
    }

    public void Dispose() => Sequences.Dispose();

    /// <summary>The one that was used last is tried first.</summary>
    private LineTemplate TemplateOf(LineText line)
    {
        var templates = _templates.AsSpan(0, _templateCount);
        for (var i = 0; i < templates.Length; i++)
        {
            if (templates[i].Fits(line, _values))
            {
                return ToFront(i);
            }
        }

        for (var i = 0; i < templates.Length; i++)
        {
            if (templates[i].TryRefine(line, _values))
            {
                return ToFront(i);
            }
        }

        if (_templateCount < TemplatesMax)
        {
            _templates[_templateCount++] = new LineTemplate();
        }

        var oldest = ToFront(_templateCount - 1);
        oldest.Begin(line);
        _values[0] = 0;
        return oldest;
    }

    private LineTemplate ToFront(int index)
    {
        var template = _templates[index];
        _templates.AsSpan(0, index).CopyTo(_templates.AsSpan(1));
        return _templates[0] = template;
    }

    private void AddMatches(LineText line, LineForm form)
    {
        ref var values = ref line.Start;
        var parts = form.Parts;
        ReadOnlySpan<int> lengths = _values.AsSpan(0, parts.Length);
        var at = ContentBytes;
        for (var i = 0; i < parts.Length; i++)
        {
            ref var part = ref parts[i];
            if (part.EscapedLength >= MatchMin)
            {
                AddMatch(part.EscapedLength, at - part.LastAt);
            }
            else
            {
                AddLiterals(form.Escaped.Slice(part.EscapedAt, part.EscapedLength));
            }

            part.LastAt = at;
            values = ref Unsafe.Add(ref values, part.Length);
            AddValue(ref values, lengths[i]);
            values = ref Unsafe.Add(ref values, lengths[i]);
            at = checked(at + part.EscapedLength + lengths[i]);
        }

        ContentBytes = at;
    }

    private void AddFirst(LineText line, LineForm form)
    {
        ref var values = ref line.Start;
        var parts = form.Parts;
        for (var i = 0; i < parts.Length; i++)
        {
            ref var part = ref parts[i];
            AddLiterals(form.Escaped.Slice(part.EscapedAt, part.EscapedLength));
            part.LastAt = ContentBytes;
            values = ref Unsafe.Add(ref values, part.Length);
            AddValue(ref values, _values[i]);
            values = ref Unsafe.Add(ref values, _values[i]);
            ContentBytes = checked(ContentBytes + part.EscapedLength + _values[i]);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void AddMatch(int length, int distance)
    {
        if (_match > 0)
        {
            if (distance == _distance)
            {
                _match += length;
                return;
            }

            Keep();
        }

        _match = length;
        _distance = distance;
    }

    /// <summary>Not inlined, since in a loop its choices would become branches.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private void Keep()
    {
        if (_match > 0)
        {
            Sequences.AddValue(_run, _match, _recent.Name(_distance, _run));
            _run = 0;
            _match = 0;
        }
    }

    private void AddLiterals(ReadOnlySpan<byte> bytes)
    {
        if (!bytes.IsEmpty)
        {
            Keep();
            bytes.CopyTo(_literals.AsSpan(_literalCount));
            _literalCount += bytes.Length;
            _run += bytes.Length;
        }
    }

    /// <summary>A value, in which nothing is to be escaped. There is room for a vector more, on either side.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void AddValue(ref byte value, int count)
    {
        if (count == 0)
        {
            return;
        }

        Keep();
        ref var to = ref Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(_literals), _literalCount);
        for (var i = 0; i < count; i += Vector256<byte>.Count)
        {
            Vector256.LoadUnsafe(ref value, (nuint)i).StoreUnsafe(ref to, (nuint)i);
        }

        _literalCount += count;
        _run += count;
    }

    private void Reserve(int count)
    {
        var needed = _literalCount + count + Slack;
        if (needed > _literals.Length)
        {
            Array.Resize(ref _literals, Math.Max(needed, 2 * _literals.Length));
        }
    }
}
