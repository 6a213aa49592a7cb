using System.Text.Json.Nodes;
using StreamPipeline.Sam.Tests.Tools;

namespace StreamPipeline.Sam.Tests.Rules;

/// <summary>Alarms look at metrics that exist, by the dimensions they exist under.</summary>
internal static class AlarmRules
{
    /// <summary>Namespace and metric → dimensions, from the services' lists of metrics, and our own from the telemetry of the functions.</summary>
    private static readonly Dictionary<(string Namespace, string Metric), string> Metrics = new()
    {
        [("AWS/Lambda", "IteratorAge")] = "FunctionName",
        [("AWS/Lambda", "Errors")] = "FunctionName",
        [("AWS/Lambda", "Throttles")] = "FunctionName",
        [("AWS/Lambda", "OnFailureDestinationDeliveredEventCount")] = "EventSourceMappingUUID",
        [("AWS/Lambda", "DroppedEventCount")] = "EventSourceMappingUUID",
        [("AWS/Kinesis", "WriteProvisionedThroughputExceeded")] = "StreamName",
        [("AWS/DynamoDB", "WriteThrottleEvents")] = "TableName",
        [("AWS/SQS", "ApproximateNumberOfMessagesVisible")] = "QueueName",
        [("AWS/Firehose", "DeliveryToS3.DataFreshness")] = "DeliveryStreamName",
        [("StreamPipeline", "Events")] = "Stream",
        [("StreamPipeline", "Quarantined")] = "Stream",
        [("StreamPipeline", "Score")] = "Stream",
        [("StreamPipeline", "UncommittedBatches")] = "Stream",
    };

    /// <summary>The metrics of a namespace that alarms may watch.</summary>
    public static IEnumerable<string> Own(string metricNamespace) => Metrics.Keys.Where(key => key.Namespace == metricNamespace).Select(key => key.Metric);

    /// <summary>What a person must be told of.</summary>
    private static readonly (string Metric, string Of)[] Watched =
    [
        ("IteratorAge", "Ref ConsumeFunction"), ("Errors", "Ref ConsumeFunction"), ("Errors", "Ref FoldFunction"), ("Errors", "Ref RollFunction"), ("Errors", "Ref VacuumFunction"),
        ("Throttles", "Ref ConsumeFunction"), ("WriteProvisionedThroughputExceeded", "Ref Stream"), ("WriteThrottleEvents", "Ref StateTable"),
        ("Score", "flights"), ("UncommittedBatches", "flights"), ("Quarantined", "flights"), ("OnFailureDestinationDeliveredEventCount", "Ref ConsumeFunctionRecords"),
        ("ApproximateNumberOfMessagesVisible", "GetAtt DeadLetters.QueueName"), ("DeliveryToS3.DataFreshness", "Ref BronzeDelivery"),
    ];

    public static IEnumerable<string> Check(Template template)
    {
        var seen = new List<(string Metric, string Of)>();
        foreach (var alarm in template.Of("AWS::CloudWatch::Alarm"))
        {
            var metrics = alarm["Metrics"] is null
                ? [alarm.Properties]
                : Template.Many(alarm["Metrics"]).Select(metric => metric["MetricStat"]?["Metric"]).OfType<JsonNode>();
            foreach (var metric in metrics)
            {
                var name = (Namespace: (string?)metric["Namespace"] ?? "", Metric: (string?)metric["MetricName"] ?? "");
                var dimensions = Template.Many(metric["Dimensions"]);
                if (!Metrics.TryGetValue(name, out var dimension))
                {
                    yield return $"{alarm}: there is no metric {name.Namespace} {name.Metric}";
                }
                else if (dimensions is not [var only] || (string?)only["Name"] != dimension)
                {
                    yield return $"{alarm}: {name.Metric} has the dimension {dimension}, and no other";
                }
                else
                {
                    seen.Add((name.Metric, template.Value(only["Value"])!));
                }
            }

            if (!alarm["AlarmActions"]?.ToJsonString().Contains("AlarmTopicArn", StringComparison.Ordinal) ?? true)
            {
                yield return $"{alarm}: it tells nobody";
            }

            if (string.IsNullOrWhiteSpace((string?)alarm["AlarmDescription"]))
            {
                yield return $"{alarm}: it does not say what to do";
            }
        }

        foreach (var (metric, of) in Watched.Except(seen))
        {
            yield return $"nothing watches {metric} of {of}";
        }
    }
}
