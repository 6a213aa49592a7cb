namespace StreamPipeline.Core.Quality.Language;

/// <summary>Finds the name that a user probably meant.</summary>
internal static class NearName
{
    private const int LengthMax = 64;

    /// <summary>The nearest candidate within a third of the name's length in edits, case aside; null when none is near.</summary>
    public static string? Of(string name, IEnumerable<string> candidates)
    {
        if (name.Length is 0 or > LengthMax)
        {
            return null;
        }

        string? nearest = null;
        var distanceMin = Math.Max(1, name.Length / 3) + 1;
        foreach (var candidate in candidates)
        {
            var distance = candidate.Length > LengthMax ? int.MaxValue : Distance(name.ToUpperInvariant(), candidate.ToUpperInvariant());
            if (distance < distanceMin)
            {
                distanceMin = distance;
                nearest = candidate;
            }
        }

        return nearest;
    }

    /// <summary>Levenshtein distance.</summary>
    private static int Distance(string a, string b)
    {
        Span<int> row = stackalloc int[LengthMax + 1];
        for (var j = 0; j <= b.Length; j++)
        {
            row[j] = j;
        }

        for (var i = 1; i <= a.Length; i++)
        {
            var diagonal = row[0];
            row[0] = i;
            for (var j = 1; j <= b.Length; j++)
            {
                var substitution = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.Min(substitution, Math.Min(row[j], row[j - 1]) + 1);
            }
        }

        return row[b.Length];
    }
}
