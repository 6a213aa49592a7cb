using System.Runtime.CompilerServices;

namespace StreamPipeline.Core.Decoding.Compiled;

/// <summary>
/// Reads documents that differ from earlier ones in their values, and in which members they have: the text between two values, which is names, brackets and white space, is
/// compared as a whole. That the plans accepted documents with these texts says what is where, what is missing, and that no name comes twice (<see cref="LayoutGraph"/>).
/// Members beside the contract are learnt too, in the document itself, as long as they are not very many.
/// </summary>
/// <param name="root">The plan of whole documents.</param>
internal sealed unsafe class DocumentLayout(ObjectPlan root)
{
    /// <summary>Orders in which members come, as producers differ. Which one it is is known by how a document begins.</summary>
    private const int OrdersMax = 4;

    private const int StepsMax = 1_024;

    /// <summary>Of all texts that are learnt: there are two layouts for each lane, and producers may put any amount of white space between any two values.</summary>
    private const int TextBytesMax = 128 << 10;

    // A document that is not like earlier ones is begun for nothing: it costs trust, others restore it. Without any, documents are left to the plans for a while, and what was learnt is
    // forgotten. Who was given up once is trusted less, and not in full before many documents in a row were alike.
    private const int TrustMax = 256;
    private const int TrustAtFirst = 240;
    private const int TrustAgain = 64;
    private const int MissCost = 2;
    private const int LessonCost = 16;

    /// <summary>Documents that teach nothing, since they have very many members beside the contract or contradict what is known, are not looked at each time: up to so many are passed over.</summary>
    private const int LessonsPassedMax = 1_024;

    private const int PauseMin = 64;
    private const int PauseMax = 1 << 16;

    private readonly List<LayoutGraph> _graphs = [];
    private readonly Strangers _strangers = new(root);
    private int _trust = TrustAtFirst;
    private int _lessonsToPass;
    private int _nextLessonsToPass;
    private int _pause;
    private int _nextPause = PauseMin;

    /// <summary>That of the last document: the next one begins alike, most often.</summary>
    private LayoutGraph? _graph;

    /// <summary>How many documents it read.</summary>
    public long Rows { get; private set; }

    /// <summary>Whether the columns may have values of the last document, which it did not read to its end.</summary>
    public bool LeftValues { get; private set; }

    /// <summary>Reads a document into the columns.</summary>
    /// <param name="at">Its first byte.</param>
    /// <param name="row">What the plans share.</param>
    /// <returns>Behind it, which may be beyond the text's end; null: it is another one, see <see cref="LeftValues"/>.</returns>
    public byte* Read(byte* at, PlanRow row)
    {
        var step = _pause > 0 ? Wait() : _graph?.First;
        if (step is not null && !step.IsAt(at, row.Limit))
        {
            step = StartOf(at, row);
        }

        LeftValues = step is not null;
        while (step is not null)
        {
            at += step.TextLength;
            if (step.IsPlain)
            {
                at = step.Value!.Read(at, row);
            }
            else
            {
                step.Gap?.Close();
                if (step.Value is not { } value)
                {
                    Rows++;
                    _trust = Math.Min(_trust + 1, TrustMax);
                    return at;
                }

                at = step.IsNamed ? ReadNamed(value, at - step.TextLength + step.NameAt, step.NameLength, at, row) : value.Read(at, row);
            }

            if ((nuint)at - 1 >= (nuint)row.Limit)
            {
                break;
            }

            step = step.Next;
            while (step is not null && !step.IsAt(at, row.Limit))
            {
                step = step.Other;
            }
        }

        return null;
    }

    /// <summary>Notes a document that it did not read, and learns it.</summary>
    /// <param name="document">As the plans accepted it; empty: they did not.</param>
    public void Missed(ReadOnlySpan<byte> document)
    {
        if (_pause > 0)
        {
            return;
        }

        _trust -= MissCost;
        if (!document.IsEmpty && --_lessonsToPass < 0)
        {
            var isNew = TryLearn(document);
            _nextLessonsToPass = isNew ? 0 : Math.Min((_nextLessonsToPass * 2) + 1, LessonsPassedMax);
            _lessonsToPass = _nextLessonsToPass;
            _trust -= isNew ? 0 : LessonCost;
        }

        if (_trust < 0)
        {
            (_pause, _nextPause) = (_nextPause, Math.Min(_nextPause * 2, PauseMax));
            (_graph, _trust, _lessonsToPass, _nextLessonsToPass) = (null, TrustAgain, 0, 0);
            _graphs.Clear();
        }
        else if (_trust >= TrustMax - MissCost)
        {
            _nextPause = PauseMin;
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private LayoutStep? Wait()
    {
        _pause--;
        return null;
    }

    /// <summary>How a document begins that does not begin as most do.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private LayoutStep? StartOf(byte* document, PlanRow row)
    {
        if (_graph!.StartOf(document, row.Limit) is { } known)
        {
            return known;
        }

        foreach (var graph in _graphs)
        {
            if (graph.StartOf(document, row.Limit) is { } other)
            {
                _graph = graph;
                return other;
            }
        }

        return null;
    }

    /// <summary>Reads a value of which more than the value is needed: where its name is.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private byte* ReadNamed(ValuePlan value, byte* name, int nameLength, byte* at, PlanRow row)
    {
        if (value is Stranger)
        {
            return root.KeepUnknown(name, nameLength, at, row);
        }

        row.Enter(name, nameLength);
        at = value.Read(at, row);
        row.Leave();
        return at;
    }

    /// <summary>False: nothing is new.</summary>
    private bool TryLearn(ReadOnlySpan<byte> document)
    {
        var outline = new DocumentOutline(_strangers);
        var steps = _graphs.Sum(graph => graph.Steps);
        if (steps >= StepsMax || !outline.TryTake(document, root) || _graphs.Sum(graph => graph.TextBytes) + outline.TextBytes > TextBytesMax)
        {
            return false;
        }

        var graph = _graphs.Find(known => known.TryLearn(outline));
        if (graph is null && _graphs.Count < OrdersMax)
        {
            _graphs.Add(graph = new LayoutGraph());
            graph.TryLearn(outline);
        }

        _graph ??= graph;
        return _graphs.Sum(known => known.Steps) > steps;
    }
}
