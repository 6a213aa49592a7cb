using StreamPipeline.Sam.Tests.Tools;

namespace StreamPipeline.Sam.Tests.Rules;

/// <summary>What the linters do not ask of the template. Each returns its objections.</summary>
internal static class TemplateRule
{
    public static readonly IReadOnlyDictionary<string, Func<Template, IEnumerable<string>>> All = new Dictionary<string, Func<Template, IEnumerable<string>>>
    {
        ["the state table expires items, recovers, and is not deleted"] = StateRules.Check,
        ["everything at rest is encrypted with the stack's key"] = EncryptionRules.AtRest,
        ["everything in flight is encrypted"] = EncryptionRules.InFlight,
        ["buckets are private, versioned and logged"] = BucketRules.Private,
        ["nothing that is referenced expires, and leftovers do"] = BucketRules.Lifecycle,
        ["the mapping keeps order and gives up in bounded time, losing nothing"] = MappingRules.Check,
        ["each function has a role and a log group of its own"] = FunctionRules.Check,
        ["what is scheduled leaves a trace when it fails"] = FunctionRules.Schedules,
        ["no action and no resource is a star"] = PermissionRules.Stars,
        ["roles are for one service and do only their own"] = PermissionRules.Roles,
        ["parameters are used, explained and bounded"] = ParameterRules.Check,
        ["alarms watch metrics that exist"] = AlarmRules.Check,
    };
}
