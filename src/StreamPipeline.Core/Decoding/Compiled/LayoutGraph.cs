using StreamPipeline.Core.Decoding.Columns;

namespace StreamPipeline.Core.Decoding.Compiled;

/// <summary>
/// What was found between the values of documents whose members come in one order: which texts may follow a value, wherever it is met, since the contract says within which objects it stands.
/// So a document need not have been seen with just these members.
/// <para>
/// The invariant: each text stood behind the same value in a document that the plans accepted, and in each object the order of members has no circle (<see cref="MemberOrder"/>). So no
/// member comes twice; and none is missing that has to be there: a document with this text had it, before or behind, and so has each that goes the same way.
/// </para>
/// </summary>
internal sealed unsafe class LayoutGraph
{
    /// <summary>Texts that may follow a value.</summary>
    private const int BranchesMax = 16;

    private Dictionary<ObjectPlan, MemberOrder> _orders = [];
    private readonly List<LayoutStep> _steps = [];

    public int Steps => _steps.Count;

    public int TextBytes => _steps.Sum(step => step.TextLength);

    /// <summary>With which a document begins.</summary>
    public LayoutStep? First { get; private set; }

    /// <summary>Takes in a document, as far as there is room; false: its members come in another order, and nothing has changed.</summary>
    /// <param name="document">What stands between its values.</param>
    public bool TryLearn(DocumentOutline document)
    {
        List<(ObjectPlan Plan, int From, int To)> passed = [.. document.Steps.SelectMany(step => step.Members.Passed)];
        if (passed.Exists(pass => _orders.TryGetValue(pass.Plan, out var known) && known.Contradicts(pass.From, pass.To)))
        {
            return false;
        }

        // Together they may contradict each other.
        var orders = _orders.ToDictionary(order => order.Key, order => order.Value.Copy());
        foreach (var (plan, from, to) in passed)
        {
            if (!orders.TryGetValue(plan, out var order))
            {
                orders.Add(plan, order = new MemberOrder(plan.Members.Length));
            }

            if (!order.TryAdd(from, to))
            {
                return false;
            }
        }

        _orders = orders;
        var before = _steps.Count;
        Walk(document);

        // With other ranks other members are missing at each of the texts.
        var areRanksNew = false;
        foreach (var order in _orders.Values)
        {
            areRanksNew |= order.Rank();
        }

        foreach (var step in _steps.Skip(areRanksNew ? 0 : before))
        {
            step.Gap = GapOf(step.Members);
        }

        return true;
    }

    /// <summary>How a document begins; null: in none of the ways that are known.</summary>
    /// <param name="document">Its first byte.</param>
    /// <param name="limit">The text's end.</param>
    public LayoutStep? StartOf(byte* document, byte* limit)
    {
        var step = First;
        while (step is not null && !step.IsAt(document, limit))
        {
            step = step.Other;
        }

        return step;
    }

    private void Walk(DocumentOutline document)
    {
        LayoutStep? before = null;
        foreach (var step in document.Steps)
        {
            var branches = 0;
            var same = before is null ? First : before.Next;
            while (same is not null && !same.IsLike(step))
            {
                same = same.Other;
                branches++;
            }

            if (same is null)
            {
                if (branches == BranchesMax)
                {
                    return;
                }

                Add(step, before);
                same = step;
            }

            before = same;
        }
    }

    private LayoutGap? GapOf(LayoutMembers members)
    {
        var absent = members.Null.ToList<Column>();
        foreach (var (plan, from, to) in members.Passed)
        {
            foreach (var missing in _orders[plan].Between(from, to))
            {
                // Those beside the contract have no column.
                if (missing < plan.Members.Length)
                {
                    absent.Add(plan.Column.Children[missing]);
                }
            }
        }

        return absent.Count + members.Closed.Count == 0 ? null : new LayoutGap([.. absent], [.. members.Closed]);
    }

    /// <param name="step">The new one.</param>
    /// <param name="before">What it follows; null: it is the first of a document.</param>
    private void Add(LayoutStep step, LayoutStep? before)
    {
        // What follows a value is the same whatever it followed.
        step.Next = step.Value is null ? null : _steps.Find(other => other.Value == step.Value)?.Next;
        _steps.Add(step);

        // Before those with which it begins itself, such as the same without the white space at its end: the first one that fits is taken.
        var (last, next) = ((LayoutStep?)null, before is null ? First : before.Next);
        while (next is not null && !next.IsBeginningOf(step))
        {
            (last, next) = (next, next.Other);
        }

        step.Other = next;
        if (last is not null)
        {
            last.Other = step;
        }
        else if (before is null)
        {
            First = step;
        }
        else
        {
            foreach (var same in _steps.Where(other => other.Value == before.Value))
            {
                same.Next = step;
            }
        }
    }
}
