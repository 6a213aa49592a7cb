using System.Text.Json.Nodes;

namespace StreamPipeline.Sam.Tests.Tools;

/// <summary>One statement of a policy.</summary>
/// <param name="Owner">The resource that the policy belongs to.</param>
/// <param name="Json">As written.</param>
/// <param name="Resources">As <see cref="Template.Value"/> shows them.</param>
internal sealed record Statement(Resource Owner, JsonObject Json, IReadOnlyList<string> Resources)
{
    public bool Allows => (string)Json["Effect"]! == "Allow";

    public IReadOnlyList<string> Actions { get; } = [.. Template.Many(Json["Action"]).Select(action => (string)action!)];

    public string? Sid => (string?)Json["Sid"];

    public override string ToString() => $"{Owner}: statement {Sid ?? Json.ToJsonString()}";

    /// <summary>What the roles of the template may do.</summary>
    public static IEnumerable<Statement> OfIdentities(Template template) =>
        template.Of("AWS::IAM::Role").SelectMany(role => OfRole(template, role)).Concat(
            template.Of("AWS::IAM::Policy").SelectMany(policy => Of(template, policy, policy["PolicyDocument"])));

    public static IEnumerable<Statement> OfRole(Template template, Resource role) =>
        Template.Many(role["Policies"]).SelectMany(policy => Of(template, role, policy["PolicyDocument"]));

    /// <summary>The policies of buckets, queues and keys.</summary>
    public static IEnumerable<Statement> OfResources(Template template) =>
        template.Resources.Where(resource => resource.Type is "AWS::S3::BucketPolicy" or "AWS::SQS::QueuePolicy" or "AWS::KMS::Key")
            .SelectMany(resource => Of(template, resource, resource["PolicyDocument"] ?? resource["KeyPolicy"]));

    private static IEnumerable<Statement> Of(Template template, Resource owner, JsonNode? document) =>
        Template.Many(document?["Statement"]).Select(statement =>
            new Statement(owner, statement.AsObject(), [.. Template.Many(statement["Resource"]).Select(resource => template.Value(resource)!)]));
}
