using System.Text.Json.Nodes;
using StreamPipeline.Sam.Tests.Tools;

namespace StreamPipeline.Sam.Tests.Rules;

/// <summary>The event source mapping keeps order, gives up in bounded time, and loses nothing when it does.</summary>
internal static class MappingRules
{
    public static IEnumerable<string> Check(Template template)
    {
        var mappings = template.Of("AWS::Lambda::EventSourceMapping").ToList();
        if (mappings.Count != 1)
        {
            yield return $"there are {mappings.Count} mappings; a stream has one consumer";
        }

        foreach (var mapping in mappings)
        {
            var expected = new (string Property, string Value)[]
            {
                ("EventSourceArn", "GetAtt Stream.Arn"),
                ("FunctionName", "Ref ConsumeFunction"),
                ("StartingPosition", "TRIM_HORIZON"),
                ("ParallelizationFactor", "1"),
                ("BisectBatchOnFunctionError", "true"),
            };
            foreach (var (property, value) in expected.Where(pair => template.Value(mapping[pair.Property]) != pair.Value))
            {
                yield return $"{mapping}: {property} is {template.Value(mapping[property]) ?? "not set"} instead of {value}";
            }

            if (!Template.Many(mapping["FunctionResponseTypes"]).Any(type => (string?)type == "ReportBatchItemFailures"))
            {
                yield return $"{mapping}: it would retry what is committed, without ReportBatchItemFailures";
            }

            if (template.Value(mapping["DestinationConfig"]?["OnFailure"]?["Destination"]) != "GetAtt FailureBucket.Arn")
            {
                yield return $"{mapping}: records that are given up do not go to the failures bucket";
            }

            if (!Template.Many(mapping["MetricsConfig"]?["Metrics"]).Any(metric => (string?)metric == "EventCount"))
            {
                yield return $"{mapping}: without EventCount nobody sees that records are given up";
            }

            var told = template["ConsumeFunction"]["Environment"]?["Variables"]?["STREAMPIPELINE_PARALLELIZATION_FACTOR"];
            if (!JsonNode.DeepEquals(told, mapping["ParallelizationFactor"]))
            {
                yield return $"ConsumeFunction: it is told a ParallelizationFactor of {template.Value(told) ?? "nothing"} from elsewhere than the mapping's";
            }

            foreach (var problem in Bounded(template, mapping))
            {
                yield return problem;
            }
        }
    }

    /// <summary>The service's own limits (API reference of CreateEventSourceMapping), and −1, which is "for ever", not among them.</summary>
    private static IEnumerable<string> Bounded(Template template, Resource mapping)
    {
        foreach (var (property, least, most) in new[]
        {
            ("BatchSize", 1, 10_000), ("MaximumBatchingWindowInSeconds", 0, 300), ("MaximumRetryAttempts", 0, 10_000), ("MaximumRecordAgeInSeconds", 60, 604_800),
        })
        {
            var value = template.Number(mapping[property]);
            if (!(value >= least && value <= most))
            {
                yield return $"{mapping}: {property} is {value} by default, outside {least} to {most}";
            }

            if (template.Parameters[(string?)mapping[property]?["Ref"] ?? ""] is not { } parameter
                || template.Number(parameter["MinValue"]) < least || template.Number(parameter["MaxValue"]) > most)
            {
                yield return $"{mapping}: {property} is not a parameter bounded by {least} and {most}";
            }
        }

        var ageHours = template.Number(mapping["MaximumRecordAgeInSeconds"]) / 3600;
        if (!(template.Number(template["Stream"]["RetentionPeriodHours"]) >= 2 * ageHours))
        {
            yield return $"Stream: it keeps records for less than twice the {ageHours} h after which a batch is given up";
        }
    }
}
