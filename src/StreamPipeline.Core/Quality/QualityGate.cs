using StreamPipeline.Core.Decoding;

namespace StreamPipeline.Core.Quality;

/// <summary>What the rules said of a batch.</summary>
/// <param name="Kept">The rows that go on, ascending; null when all do.</param>
/// <param name="Result">Null without a ruleset or without rows to judge.</param>
/// <param name="Gated">The batch was quarantined whole, for its score was not above the gate.</param>
internal readonly record struct QualityVerdict(int[]? Kept, QualityResult? Result, bool Gated);

/// <summary>
/// Applies the ruleset: rows that fail a row rule are quarantined with the rules they failed; a batch whose score
/// (rules passed / rules) is not above the gate is quarantined whole.
/// </summary>
internal static class QualityGate
{
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

        var result = rules.Evaluate(events.Columns, nowUs);
        var gated = result.Score <= gate;
        var failedRules = gated ? string.Join("; ", result.Rules.Where(rule => !rule.Passed).Select(rule => rule.Rule)) : "";
        var gateDetail = gated ? GateDetail(result, gate) : "";
        var kept = new List<int>(events.Count);
        for (var row = 0; row < events.Count; row++)
        {
            if (result.RowFails(row))
            {
                rejections.Add(new Rejection(events.Origins[row], QuarantineReason.Quality, string.Join("; ", result.FailedRules(row)), "the row fails these rules of quality.ruleset"));
            }
            else if (gated)
            {
                rejections.Add(new Rejection(events.Origins[row], QuarantineReason.Gate, failedRules, gateDetail));
            }
            else
            {
                kept.Add(row);
            }
        }

        return new QualityVerdict(kept.Count == events.Count ? null : [.. kept], result, gated);
    }

    private static string GateDetail(QualityResult result, double? gate)
    {
        return string.Create(
            System.Globalization.CultureInfo.InvariantCulture,
            $"the batch's score {result.Score:0.####} ({result.RulesPassed} of {result.Rules.Length} rules passed) is not above quality.gate {gate}; the rules named failed");
    }
}
