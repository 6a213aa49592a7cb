namespace StreamPipeline.Core.Patterns;

/// <summary>A pattern as a nondeterministic automaton. Source: Ken Thompson, "Regular expression search algorithm", 1968.</summary>
internal sealed class PatternGraph
{
    private const int NodesMax = 1_024;

    private readonly List<Node> _nodes = [];

    private PatternGraph()
    {
    }

    private enum Step
    {
        Accept,
        Set,
        Either,
        AtBegin,
        AtEnd,
    }

    /// <summary>Where a search begins.</summary>
    public int Start { get; private set; }

    public int Count => _nodes.Count;

    /// <summary>The sets on its edges.</summary>
    public IEnumerable<UInt128> Sets => _nodes.Where(node => node.Step == Step.Set).Select(node => node.Members).Distinct();

    /// <summary>Null when it would be too large.</summary>
    public static PatternGraph? Build(PatternNode pattern)
    {
        var graph = new PatternGraph();
        var accept = graph.Add(new Node(Step.Accept));
        graph.Start = graph.Add(pattern, accept);
        return graph._nodes.Count > NodesMax ? null : graph;
    }

    /// <summary>All that is reached from a node without taking a character.</summary>
    /// <param name="from">The node.</param>
    /// <param name="atBegin">Whether no character was taken so far.</param>
    /// <param name="atEnd">Whether no character is left.</param>
    /// <param name="reached">Receives the nodes.</param>
    public void Close(int from, bool atBegin, bool atEnd, ISet<int> reached)
    {
        var open = new Stack<int>([from]);
        while (open.TryPop(out var index))
        {
            if (!reached.Add(index))
            {
                continue;
            }

            var node = _nodes[index];
            if (node.Step == Step.Either)
            {
                open.Push(node.Next);
                open.Push(node.Other);
            }
            else if ((node.Step == Step.AtBegin && atBegin) || (node.Step == Step.AtEnd && atEnd))
            {
                open.Push(node.Next);
            }
        }
    }

    public bool IsAccept(int node) => _nodes[node].Step == Step.Accept;

    /// <summary>Where a node leads by a character; -1: nowhere.</summary>
    public int Move(int node, int character) =>
        _nodes[node] is { Step: Step.Set } set && ((set.Members >> character) & 1) != 0 ? set.Next : -1;

    private int Add(Node node)
    {
        _nodes.Add(node);
        return _nodes.Count - 1;
    }

    /// <summary>Adds a pattern in front of what follows it, and returns where it begins.</summary>
    private int Add(PatternNode pattern, int next)
    {
        if (_nodes.Count > NodesMax)
        {
            return next;
        }

        switch (pattern)
        {
            case PatternNode.Set set:
                return Add(new Node(Step.Set, next) { Members = set.Members });
            case PatternNode.Begin:
                return Add(new Node(Step.AtBegin, next));
            case PatternNode.End:
                return Add(new Node(Step.AtEnd, next));
            case PatternNode.Sequence sequence:
                return Enumerable.Reverse(sequence.Parts).Aggregate(next, (behind, part) => Add(part, behind));
            case PatternNode.Choice choice:
                return choice.Parts.Select(part => Add(part, next)).ToArray().Aggregate((left, right) => Add(new Node(Step.Either, left, right)));
            default:
                return AddRepeat((PatternNode.Repeat)pattern, next);
        }
    }

    private int AddRepeat(PatternNode.Repeat repeat, int next)
    {
        var first = next;
        if (repeat.Max < 0)
        {
            first = Add(new Node(Step.Either, next, next));
            _nodes[first] = _nodes[first] with { Other = Add(repeat.Part, first) };
        }

        for (var i = repeat.Min; i < repeat.Max && _nodes.Count <= NodesMax; i++)
        {
            first = Add(new Node(Step.Either, next, Add(repeat.Part, first)));
        }

        for (var i = 0; i < repeat.Min && _nodes.Count <= NodesMax; i++)
        {
            first = Add(repeat.Part, first);
        }

        return first;
    }

    private readonly record struct Node(Step Step, int Next = -1, int Other = -1)
    {
        public UInt128 Members { get; init; }
    }
}
