using System.Text;
using StreamPipeline.Core;
using StreamPipeline.Core.Configuration;

namespace StreamPipeline.Simulation.Tests.Running;

/// <summary>The smallest pipeline with every stage that keeps state: a rule, dedupe with a short horizon, a tumbling and a hopping metric.</summary>
internal static class TinyPipeline
{
    public const string Stream = "s";

    /// <summary>Minutes, as the oracle knows them too.</summary>
    public const long LatenessUs = 2 * MinuteUs, MaxFutureUs = 60 * MinuteUs, HorizonUs = 16 * MinuteUs, MinuteUs = 60_000_000;

    private const string Yaml = """
        name: tiny
        stream: s
        contract: tiny.schema.json
        eventTime: { field: at, allowedLateness: 2m, maxFuture: 1h }
        dedup: { key: [id], horizon: 16m }
        quality: { ruleset: tiny.dqdl }
        metrics:
          - name: by_group
            window: { tumbling: 5m }
            groupBy: [group]
            measures: { events: count(), total: sum(amount), top: max(amount) }
          - name: overall
            window: { hopping: 10m, every: 5m }
            measures: { events: count(), total: sum(amount) }
        """;

    private const string Contract = """
        { "type": "object", "required": ["id", "at", "group", "amount"], "properties": {
            "id": { "type": "string" }, "at": { "type": "string", "format": "date-time" },
            "group": { "type": "string" }, "amount": { "type": "integer" } } }
        """;

    private const string Rules = """Rules = [ ColumnValues "amount" >= 0 ]""", WiderRules = """Rules = [ ColumnValues "amount" >= -1 ]""";

    /// <summary>Compiled once: a pipeline is immutable and serves many shards.</summary>
    /// <param name="wider">With a rule that takes what the other calls bad rows: an event redriven through it passes.</param>
    public static Pipeline Compile(bool wider = false)
    {
        var problems = new ProblemList();
        var settings = PipelineFile.Parse(Encoding.UTF8.GetBytes(Yaml), "tiny.yaml", problems);
        var pipeline = settings is null ? null : Pipeline.Compile(settings, new Files(wider ? WiderRules : Rules), _ => null, problems);
        return pipeline ?? throw new InvalidOperationException(string.Join('\n', problems.Items));
    }

    private sealed class Files(string rules) : IConfigurationFiles
    {
        public byte[]? Read(string relativePath, out string error)
        {
            error = "";
            return Encoding.UTF8.GetBytes(relativePath.EndsWith(".dqdl", StringComparison.Ordinal) ? rules : Contract);
        }
    }
}
