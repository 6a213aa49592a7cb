using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace StreamPipeline.Core.Patterns;

/// <summary>
/// A contract's <c>pattern</c>, or a rule's, as a table: one step per byte, and no more. Answers for ASCII texts, which is what keys and codes are; others
/// are left to the regular expression engine. Immutable.
/// </summary>
internal sealed unsafe class PatternAutomaton
{
    private const int StatesMax = 128;
    private const int Ascii = 128;

    /// <summary>No text matches from here, or all do.</summary>
    private const int Never = -1;
    private const int Always = -2;

    /// <summary>For each state, where each ASCII character leads: a state times 128, or one of the two above.</summary>
    private readonly int[] _next;
    private readonly bool[] _acceptsAtEnd;
    private readonly int _start;

    private PatternAutomaton(int[] next, bool[] acceptsAtEnd, int start) => (_next, _acceptsAtEnd, _start) = (next, acceptsAtEnd, start);

    /// <summary>Null when the pattern holds what only the regular expression engine knows, or would need too large a table.</summary>
    public static PatternAutomaton? Compile(string pattern) =>
        PatternParser.Parse(pattern) is { } node && PatternGraph.Build(node) is { } graph ? Tabulate(graph) : null;

    /// <summary>Whether the pattern is found in the text.</summary>
    /// <returns>False when the text is not ASCII: not answered.</returns>
    public bool TryMatch(byte* text, int length, out bool matches)
    {
        var state = _start;
        ref var next = ref MemoryMarshal.GetArrayDataReference(_next);
        for (var i = 0; i < length && state >= 0; i++)
        {
            if (text[i] >= Ascii)
            {
                matches = false;
                return false;
            }

            state = Unsafe.Add(ref next, state + text[i]);
        }

        matches = state >= 0 ? _acceptsAtEnd[state / Ascii] : state == Always;
        return true;
    }

    /// <summary>The subset construction. Since the pattern may match anywhere, a new search begins before each character.</summary>
    private static PatternAutomaton? Tabulate(PatternGraph graph)
    {
        var classes = Classify(graph, out var examples);
        var dead = Enumerable.Range(0, graph.Count).Select(node => IsDead(graph, node)).ToArray();
        var states = new Dictionary<string, int>();
        var sets = new List<(int[] Nodes, bool AtBegin)>();
        var table = new List<int>();
        var first = new SortedSet<int>();
        graph.Close(graph.Start, atBegin: true, atEnd: false, first);
        var start = State(first, atBegin: true);
        for (var i = 0; i < sets.Count; i++)
        {
            var row = new int[examples.Count];
            foreach (var (column, example) in examples.Index())
            {
                var reached = new SortedSet<int>();
                foreach (var node in sets[i].Nodes)
                {
                    if (graph.Move(node, example) is >= 0 and var next)
                    {
                        graph.Close(next, atBegin: false, atEnd: false, reached);
                    }
                }

                graph.Close(graph.Start, atBegin: false, atEnd: false, reached);
                var state = State(reached, atBegin: false);
                row[column] = state < 0 ? state : state * Ascii;
            }

            table.AddRange(classes.Select(column => row[column]));

            if (sets.Count > StatesMax)
            {
                return null;
            }
        }

        return new PatternAutomaton([.. table], [.. sets.Select(set => AcceptsAtEnd(graph, set.Nodes, set.AtBegin))], start);

        int State(SortedSet<int> nodes, bool atBegin)
        {
            if (nodes.Any(graph.IsAccept))
            {
                return Always;
            }

            // Only the first state can still become a match through an anchor at the beginning: it keeps a number of its own.
            if (!atBegin && nodes.All(node => dead[node]))
            {
                return Never;
            }

            var key = (atBegin ? "^" : "") + string.Join(',', nodes);
            if (!states.TryGetValue(key, out var state))
            {
                state = sets.Count;
                states.Add(key, state);
                sets.Add(([.. nodes], atBegin));
            }

            return state;
        }
    }

    private static bool AcceptsAtEnd(PatternGraph graph, int[] nodes, bool atBegin)
    {
        var reached = new HashSet<int>();
        foreach (var node in nodes)
        {
            graph.Close(node, atBegin, atEnd: true, reached);
        }

        return reached.Any(graph.IsAccept);
    }

    /// <summary>Whether a node leads nowhere any more: one that waits for the beginning, behind it.</summary>
    private static bool IsDead(PatternGraph graph, int node)
    {
        var reached = new HashSet<int>();
        graph.Close(node, atBegin: false, atEnd: true, reached);
        return reached.All(one => !graph.IsAccept(one) && Enumerable.Range(0, Ascii).All(c => graph.Move(one, c) < 0));
    }

    /// <summary>Characters that no set tells apart share a column of the table.</summary>
    private static byte[] Classify(PatternGraph graph, out List<int> examples)
    {
        var sets = graph.Sets.ToArray();
        var classes = new byte[Ascii];
        var known = new Dictionary<string, byte>();
        examples = [];
        for (var c = 0; c < Ascii; c++)
        {
            var signature = string.Concat(sets.Select(set => ((set >> c) & 1) != 0 ? '1' : '0'));
            if (!known.TryGetValue(signature, out var index))
            {
                index = (byte)known.Count;
                known.Add(signature, index);
                examples.Add(c);
            }

            classes[c] = index;
        }

        return classes;
    }
}
