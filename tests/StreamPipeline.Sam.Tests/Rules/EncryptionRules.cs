using System.Text.Json.Nodes;
using StreamPipeline.Sam.Tests.Tools;

namespace StreamPipeline.Sam.Tests.Rules;

/// <summary>Everything at rest is encrypted with the stack's key, and everything in flight with TLS.</summary>
internal static class EncryptionRules
{
    private const string Key = "GetAtt Key.Arn";

    /// <summary>Resources that hold data, and where each names its key.</summary>
    private static readonly Dictionary<string, Func<Resource, JsonNode?>> KeyOf = new()
    {
        ["AWS::Kinesis::Stream"] = stream => stream["StreamEncryption"]?["KeyId"],
        ["AWS::DynamoDB::Table"] = table => (bool?)table["SSESpecification"]?["SSEEnabled"] == true ? table["SSESpecification"]!["KMSMasterKeyId"] : null,
        ["AWS::S3::Bucket"] = bucket => DefaultEncryption(bucket)?["KMSMasterKeyID"],
        ["AWS::SQS::Queue"] = queue => queue["KmsMasterKeyId"],
        ["AWS::Logs::LogGroup"] = logs => logs["KmsKeyId"],
        ["AWS::Lambda::Function"] = function => function["KmsKeyArn"],
        ["AWS::KinesisFirehose::DeliveryStream"] = delivery =>
            delivery["ExtendedS3DestinationConfiguration"]?["EncryptionConfiguration"]?["KMSEncryptionConfig"]?["AWSKMSKeyARN"] is { } atRest
                && JsonNode.DeepEquals(atRest, delivery["DeliveryStreamEncryptionConfigurationInput"]?["KeyARN"]) ? atRest : null,
    };

    /// <summary>S3 delivers access logs to buckets with S3-managed encryption only.</summary>
    private const string WithoutKey = "LogBucket";

    public static IEnumerable<string> AtRest(Template template)
    {
        foreach (var resource in template.Resources)
        {
            if (KeyOf.TryGetValue(resource.Type, out var keyOf) && template.Value(keyOf(resource)) is var key && key != Key && resource.Name != WithoutKey)
            {
                yield return $"{resource}: encrypted with {key ?? "nothing of ours"}, not with the stack's key";
            }
        }

        if (template.Value(template["Key"]["EnableKeyRotation"]) != "true")
        {
            yield return "Key: it does not rotate";
        }

        foreach (var bucket in template.Of("AWS::S3::Bucket").Where(bucket => bucket.Name != WithoutKey))
        {
            if ((bool?)bucket["BucketEncryption"]?["ServerSideEncryptionConfiguration"]?[0]?["BucketKeyEnabled"] != true)
            {
                yield return $"{bucket}: without a bucket key, each object costs a KMS request";
            }
        }
    }

    public static IEnumerable<string> InFlight(Template template)
    {
        var policies = Statement.OfResources(template).ToList();
        foreach (var holder in template.Resources.Where(resource => resource.Type is "AWS::S3::Bucket" or "AWS::SQS::Queue"))
        {
            var wanted = holder.Type == "AWS::S3::Bucket" ? new[] { $"GetAtt {holder.Name}.Arn", $"Sub ${{{holder.Name}.Arn}}/*" } : [$"GetAtt {holder.Name}.Arn"];
            var denied = policies.Any(statement =>
                !statement.Allows
                && (string?)statement.Json["Principal"] == "*"
                && statement.Actions is ["s3:*"] or ["sqs:*"]
                && template.Value(statement.Json["Condition"]?["Bool"]?["aws:SecureTransport"]) == "false"
                && wanted.All(statement.Resources.Contains));
            if (!denied)
            {
                yield return $"{holder}: nothing denies requests without TLS";
            }
        }
    }

    private static JsonNode? DefaultEncryption(Resource bucket) =>
        Template.Many(bucket["BucketEncryption"]?["ServerSideEncryptionConfiguration"])
            .Select(rule => rule["ServerSideEncryptionByDefault"]).FirstOrDefault(rule => (string?)rule?["SSEAlgorithm"] == "aws:kms");
}
