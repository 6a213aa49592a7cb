using System.Text;
using StreamPipeline.Core;
using StreamPipeline.Core.Configuration;
using StreamPipeline.Core.Decoding;

namespace StreamPipeline.Tests;

/// <param name="Sequence">Within its shard.</param>
/// <param name="Id">The dedup key.</param>
/// <param name="Key">The group.</param>
/// <param name="TimeUs">Event time.</param>
internal readonly record struct Event(long Sequence, string Id, string Key, long TimeUs);

/// <summary>A pipeline small enough to reason about: windows of 10 s, no allowed lateness, dedup by id for an hour, idle after a minute.</summary>
internal static class SmallPipeline
{
    public const long SecondUs = 1_000_000;
    public const long WindowUs = 10 * SecondUs;

    /// <summary>2023-11-14, at the start of a window.</summary>
    public const long StartUs = 1_700_000_000 * SecondUs;

    public static Pipeline Compile(string yaml)
    {
        var problems = new ProblemList();
        var settings = PipelineFile.Parse(Encoding.UTF8.GetBytes(yaml), "pipeline.yaml", problems);
        Assert.Empty(problems.Items.Select(problem => problem.ToString()));
        var pipeline = Pipeline.Compile(settings!, new Files(), _ => null, problems);
        Assert.Empty(problems.Items.Select(problem => problem.ToString()));
        return pipeline!;
    }

    public static string Yaml(string every = "", string idle = "1m") => $$"""
        name: p
        stream: s
        contract: c.json
        eventTime: { field: t, unit: us, maxFuture: 366d, idleTimeout: {{idle}} }
        dedup: { key: [id], horizon: 1h }
        metrics:
          - name: m
            window: { {{(every.Length == 0 ? "tumbling: 10s" : $"hopping: 10s, every: {every}")}} }
            groupBy: [k]
            measures: { rows: count(), last: max(t) }
        """;

    public static MicroBatch Batch(string shard, long arrivalUs, params IEnumerable<Event> events) => new(shard,
        [.. events.Select(e => new StreamRecord(
            SequenceNumber.From((UInt128)(ulong)e.Sequence),
            Encoding.UTF8.GetBytes($$"""{"id":"{{e.Id}}","k":"{{e.Key}}","t":{{e.TimeUs}}}"""),
            arrivalUs))]);

    private sealed class Files : IConfigurationFiles
    {
        public byte[]? Read(string relativePath, out string error)
        {
            error = "";
            return """
                {"type":"object","required":["id","k","t"],"properties":{"id":{"type":"string"},"k":{"type":"string"},"t":{"type":"integer"}}}
                """u8.ToArray();
        }
    }
}
