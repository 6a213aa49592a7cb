using StreamPipeline.Sam.Tests.Tools;

namespace StreamPipeline.Sam.Tests.Rules;

/// <summary>A user finds every parameter explained, bounded, with a default, and in one place.</summary>
internal static class ParameterRules
{
    public static IEnumerable<string> Check(Template template)
    {
        var text = template.Json["Resources"]!.ToJsonString() + template.Json["Conditions"]!.ToJsonString();
        var shown = Template.Many(template.Json["Metadata"]!["AWS::CloudFormation::Interface"]!["ParameterGroups"])
            .SelectMany(group => Template.Many(group["Parameters"]).Select(name => (string)name!)).ToList();
        foreach (var (name, parameter) in template.Parameters)
        {
            if (!text.Contains($"{{\"Ref\":\"{name}\"}}", StringComparison.Ordinal) && !text.Contains($"${{{name}}}", StringComparison.Ordinal))
            {
                yield return $"{name}: nothing uses it";
            }

            if (((string?)parameter!["Description"])?.Length is not > 20)
            {
                yield return $"{name}: not described";
            }

            if (parameter["Default"] is null)
            {
                yield return $"{name}: no default";
            }

            if ((parameter["AllowedValues"] ?? parameter["AllowedPattern"] ?? parameter["MinValue"]) is null)
            {
                yield return $"{name}: takes anything";
            }

            if (shown.Count(shownName => shownName == name) != 1)
            {
                yield return $"{name}: in {shown.Count(shownName => shownName == name)} groups";
            }
        }

        foreach (var name in shown.Where(name => template.Parameters[name] is null))
        {
            yield return $"{name}: in a group, but no parameter";
        }

        foreach (var (name, output) in template.Json["Outputs"]!.AsObject().Where(output => ((string?)output.Value!["Description"])?.Length is not > 5))
        {
            yield return $"output {name}: not described";
        }
    }
}
