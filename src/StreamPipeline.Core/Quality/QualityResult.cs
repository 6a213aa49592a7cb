namespace StreamPipeline.Core.Quality;

/// <summary>The verdict of one rule on one batch.</summary>
/// <param name="Rule">The rule's canonical text, as <see cref="Quality.Rule.Text"/>.</param>
/// <param name="Passed">Whether the batch satisfies it. A rule with nothing to judge passes; an aggregate of no values fails.</param>
/// <param name="Value">
/// The measured metric: rows passing / rows judged for rules about rows, the ratio, count or statistic for the others; null when there is none
/// (no rows to judge, no values, a composite of batch rules).
/// </param>
/// <param name="Message">What was found; empty for a rule that passed on judged rows.</param>
public sealed record RuleOutcome(string Rule, bool Passed, double? Value, string Message);

/// <summary>What the rules say about a batch and each of its rows. Independent of the batch: valid after that is disposed.</summary>
public sealed record QualityResult
{
    private readonly ulong[] _anyFailed;
    private readonly ulong[]?[] _failedByRule;

    internal QualityResult(RuleOutcome[] rules, int rowCount, ulong[]?[] failedByRule)
    {
        Rules = rules;
        RowCount = rowCount;
        _failedByRule = failedByRule;
        _anyFailed = new ulong[(rowCount + 63) >> 6];
        foreach (var failed in failedByRule)
        {
            for (var word = 0; failed is not null && word < _anyFailed.Length; word++)
            {
                _anyFailed[word] |= failed[word];
            }
        }

        var rowsFailed = 0;
        foreach (var word in _anyFailed)
        {
            rowsFailed += System.Numerics.BitOperations.PopCount(word);
        }

        RowsPassed = rowCount - rowsFailed;
        RulesPassed = rules.Count(static rule => rule.Passed);
        Score = (double)RulesPassed / rules.Length;
    }

    /// <summary>One per rule, in file order.</summary>
    public RuleOutcome[] Rules { get; }

    /// <summary>How many rules passed.</summary>
    public int RulesPassed { get; }

    /// <summary>Rules passed / rules, in [0, 1].</summary>
    public double Score { get; }

    /// <summary>Rows of the batch.</summary>
    public int RowCount { get; }

    /// <summary>Rows that no quarantining rule rejects.</summary>
    public int RowsPassed { get; }

    /// <summary>Whether a quarantining rule rejects the row.</summary>
    /// <exception cref="IndexOutOfRangeException">The batch has no such row.</exception>
    public bool RowFails(int row) => IsSet(_anyFailed, row);

    /// <summary>The first row from <paramref name="row"/> on that a quarantining rule rejects; <see cref="RowCount"/> or more when there is none.</summary>
    internal int NextFailed(int row)
    {
        for (var word = row >> 6; word < _anyFailed.Length; word++)
        {
            var failed = word == row >> 6 ? _anyFailed[word] & (ulong.MaxValue << (row & 63)) : _anyFailed[word];
            if (failed != 0)
            {
                return (word << 6) + System.Numerics.BitOperations.TrailingZeroCount(failed);
            }
        }

        return RowCount;
    }

    /// <summary>Whether rule <paramref name="rule"/> (an index into <see cref="Rules"/>) quarantines the row.</summary>
    public bool RowFails(int row, int rule) => _failedByRule[rule] is { } failed && IsSet(failed, row);

    /// <summary>
    /// The rows that rule <paramref name="rule"/> quarantines, one bit per row, least significant bit first; empty for a rule that judges only the batch.
    /// </summary>
    public ReadOnlySpan<ulong> FailedRows(int rule) => _failedByRule[rule] is { } failed ? failed.AsSpan(0, _anyFailed.Length) : default;

    /// <summary>The canonical texts of the rules that quarantine the row, in file order; empty when it passes.</summary>
    public IReadOnlyList<string> FailedRules(int row)
    {
        if (!RowFails(row))
        {
            return [];
        }

        var texts = new List<string>();
        for (var rule = 0; rule < Rules.Length; rule++)
        {
            if (RowFails(row, rule))
            {
                texts.Add(Rules[rule].Rule);
            }
        }

        return texts;
    }

    private static bool IsSet(ulong[] bitmap, int row) => (bitmap[row >> 6] & (1UL << (row & 63))) != 0;
}
