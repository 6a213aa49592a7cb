using System.Runtime.CompilerServices;

namespace StreamPipeline.Core.Decoding.Compiled;

/// <summary>
/// Reads documents that differ from earlier ones in their values only: the text between two values, which is names, brackets and white space, is compared as a whole.
/// That the plans accepted a document with that text says what is where, what is missing, and that no name comes twice.
/// <para>What was found between values is a tree: the same text up to some value may go on in several ways. Documents with members beside the contract are not learnt.</para>
/// </summary>
/// <param name="root">The plan of whole documents.</param>
internal sealed unsafe class DocumentLayout(ObjectPlan root)
{
    /// <summary>Ways in which a text may go on.</summary>
    private const int BranchesMax = 4;

    private const int StepsMax = 1_024;

    /// <summary>Longer texts are rare, and are read by the plans.</summary>
    private const int TextBytesMax = 4_096;

    // A document that is not like an earlier one is begun for nothing: it costs trust, others restore it. Without any, documents are left to the plans for a while.
    private const int TrustMax = 256;
    private const int TrustAtFirst = 64;
    private const int MissCost = 4;
    private const int LessonCost = 16;
    private const int PauseMin = 64;
    private const int PauseMax = 1 << 16;

    private LayoutStep? _first;
    private int _steps;
    private int _trust = TrustAtFirst;
    private int _pause;
    private int _nextPause = PauseMin;

    /// <summary>How many documents it read.</summary>
    public long Rows { get; private set; }

    /// <summary>Reads a document into the columns.</summary>
    /// <param name="at">Its first byte.</param>
    /// <param name="row">What the plans share.</param>
    /// <returns>Behind it, which may be beyond the text's end; null: it is another one, and the columns may have values of it.</returns>
    public byte* Read(byte* at, PlanRow row)
    {
        var step = _pause > 0 ? Wait() : _first;
        while (step is not null)
        {
            if (!step.IsAt(at, row.Limit))
            {
                step = step.Other;
                continue;
            }

            at += step.TextLength;
            if (step.Value is not { } value)
            {
                step.End!.Close();
                Rows++;
                _trust = Math.Min(_trust + 1, TrustMax);
                return at;
            }

            at = step.IsList ? ReadList(value, at - step.TextLength + step.NameAt, step.NameLength, at, row) : value.Read(at, row);
            if ((nuint)at - 1 >= (nuint)row.Limit)
            {
                break;
            }

            step = step.Next;
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
        if (!document.IsEmpty && _trust >= LessonCost && _steps < StepsMax)
        {
            _trust -= LessonCost;
            Learn(document);
        }

        if (_trust < 0)
        {
            (_pause, _nextPause) = (_nextPause, Math.Min(_nextPause * 2, PauseMax));
            (_first, _steps, _trust) = (null, 0, TrustAtFirst);
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

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static byte* ReadList(ValuePlan list, byte* name, int nameLength, byte* at, PlanRow row)
    {
        row.Enter(name, nameLength);
        at = list.Read(at, row);
        row.Leave();
        return at;
    }

    private void Learn(ReadOnlySpan<byte> document)
    {
        var outline = new DocumentOutline();
        if (!outline.TryTake(document, root))
        {
            return;
        }

        LayoutStep? before = null;
        foreach (var step in outline.Steps)
        {
            var branches = 0;
            var (last, same) = ((LayoutStep?)null, before is null ? _first : before.Next);
            while (same is not null && !same.IsLike(step))
            {
                (last, same) = (same, same.Other);
                branches++;
            }

            if (same is null)
            {
                if (branches == BranchesMax || step.TextLength > TextBytesMax)
                {
                    return;
                }

                Add(step, before, last);
                same = step;
            }

            before = same;
        }
    }

    /// <param name="step">The new one.</param>
    /// <param name="before">What it follows; null: it is the first of a document.</param>
    /// <param name="last">The last of its branches so far; null: it is the first one.</param>
    private void Add(LayoutStep step, LayoutStep? before, LayoutStep? last)
    {
        _steps++;
        if (last is not null)
        {
            last.Other = step;
        }
        else if (before is not null)
        {
            before.Next = step;
        }
        else
        {
            _first = step;
        }
    }
}
