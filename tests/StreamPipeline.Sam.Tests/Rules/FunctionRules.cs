using StreamPipeline.Sam.Tests.Tools;

namespace StreamPipeline.Sam.Tests.Rules;

/// <summary>Every function runs the one binary, with a role, a log group and an end of its own.</summary>
internal static class FunctionRules
{
    /// <summary>The handlers of the binary.</summary>
    private static readonly string[] Handlers = ["consume", "fold", "roll", "vacuum"];

    /// <summary>What the binary reads (README, "Deploy").</summary>
    private static readonly string[] Variables =
        ["STREAMPIPELINE_BUCKET", "STREAMPIPELINE_PIPELINE", "STREAMPIPELINE_PREFIX", "STREAMPIPELINE_STREAM", "STREAMPIPELINE_TABLE"];

    public static IEnumerable<string> Check(Template template)
    {
        var functions = template.Of("AWS::Lambda::Function").ToList();
        var handlers = functions.Select(function => template.Value(function["Handler"])).Order(StringComparer.Ordinal);
        if (!handlers.SequenceEqual(Handlers))
        {
            yield return $"handlers are {string.Join(", ", handlers)} instead of {string.Join(", ", Handlers)}";
        }

        foreach (var shared in functions.GroupBy(function => template.Value(function["Role"])).Where(group => group.Count() > 1))
        {
            yield return $"{string.Join(" and ", shared)} share the role {shared.Key}";
        }

        foreach (var shared in functions.GroupBy(function => template.Value(function["LoggingConfig"]?["LogGroup"])).Where(group => group.Count() > 1))
        {
            yield return $"{string.Join(" and ", shared)} share the log group {shared.Key}";
        }

        foreach (var function in functions)
        {
            if (template.Value(function["Runtime"]) != "provided.al2023" || template.Value(function["Architectures"]?[0]) is not ("arm64" or "x86_64"))
            {
                yield return $"{function}: runs on {template.Value(function["Runtime"])}, {template.Value(function["Architectures"]?[0])}";
            }

            if (template.Value(function["TracingConfig"]?["Mode"]) != "Active")
            {
                yield return $"{function}: not traced";
            }

            if (!(template.Number(function["Timeout"]) is >= 1 and <= 900) || !(template.Number(function["MemorySize"]) is >= 128 and <= 10_240))
            {
                yield return $"{function}: Timeout or MemorySize is outside Lambda's limits";
            }

            var logs = template.Of("AWS::Logs::LogGroup").FirstOrDefault(logs => $"Ref {logs.Name}" == template.Value(function["LoggingConfig"]?["LogGroup"]));
            if (logs is null || double.IsNaN(template.Number(logs["RetentionInDays"])))
            {
                yield return $"{function}: its logs are kept for ever";
            }

            var environment = function["Environment"]?["Variables"]?.AsObject() ?? [];
            foreach (var variable in Variables.Where(variable => template.Value(environment[variable]) is null))
            {
                yield return $"{function}: {variable} is not set";
            }

            // The secret itself must not pass through a parameter or the template.
            if (environment["STREAMPIPELINE_MASK_KEY"] is not { } key
                || !key.ToJsonString().Contains("{{resolve:secretsmanager:${MaskKeySecretArn}:SecretString}}", StringComparison.Ordinal))
            {
                yield return $"{function}: STREAMPIPELINE_MASK_KEY does not come from Secrets Manager";
            }
        }

        if (template.Value(template["ConsumeFunction"]["Environment"]?["Variables"]?["STREAMPIPELINE_FIREHOSE"]) != "Ref BronzeDelivery")
        {
            yield return "ConsumeFunction: it does not know the delivery stream of bronze";
        }
    }

    public static IEnumerable<string> Schedules(Template template)
    {
        foreach (var function in template.Of("AWS::Lambda::Function").Where(function => function.Name != "ConsumeFunction"))
        {
            var schedule = template.Of("AWS::Scheduler::Schedule").SingleOrDefault(schedule => template.Value(schedule["Target"]?["Arn"]) == $"GetAtt {function.Name}.Arn");
            if (schedule is null)
            {
                yield return $"{function}: nothing runs it";
            }
            else if (template.Value(schedule["Target"]?["DeadLetterConfig"]?["Arn"]) != "GetAtt DeadLetters.Arn")
            {
                yield return $"{schedule}: a run that cannot be started leaves no trace";
            }

            var invocations = template.Of("AWS::Lambda::EventInvokeConfig").SingleOrDefault(config => template.Value(config["FunctionName"]) == $"Ref {function.Name}");
            if (template.Value(invocations?["DestinationConfig"]?["OnFailure"]?["Destination"]) != "GetAtt DeadLetters.Arn"
                || template.Value(invocations?["MaximumRetryAttempts"]) != "0")
            {
                yield return $"{function}: a run that failed leaves no trace, or is repeated beside the next";
            }
        }
    }
}
