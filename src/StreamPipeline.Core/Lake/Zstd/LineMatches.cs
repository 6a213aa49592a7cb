using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace StreamPipeline.Core.Lake.Zstd;

/// <summary>
/// Matches of lines of bronze with earlier ones, found by what they have in common (<see cref="LineTemplate"/>): each of its texts is where it was in the
/// last line that fitted, and the values are literals. So the lines are neither made nor searched.
/// </summary>
internal sealed class LineMatches : IDisposable
{
    private const int TemplatesMax = 8;

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
    private SequenceCodes.Coded _coded;
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
        var (start, template) = (ContentBytes, TemplateOf(line, out var literals));

        // The texts are as far from each other as the beginnings of the lines are, or nearly.
        if (template.LastAt >= 0 && start - template.LastAt <= LineFrame.WindowBytes - (LineText.BytesMax * JsonText.EscapeBytesMax))
        {
            AddMatches(template.Form, literals);
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
    private LineTemplate TemplateOf(LineText line, out int literals)
    {
        ref var to = ref Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(_literals), _literalCount);
        var templates = _templates.AsSpan(0, _templateCount);
        for (var i = 0; i < templates.Length; i++)
        {
            literals = templates[i].Fit(line, _values, ref to);
            if (literals >= 0)
            {
                return ToFront(i);
            }
        }

        for (var i = 0; i < templates.Length; i++)
        {
            literals = templates[i].Refine(line, _values, ref to);
            if (literals >= 0)
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
        literals = 0;
        return oldest;
    }

    private LineTemplate ToFront(int index)
    {
        var template = _templates[index];
        _templates.AsSpan(0, index).CopyTo(_templates.AsSpan(1));
        return _templates[0] = template;
    }

    /// <param name="form">What the line has of it lies where it was in the last line.</param>
    /// <param name="literals">Bytes of what is between, which is in its place already.</param>
    private void AddMatches(LineForm form, int literals)
    {
        var parts = form.Parts;
        ReadOnlySpan<int> lengths = _values.AsSpan(0, parts.Length);
        var adding = Sequences.Adding(parts.Length + 1);
        var (run, match, distance, coded) = (_run, _match, _distance, _coded);
        var at = ContentBytes;
        for (var i = 0; i < parts.Length; i++)
        {
            ref var part = ref parts[i];
            var between = lengths[i];
            var back = at - part.LastAt;
            part.LastAt = at;
            at = checked(at + part.EscapedLength + between);
            if (!part.IsMatch)
            {
                between += part.EscapedLength;
            }
            else if (match > 0 && back == distance)
            {
                // Nothing is between it and the text before.
                match += part.EscapedLength;
                coded = SequenceCodes.OfMatch(match);
            }
            else
            {
                if (match > 0)
                {
                    adding.Add(run, coded, _recent.Name(distance, run));
                    run = 0;
                }

                (match, coded, distance) = (part.EscapedLength, part.Match, back);
            }

            if (between > 0)
            {
                if (match > 0)
                {
                    adding.Add(run, coded, _recent.Name(distance, run));
                    (run, match) = (0, 0);
                }

                run += between;
            }
        }

        Sequences.Added(adding);
        (_run, _match, _distance, _coded) = (run, match, distance, coded);
        _literalCount += literals;
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
            AddLiterals(MemoryMarshal.CreateReadOnlySpan(ref values, _values[i]));
            values = ref Unsafe.Add(ref values, _values[i]);
            ContentBytes = checked(ContentBytes + part.EscapedLength + _values[i]);
        }
    }

    private void Keep()
    {
        if (_match > 0)
        {
            var adding = Sequences.Adding(1);
            adding.Add(_run, _coded, _recent.Name(_distance, _run));
            Sequences.Added(adding);
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

    private void Reserve(int count)
    {
        var needed = _literalCount + count + Slack;
        if (needed > _literals.Length)
        {
            Array.Resize(ref _literals, Math.Max(needed, 2 * _literals.Length));
        }
    }
}
