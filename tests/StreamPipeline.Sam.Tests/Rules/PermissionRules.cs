using System.Text.RegularExpressions;
using StreamPipeline.Sam.Tests.Tools;

namespace StreamPipeline.Sam.Tests.Rules;

/// <summary>Nobody may do more than needed.</summary>
internal static partial class PermissionRules
{
    /// <summary>
    /// Actions for which AWS has no resource-level permission (Service Authorization Reference, AWS X-Ray). Anything else needs a resource.
    /// </summary>
    private static readonly string[] WithoutResource = ["xray:PutTelemetryRecords", "xray:PutTraceSegments"];

    public static IEnumerable<string> Stars(Template template)
    {
        foreach (var statement in Statement.OfIdentities(template).Concat(Statement.OfResources(template)).Where(statement => statement.Allows))
        {
            if (statement.Json["NotAction"] is not null || statement.Json["NotResource"] is not null || statement.Json["NotPrincipal"] is not null)
            {
                yield return $"{statement}: allows everything but something";
            }

            foreach (var action in statement.Actions.Where(action => action.Contains('*', StringComparison.Ordinal)))
            {
                yield return $"{statement}: allows the action {action}";
            }

            // In the policy of a key, "*" is that key: a policy cannot name any other.
            foreach (var resource in statement.Resources.Where(_ => statement.Owner.Type != "AWS::KMS::Key"))
            {
                if (resource == "*" && statement.Actions.Except(WithoutResource).Any())
                {
                    yield return $"{statement}: allows {string.Join(", ", statement.Actions.Except(WithoutResource))} on everything";
                }
                else if (resource != "*" && resource.Contains('*', StringComparison.Ordinal) && !ObjectsBelowAPrefix().IsMatch(resource))
                {
                    yield return $"{statement}: the resource {resource} is not a prefix of one bucket";
                }
            }
        }

        foreach (var policy in template.Of("AWS::IAM::Role").Where(role => role["ManagedPolicyArns"] is not null))
        {
            yield return $"{policy}: a managed policy allows what the template does not show";
        }
    }

    public static IEnumerable<string> Roles(Template template)
    {
        foreach (var role in template.Of("AWS::IAM::Role"))
        {
            var trusted = Template.Many(role["AssumeRolePolicyDocument"]?["Statement"])
                .SelectMany(statement => Template.Many(statement["Principal"]?["Service"]).Select(template.Value)
                    .Concat(statement["Principal"]?["AWS"] is null ? [] : ["another account or user"])).ToList();
            if (trusted is not ["lambda.amazonaws.com" or "firehose.amazonaws.com" or "scheduler.amazonaws.com"])
            {
                yield return $"{role}: can be taken by {string.Join(", ", trusted)}";
            }

            foreach (var statement in Statement.OfRole(template, role).Where(statement => statement.Allows))
            {
                foreach (var action in statement.Actions.Where(action => Forbidden(action, role)))
                {
                    yield return $"{statement}: {action} is nothing for this role";
                }
            }
        }
    }

    /// <summary>The least a mistake of one function must not be able to do.</summary>
    private static bool Forbidden(string action, Resource role) => action.Split(':')[0] switch
    {
        // Resolved at deployment: no function reads secrets.
        "secretsmanager" or "iam" or "sts" => true,
        "firehose" => role.Name != "ConsumeRole",
        "kinesis" => role.Name != "ConsumeRole" || action.Contains(":Put", StringComparison.Ordinal),
        "dynamodb" => action is not ("dynamodb:BatchWriteItem" or "dynamodb:GetItem" or "dynamodb:PutItem" or "dynamodb:Query")
            || (role.Name == "FoldRole" && action is not ("dynamodb:GetItem" or "dynamodb:Query")),
        // What the consumer wrote by mistake must not take the lake's history with it; old versions of objects are nobody's to delete.
        "s3" => action is "s3:DeleteObjectVersion" || action.StartsWith("s3:PutBucket", StringComparison.Ordinal) || (role.Name == "ConsumeRole" && action == "s3:DeleteObject"),
        "kms" => action is not ("kms:Decrypt" or "kms:GenerateDataKey"),
        _ => false,
    };

    [GeneratedRegex(@"^Sub \$\{[A-Za-z]+Bucket\.Arn\}/[^*]+/\*$")]
    private static partial Regex ObjectsBelowAPrefix();
}
