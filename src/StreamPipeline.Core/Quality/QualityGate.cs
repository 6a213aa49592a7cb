using StreamPipeline.Core.Decoding;

namespace StreamPipeline.Core.Quality;

/// <summary>What the rules said of a batch.</summary>
/// <param name="Result">Null without a ruleset or without rows to judge.</param>
/// <param name="Gated">The batch was quarantined whole, for its score was not above the gate.</param>
internal readonly record struct QualityVerdict(QualityResult? Result, bool Gated);

/// <summary>
/// Applies the ruleset: rows that fail a row rule are quarantined with the rules they failed; a batch whose score
/// (rules passed / rules) is not above the gate is quarantined whole.
/// </summary>
internal static class QualityGate
{
    /// <summary>Leaves out the rows that are quarantined.</summary>
    public static QualityVerdict Judge(BoundRuleset? rules, double? gate, EventBatch events, List<Rejection> rejections)
    {
        if (rules is null || events.Count == 0)
        {
            return default;
        }

        var nowUs = long.MinValue;
        foreach (var arrivalUs in events.ArrivalsUs)
        {
            nowUs = Math.Max(nowUs, arrivalUs);
        }

        var result = rules.Evaluate(events.Columns, nowUs, events.Buffers);
        var gated = result.Score <= gate;
        if (result.RowsPassed < events.Count || gated)
        {
            Drop(result, gated, gate, events, rejections);
        }

        return new QualityVerdict(result, gated);
    }

    private static void Drop(QualityResult result, bool gated, double? gate, EventBatch events, List<Rejection> rejections)
    {
        var failedRules = gated ? string.Join("; ", result.Rules.Where(rule => !rule.Passed).Select(rule => rule.Rule)) : "";
        var gateDetail = gated ? GateDetail(result, gate) : "";
        var dropped = events.Buffers.Rent<int>(gated ? events.Count : events.Count - result.RowsPassed);
        var count = 0;
        for (var row = gated ? 0 : result.NextFailed(0); row < events.Count; row = gated ? row + 1 : result.NextFailed(row + 1))
        {
            dropped[count++] = row;
            rejections.Add(result.RowFails(row)
                ? new Rejection(events.OriginOf(row), QuarantineReason.Quality, string.Join("; ", result.FailedRules(row)), "the row fails these rules of quality.ruleset")
                : new Rejection(events.OriginOf(row), QuarantineReason.Gate, failedRules, gateDetail));
        }

        events.Drop(dropped.AsSpan(0, count));
    }

    private static string GateDetail(QualityResult result, double? gate)
    {
        return string.Create(
            System.Globalization.CultureInfo.InvariantCulture,
            $"the batch's score {result.Score:0.####} ({result.RulesPassed} of {result.Rules.Length} rules passed) is not above quality.gate {gate}; the rules named failed");
    }
}
