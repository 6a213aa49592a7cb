using StreamPipeline.Sam.Tests.Tools;

namespace StreamPipeline.Sam.Tests.Rules;

/// <summary>Buckets are private, versioned and logged, and what is referenced never expires.</summary>
internal static class BucketRules
{
    private static readonly string[] Blocks = ["BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets"];

    public static IEnumerable<string> Private(Template template)
    {
        foreach (var bucket in template.Of("AWS::S3::Bucket"))
        {
            foreach (var block in Blocks.Where(block => template.Value(bucket["PublicAccessBlockConfiguration"]?[block]) != "true"))
            {
                yield return $"{bucket}: {block} is not true";
            }

            if (template.Value(bucket["OwnershipControls"]?["Rules"]?[0]?["ObjectOwnership"]) != "BucketOwnerEnforced")
            {
                yield return $"{bucket}: access lists are not switched off";
            }

            if (template.Value(bucket["VersioningConfiguration"]?["Status"]) != "Enabled")
            {
                yield return $"{bucket}: not versioned";
            }

            if (bucket.Name != "LogBucket" && template.Value(bucket["LoggingConfiguration"]?["DestinationBucketName"]) != "Ref LogBucket")
            {
                yield return $"{bucket}: accesses are not logged";
            }
        }
    }

    public static IEnumerable<string> Lifecycle(Template template)
    {
        foreach (var bucket in template.Of("AWS::S3::Bucket"))
        {
            var rules = Template.Many(bucket["LifecycleConfiguration"]?["Rules"]).Where(rule => (string?)rule["Status"] == "Enabled").ToList();
            if (!rules.Any(rule => rule["AbortIncompleteMultipartUpload"] is not null && rule["Prefix"] is null))
            {
                yield return $"{bucket}: unfinished uploads stay for ever";
            }

            if (!rules.Any(rule => rule["NoncurrentVersionExpiration"] is not null && rule["Prefix"] is null))
            {
                yield return $"{bucket}: deleted objects stay for ever";
            }

            // Nothing that was accepted is deleted because it is old: not a staged file that waits for the fold, not bronze, not a failed batch.
            foreach (var rule in rules.Where(rule => bucket.Name != "LogBucket" && (rule["ExpirationInDays"] ?? rule["ExpirationDate"] ?? rule["Expiration"]) is not null))
            {
                yield return $"{bucket}: rule {rule["Id"]} expires current objects";
            }
        }
    }
}
