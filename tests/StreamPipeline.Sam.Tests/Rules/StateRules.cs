using StreamPipeline.Sam.Tests.Tools;

namespace StreamPipeline.Sam.Tests.Rules;

/// <summary>The state table is what the code expects, and survives mistakes.</summary>
internal static class StateRules
{
    public static IEnumerable<string> Check(Template template)
    {
        var tables = template.Of("AWS::DynamoDB::Table").ToList();
        if (tables.Count != 1)
        {
            yield return $"there are {tables.Count} tables; the state is one";
        }

        foreach (var table in tables)
        {
            var expiry = table["TimeToLiveSpecification"];
            if (template.Value(expiry?["AttributeName"]) != "expires" || template.Value(expiry?["Enabled"]) != "true")
            {
                yield return $"{table}: items do not expire by 'expires'";
            }

            if (template.Value(table["PointInTimeRecoverySpecification"]?["PointInTimeRecoveryEnabled"]) != "true")
            {
                yield return $"{table}: no point-in-time recovery";
            }

            if (template.Value(table["DeletionProtectionEnabled"]) != "true")
            {
                yield return $"{table}: no deletion protection by default";
            }

            if (template.Value(table["BillingMode"]) != "PAY_PER_REQUEST")
            {
                yield return $"{table}: not billed per request";
            }

            var keys = Template.Many(table["KeySchema"]).Select(key => $"{key["AttributeName"]} {key["KeyType"]}");
            if (string.Join(", ", keys) != "pk HASH, sk RANGE")
            {
                yield return $"{table}: its key is {string.Join(", ", keys)}";
            }
        }

        foreach (var kept in template.Resources.Where(resource => resource.Type
            is "AWS::DynamoDB::Table" or "AWS::S3::Bucket" or "AWS::Kinesis::Stream" or "AWS::KMS::Key"))
        {
            if ((string?)kept.Json["DeletionPolicy"] != "Retain" || (string?)kept.Json["UpdateReplacePolicy"] != "Retain")
            {
                yield return $"{kept}: would be deleted with the stack or by an update";
            }
        }
    }
}
