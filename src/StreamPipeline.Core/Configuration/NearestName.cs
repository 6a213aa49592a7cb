namespace StreamPipeline.Core.Configuration;

/// <summary>Finds what a user probably meant. Cold path: called only to word a problem.</summary>
internal static class NearestName
{
    private const int LengthMax = 64;

    /// <summary>The candidate with the fewest edits, ignoring case; null when none is near (over a third of the letters differ).</summary>
    public static string? Of(string name, IEnumerable<string> candidates)
    {
        string? best = null;
        var bestEdits = int.MaxValue;
        foreach (var candidate in candidates)
        {
            var edits = Edits(name, candidate);
            if (edits < bestEdits && edits <= Math.Max(1, Math.Max(name.Length, candidate.Length) / 3))
            {
                (best, bestEdits) = (candidate, edits);
            }
        }

        return best;
    }

    /// <summary>"did you mean 'iata'?", or the names there are.</summary>
    public static string Suggest(string wrong, IEnumerable<string> names)
    {
        const int NamesMax = 20;
        var all = names.ToArray();
        return Of(wrong, all) is { } nearest ? $"did you mean '{nearest}'?"
            : all.Length == 0 ? "there are none"
            : $"there are: {string.Join(", ", all.Take(NamesMax))}{(all.Length > NamesMax ? ", …" : "")}";
    }

    /// <summary>
    /// Optimal string alignment distance: insertions, deletions, replacements and swaps of neighbours, which is how people mistype. Long names
    /// are never near.
    /// </summary>
    private static int Edits(string left, string right)
    {
        if (left.Length > LengthMax || right.Length > LengthMax)
        {
            return int.MaxValue;
        }

        Span<int> older = stackalloc int[LengthMax + 1];
        Span<int> old = stackalloc int[LengthMax + 1];
        Span<int> row = stackalloc int[LengthMax + 1];
        for (var j = 0; j <= right.Length; j++)
        {
            row[j] = j;
        }

        for (var i = 1; i <= left.Length; i++)
        {
            row.CopyTo(old);
            row[0] = i;
            for (var j = 1; j <= right.Length; j++)
            {
                row[j] = Math.Min(old[j - 1] + (Same(left[i - 1], right[j - 1]) ? 0 : 1), Math.Min(old[j], row[j - 1]) + 1);
                if (i > 1 && j > 1 && Same(left[i - 1], right[j - 2]) && Same(left[i - 2], right[j - 1]))
                {
                    row[j] = Math.Min(row[j], older[j - 2] + 1);
                }
            }

            old.CopyTo(older);
        }

        return row[right.Length];
    }

    private static bool Same(char left, char right) => char.ToLowerInvariant(left) == char.ToLowerInvariant(right);
}
