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

    /// <summary>Levenshtein distance, one row at a time; long names are never near.</summary>
    private static int Edits(string left, string right)
    {
        if (left.Length > LengthMax || right.Length > LengthMax)
        {
            return int.MaxValue;
        }

        Span<int> row = stackalloc int[LengthMax + 1];
        for (var j = 0; j <= right.Length; j++)
        {
            row[j] = j;
        }

        for (var i = 1; i <= left.Length; i++)
        {
            var diagonal = row[0];
            row[0] = i;
            for (var j = 1; j <= right.Length; j++)
            {
                var same = char.ToLowerInvariant(left[i - 1]) == char.ToLowerInvariant(right[j - 1]);
                var replaced = diagonal + (same ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.Min(replaced, Math.Min(row[j], row[j - 1]) + 1);
            }
        }

        return row[right.Length];
    }
}
