using System.Text.Json.Nodes;
using StreamPipeline.Sam.Tests.Rules;
using StreamPipeline.Sam.Tests.Tools;

namespace StreamPipeline.Sam.Tests;

public sealed class TemplateTests(TransformedTemplate transformed)
{
    public static TheoryData<string> Rules => [.. TemplateRule.All.Keys];

    [Theory]
    [MemberData(nameof(Rules))]
    public async Task The_template_keeps_the_rule(string rule) => Assert.Empty(TemplateRule.All[rule](await transformed.Load()));

    /// <summary>Mistakes someone could make: where, what instead (null: removed), and what must then be said.</summary>
    public static TheoryData<string, string?, string> Mistakes => new()
    {
        { "StateTable/Properties/TimeToLiveSpecification", null, "items do not expire" },
        { "StateTable/Properties/TimeToLiveSpecification/AttributeName", "\"ttl\"", "items do not expire" },
        { "StateTable/Properties/PointInTimeRecoverySpecification", null, "no point-in-time recovery" },
        { "StateTable/Properties/DeletionProtectionEnabled", null, "no deletion protection" },
        { "StateTable/Properties/SSESpecification/SSEEnabled", "false", "StateTable (AWS::DynamoDB::Table): encrypted with nothing of ours" },
        { "StateTable/DeletionPolicy", null, "would be deleted with the stack" },
        { "Stream/Properties/StreamEncryption/KeyId", "\"alias/aws/kinesis\"", "encrypted with alias/aws/kinesis" },
        { "RollLogs/Properties/KmsKeyId", null, "RollLogs (AWS::Logs::LogGroup): encrypted with nothing of ours" },
        { "BronzeDelivery/Properties/DeliveryStreamEncryptionConfigurationInput", null, "BronzeDelivery (AWS::KinesisFirehose::DeliveryStream): encrypted with nothing" },
        { "FoldFunction/Properties/KmsKeyArn", null, "FoldFunction (AWS::Lambda::Function): encrypted with nothing" },
        { "DeadLetters/Properties/KmsMasterKeyId", null, "DeadLetters (AWS::SQS::Queue): encrypted with nothing" },
        { "LakeBucket/Properties/BucketEncryption", null, "LakeBucket (AWS::S3::Bucket): encrypted with nothing" },
        { "LakeBucket/Properties/BucketEncryption/ServerSideEncryptionConfiguration/0/BucketKeyEnabled", "false", "without a bucket key" },
        { "Key/Properties/EnableKeyRotation", "false", "does not rotate" },
        { "FailureBucketPolicy/Properties/PolicyDocument/Statement/0", null, "FailureBucket (AWS::S3::Bucket): nothing denies requests without TLS" },
        { "LakeBucketPolicy/Properties/PolicyDocument/Statement/0/Resource/1", null, "LakeBucket (AWS::S3::Bucket): nothing denies requests without TLS" },
        { "DeadLettersPolicy/Properties/PolicyDocument/Statement/0/Condition", null, "DeadLetters (AWS::SQS::Queue): nothing denies requests without TLS" },
        { "LogBucket/Properties/PublicAccessBlockConfiguration/IgnorePublicAcls", "false", "IgnorePublicAcls is not true" },
        { "LakeBucket/Properties/VersioningConfiguration", null, "not versioned" },
        { "FailureBucket/Properties/LoggingConfiguration", null, "accesses are not logged" },
        { "LakeBucket/Properties/LifecycleConfiguration/Rules/0", null, "unfinished uploads stay for ever" },
        { "LakeBucket/Properties/LifecycleConfiguration/Rules/1/ExpirationInDays", "30", "rule folded-and-vacuumed expires current objects" },
        { "ConsumeFunctionRecords/Properties/ParallelizationFactor", "10", "ParallelizationFactor is 10 instead of 1" },
        { "ConsumeFunction/Properties/Environment/Variables/STREAMPIPELINE_PARALLELIZATION_FACTOR", "1", "from elsewhere than the mapping's" },
        { "ConsumeFunctionRecords/Properties/FunctionResponseTypes", null, "it would retry what is committed" },
        { "ConsumeFunctionRecords/Properties/DestinationConfig", null, "do not go to the failures bucket" },
        { "ConsumeFunctionRecords/Properties/MaximumRetryAttempts", "-1", "MaximumRetryAttempts is -1 by default" },
        { "ConsumeFunctionRecords/Properties/MaximumRecordAgeInSeconds", null, "MaximumRecordAgeInSeconds is NaN" },
        { "ConsumeFunctionRecords/Properties/BisectBatchOnFunctionError", "false", "BisectBatchOnFunctionError is false" },
        { "Stream/Properties/RetentionPeriodHours", "24", "less than twice" },
        { "FoldFunction/Properties/Role", """{"Fn::GetAtt":["RollRole","Arn"]}""", "share the role" },
        { "RollFunction/Properties/LoggingConfig", null, "RollFunction (AWS::Lambda::Function): its logs are kept for ever" },
        { "VacuumLogs/Properties/RetentionInDays", null, "VacuumFunction (AWS::Lambda::Function): its logs are kept for ever" },
        { "VacuumFunction/Properties/Handler", "\"vacum\"", "handlers are consume, fold, roll, vacum" },
        { "FoldFunction/Properties/TracingConfig", null, "not traced" },
        { "FoldFunction/Properties/Environment/Variables/STREAMPIPELINE_TABLE", null, "STREAMPIPELINE_TABLE is not set" },
        { "FoldFunction/Properties/Environment/Variables/STREAMPIPELINE_MASK_KEY", "\"secret\"", "does not come from Secrets Manager" },
        { "FoldFunctionSchedule", null, "FoldFunction (AWS::Lambda::Function): nothing runs it" },
        { "RollFunctionSchedule/Properties/Target/DeadLetterConfig", null, "leaves no trace" },
        { "VacuumFunctionEventInvokeConfig/Properties/MaximumRetryAttempts", "2", "is repeated beside the next" },
        { "ConsumeRole/Properties/Policies/0/PolicyDocument/Statement/1/Action", "\"dynamodb:*\"", "allows the action dynamodb:*" },
        { "ConsumeRole/Properties/Policies/0/PolicyDocument/Statement/1/Resource", "\"*\"", "on everything" },
        { "FoldRole/Properties/Policies/0/PolicyDocument/Statement/2/Resource/0", """{"Fn::Sub":"${LakeBucket.Arn}/*"}""", "is not a prefix of one bucket" },
        { "BronzeDeliveryPolicy/Properties/PolicyDocument/Statement/0/Resource", "\"*\"", "allows s3:GetBucketLocation, s3:ListBucket" },
        { "Key/Properties/KeyPolicy/Statement/1/Action", "\"kms:*\"", "allows the action kms:*" },
        { "FoldRole/Properties/ManagedPolicyArns", """["arn:aws:iam::aws:policy/AmazonS3FullAccess"]""", "a managed policy" },
        { "RollRole/Properties/AssumeRolePolicyDocument/Statement/0/Principal/AWS", "\"arn:aws:iam::111122223333:root\"", "can be taken by" },
        { "VacuumRole/Properties/Policies/0/PolicyDocument/Statement/3/Action", "\"s3:DeleteObjectVersion\"", "is nothing for this role" },
        { "ConsumeRole/Properties/Policies/0/PolicyDocument/Statement/3/Action", "\"s3:DeleteObject\"", "s3:DeleteObject is nothing for this role" },
        { "AlarmTopicArn", null, "AlarmTopicArn: in a group, but no parameter" },
        { "BatchSize/Description", null, "BatchSize: not described" },
        { "BatchSize/Default", null, "BatchSize: no default" },
        { "ScoreAlarm/Properties/MetricName", "\"Scores\"", "there is no metric StreamPipeline Scores" },
        { "LagAlarm", null, "nothing watches IteratorAge of Ref ConsumeFunction" },
        { "ConsumeErrorsAlarm/Properties/Dimensions/0/Name", "\"Function\"", "Errors has the dimension FunctionName" },
        { "TableThrottlesAlarm/Properties/AlarmActions", null, "it tells nobody" },
    };

    [Theory]
    [MemberData(nameof(Mistakes))]
    public async Task A_mistake_is_found(string where, string? instead, string said)
    {
        var template = await transformed.Load();
        Change(template, where, instead);

        Assert.Contains(TemplateRule.All.Values.SelectMany(rule => rule(template)), problem => problem.Contains(said, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_parameter_that_nothing_uses_is_found()
    {
        var template = await transformed.Load();
        template.Parameters["Spare"] = new JsonObject { ["Type"] = "String" };

        Assert.Equal(
            ["Spare: nothing uses it", "Spare: not described", "Spare: no default", "Spare: takes anything", "Spare: in 0 groups"],
            TemplateRule.All.Values.SelectMany(rule => rule(template)));
    }

    /// <summary>Sets or removes what a path below Resources or Parameters names. What is not there fails the test, unless its parent is.</summary>
    private static void Change(Template template, string where, string? instead)
    {
        var path = where.Split('/');
        JsonNode parent = template.Parameters.ContainsKey(path[0]) ? template.Parameters : template.Json["Resources"]!;
        foreach (var step in path[..^1])
        {
            parent = (parent is JsonArray list ? list[int.Parse(step, null)] : parent[step]) ?? throw new ArgumentException($"{where}: there is no {step}");
        }

        var removed = instead is null;
        switch (parent)
        {
            case JsonArray list when removed:
                list.RemoveAt(int.Parse(path[^1], null));
                break;
            case JsonArray list:
                list[int.Parse(path[^1], null)] = JsonNode.Parse(instead!);
                break;
            case JsonObject members when removed:
                Assert.True(members.Remove(path[^1]), $"{where}: there is no {path[^1]} to remove");
                break;
            default:
                parent[path[^1]] = JsonNode.Parse(instead!);
                break;
        }
    }
}
