using StreamPipeline.Cli.Query;
using StreamPipeline.Core;
using StreamPipeline.Core.Commit;
using StreamPipeline.Embedded;
using StreamPipeline.Embedded.Query;
using StreamPipeline.Embedded.Running;

namespace StreamPipeline.Cli.Demo;

/// <summary>What the tables and shards of a lake show at some moment.</summary>
/// <param name="TopGroups">Group → events, greatest first.</param>
/// <param name="WatermarkUs">Least over the shards, microseconds since the epoch; null before the first commit.</param>
internal sealed record LakeView(IReadOnlyList<(string Name, double Value)> TopGroups, long? WatermarkUs)
{
    public static readonly LakeView Empty = new([], null);
}

/// <summary>Looks into a lake while a run fills it: the groups with the most events, and the watermark.</summary>
internal sealed class DemoLook
{
    private const int GroupsMax = 8;

    private readonly OpenLake _lake;
    private readonly string _stream;
    private readonly string? _sql;

    public DemoLook(Pipeline pipeline, OpenLake lake)
    {
        _lake = lake;
        _stream = pipeline.Settings.Stream;
        var metric = pipeline.Settings.Metrics.FirstOrDefault(metric =>
            metric.GroupBy.Count > 0 && metric.Measures.Any(measure => measure is { Function: "count", Argument: null }));
        if (metric is null)
        {
            Title = "no metric counts groups";
            return;
        }

        // In gold a dot becomes _.
        var columns = metric.GroupBy.Select(column => column.Replace('.', '_')).ToList();
        var count = metric.Measures.First(measure => measure is { Function: "count", Argument: null }).Column;
        Title = $"{count} by {string.Join(", ", metric.GroupBy)}";
        _sql = $"select concat_ws(' · ', {string.Join(", ", columns.Select(SqlName.Quoted))}), sum({SqlName.Quoted(count)})::double from gold.{SqlName.Quoted(metric.Name)} group by 1 order by 2 desc, 1 limit {GroupsMax}";
    }

    /// <summary>What the groups are, such as <c>flights by origin</c>.</summary>
    public string Title { get; }

    public async Task<LakeView> Read(CancellationToken cancellation)
    {
        var groups = new List<(string, double)>();
        if (_sql is not null)
        {
            await using var rows = await new LakeQuery((FolderObjectStore)_lake.Objects).Run(_sql, cancellation);
            while (await rows.Read(cancellation))
            {
                groups.Add(((string)rows.Value(0)!, (double)rows.Value(1)!));
            }
        }

        return new LakeView(groups, await Watermark(cancellation));
    }

    private async Task<long?> Watermark(CancellationToken cancellation)
    {
        var batches = new CommittedBatches(_lake.State, _stream);
        long? least = null;
        foreach (var shard in await new StreamCatalog(_lake.State, _stream, _lake.Attempts).Shards(cancellation))
        {
            if (await batches.Head(shard.Shard, cancellation) is { WatermarkUs: > long.MinValue } head)
            {
                least = Math.Min(least ?? long.MaxValue, head.WatermarkUs);
            }
        }

        return least;
    }
}
