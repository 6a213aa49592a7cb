namespace StreamPipeline.Core.Enrichment;

/// <summary>Guesses which name a user meant.</summary>
internal static class NearName
{
    /// <summary>"did you mean 'iata'?", or the names there are.</summary>
    public static string Suggest(string wrong, IEnumerable<string> names)
    {
        var all = names.ToArray();
        var (nearest, distance) = all
            .Select(name => (name, Distance(wrong.ToUpperInvariant(), name.ToUpperInvariant())))
            .DefaultIfEmpty(("", int.MaxValue))
            .MinBy(candidate => candidate.Item2);
        if (distance <= Math.Max(2, wrong.Length / 3))
        {
            return $"did you mean '{nearest}'?";
        }

        const int NamesMax = 20;
        return all.Length == 0
            ? "there are none"
            : $"there are: {string.Join(", ", all.Take(NamesMax))}{(all.Length > NamesMax ? ", …" : "")}";
    }

    /// <summary>Levenshtein's distance.</summary>
    private static int Distance(string left, string right)
    {
        var row = Enumerable.Range(0, right.Length + 1).ToArray();
        for (var i = 1; i <= left.Length; i++)
        {
            var diagonal = row[0];
            row[0] = i;
            for (var j = 1; j <= right.Length; j++)
            {
                var replaced = diagonal + (left[i - 1] == right[j - 1] ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.Min(replaced, Math.Min(row[j], row[j - 1]) + 1);
            }
        }

        return row[right.Length];
    }
}
