using System.Runtime.CompilerServices;

namespace StreamPipeline.Core.Lake.Zstd;

/// <summary>The three distances used last, for which there are short names. They go on from block to block. Source: RFC 8878, 3.1.1.5.</summary>
internal struct RecentDistances
{
    private int _first;
    private int _second;
    private int _third;

    /// <summary>As a frame begins.</summary>
    public void Begin() => (_first, _second, _third) = (1, 4, 8);

    /// <summary>How a distance is told; it is then the most recent one. Not inlined, since in a loop its choices would become branches.</summary>
    /// <param name="distance">At least 1.</param>
    /// <param name="literals">Bytes before the match: behind another match the first name stands for the second distance, and so on.</param>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public uint Name(int distance, int literals)
    {
        var (first, second, third) = (_first, _second, _third);
        if (literals == 0)
        {
            return NameBehindMatch(distance);
        }

        // Without branches, since nobody can tell beforehand which it is.
        var name = (uint)distance + SequenceCodes.Recent;
        name = distance == third ? 3 : name;
        name = distance == second ? 2 : name;
        name = distance == first ? 1 : name;
        var older = distance == second ? third : second;
        _third = distance == first ? third : older;
        _second = distance == first ? second : first;
        _first = distance;
        return name;
    }

    private uint NameBehindMatch(int distance)
    {
        if (distance == _second)
        {
            (_first, _second) = (_second, _first);
            return 1;
        }

        var isThird = distance == _third;
        (_first, _second, _third) = (distance, _first, _second);
        return isThird ? 2u : (uint)distance + SequenceCodes.Recent;
    }
}
