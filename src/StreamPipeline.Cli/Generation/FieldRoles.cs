using StreamPipeline.Core.Configuration;
using StreamPipeline.Core.Contracts;

namespace StreamPipeline.Cli.Generation;

/// <summary>What a pipeline does with the fields of its contract, as far as it shapes the events.</summary>
internal sealed class FieldRoles
{
    private readonly HashSet<string> _keys = new(StringComparer.Ordinal);
    private readonly HashSet<string> _pools = new(StringComparer.Ordinal);
    private readonly HashSet<string> _present = new(StringComparer.Ordinal);

    private FieldRoles(string? eventTime, long unitUs)
    {
        EventTime = eventTime;
        EventTimeUnitUs = unitUs;
        Present(eventTime);
    }

    /// <summary>Dotted path; null when events have no time.</summary>
    public string? EventTime { get; }

    /// <summary>Microseconds in one unit of an integer event time; 0 for date-time.</summary>
    public long EventTimeUnitUs { get; }

    /// <summary>Values that a lookup knows, by the field it matches them with.</summary>
    public IReadOnlyDictionary<string, IReadOnlyList<string>> LookupKeys { get; private init; } = new Dictionary<string, IReadOnlyList<string>>();

    /// <param name="settings">The pipeline.</param>
    /// <param name="files">Reads lookup files, so that events match them; null: they are not read.</param>
    public static FieldRoles Of(PipelineSettings settings, IConfigurationFiles? files)
    {
        var roles = new FieldRoles(settings.EventTime.Field, settings.EventTime.Unit switch
        {
            EpochUnit.Seconds => 1_000_000,
            EpochUnit.Milliseconds => 1_000,
            EpochUnit.Microseconds => 1,
            _ => 0,
        })
        {
            LookupKeys = files is null ? new Dictionary<string, IReadOnlyList<string>>() : Generation.LookupKeys.Read(settings, files),
        };
        foreach (var key in settings.Dedup?.Key ?? [])
        {
            roles._keys.Add(key);
            roles.Present(key);
        }

        roles._pools.UnionWith(settings.Metrics.SelectMany(metric => metric.GroupBy));
        roles._pools.UnionWith(settings.Enrich.OfType<LookupStep>().SelectMany(lookup => lookup.Match.Keys));
        if (settings.PartitionKey is { } partitionKey)
        {
            roles._pools.Add(partitionKey);
        }

        return roles;
    }

    /// <summary>Without a pipeline, the first required timestamp is the event time.</summary>
    public static FieldRoles Of(Contract contract) =>
        new(contract.Fields.FirstOrDefault(field => field is { Kind: FieldKind.Timestamp, Required: true })?.Path, 0);

    public bool IsKey(string path) => _keys.Contains(path);

    /// <summary>Dashboards group by it: few values, of which some are frequent.</summary>
    public bool IsPool(string path) => _pools.Contains(path);

    /// <summary>The pipeline cannot do without it, or without something in it.</summary>
    public bool MustBePresent(string path) => _present.Contains(path);

    private void Present(string? path)
    {
        for (var end = path?.Length ?? -1; end > 0; end = path!.LastIndexOf('.', end - 1))
        {
            _present.Add(path![..end]);
        }
    }
}
