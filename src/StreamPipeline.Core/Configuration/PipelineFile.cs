using StreamPipeline.Core.Dedup;

namespace StreamPipeline.Core.Configuration;

/// <summary>Reads pipeline.yaml. The file's keys, defaults and ranges are listed in the README.</summary>
public static class PipelineFile
{
    /// <summary>Largest pipeline.yaml, bytes.</summary>
    public const int FileBytesMax = ConfigTree.FileBytesMax;

    private const int KeyFieldsMax = 16;
    private const int ReferencesMax = 32;
    private const int KeysDefault = 8_000_000;

    internal static readonly TimeSpan LongestDuration = TimeSpan.FromDays(366);

    /// <summary>
    /// Parses the file and checks everything that can be checked without the contract and the other files: names, shapes and ranges.
    /// Never throws for what the file holds.
    /// </summary>
    /// <param name="utf8">The file, at most 1 MiB.</param>
    /// <param name="fileName">As the user gave it; problems carry it.</param>
    /// <param name="problems">Gets every mistake, each with line, column and fix.</param>
    /// <returns>Null when this call added a problem: a pipeline understood by halves must not run.</returns>
    public static PipelineSettings? Parse(ReadOnlyMemory<byte> utf8, string fileName, ProblemList problems)
    {
        var before = problems.Items.Count;
        if (ConfigTree.Read(utf8, fileName, problems) is not { } root)
        {
            return null;
        }

        var reader = new SettingsReader(fileName, problems);
        var settings = Settings(reader, fileName, root);
        return problems.Items.Count == before ? settings : null;
    }

    private static PipelineSettings? Settings(SettingsReader reader, string fileName, MapNode root)
    {
        var top = reader.OpenSection(
            root, "", "", "name", "stream", "contract", "partitionKey", "eventTime", "dedup", "quality", "enrich", "metrics", "limits")!;
        var name = top.Name("name", required: true, "name: flights");
        var stream = top.Name("stream", required: true, "stream: flights");
        var contract = top.FileName("contract", "contract: flights.schema.json");
        var partitionKey = top.Field("partitionKey", required: false, "partitionKey: origin");
        var eventTime = EventTime(reader, top);
        var dedup = Dedup(reader, top);
        var quality = Quality(reader, top);
        var enrich = EnrichReader.Read(reader, top);
        var metrics = MetricReader.Read(reader, top);
        var limits = Limits(reader, top);
        return name is null || stream is null || contract is null || eventTime is null
            ? null
            : new PipelineSettings
            {
                Name = name,
                Stream = stream,
                ContractFile = contract,
                PartitionKey = partitionKey,
                EventTime = eventTime,
                Dedup = dedup,
                Quality = quality,
                Enrich = enrich,
                Metrics = metrics,
                Limits = limits,
                Source = new SourceMap(fileName, reader.Positions),
            };
    }

    private static EventTimeSettings? EventTime(SettingsReader reader, Section top)
    {
        const string Example = "eventTime: { field: scheduled }";
        if (top.Required("eventTime", Example) is not { } node
            || reader.OpenSection(node, "eventTime", Example, "field", "allowedLateness", "maxFuture", "idleTimeout", "unit") is not { } section)
        {
            return null;
        }

        var field = section.Field("field", required: true, Example);
        var lateness = section.Duration("allowedLateness", TimeSpan.Zero, TimeSpan.Zero, LongestDuration);
        var future = section.Duration("maxFuture", TimeSpan.FromHours(1), TimeSpan.Zero, LongestDuration);
        var unit = section.Choice("unit", ("s", EpochUnit.Seconds), ("ms", EpochUnit.Milliseconds), ("us", EpochUnit.Microseconds));
        var idle = section.Duration("idleTimeout", TimeSpan.FromMinutes(15), TimeSpan.Zero, LongestDuration);
        return field is null ? null : new EventTimeSettings(field, lateness, future, unit) { IdleTimeout = idle };
    }

    private static DedupSettings? Dedup(SettingsReader reader, Section top)
    {
        const string Example = "dedup: { key: [flight_id] }";
        if (top.Child("dedup") is not { } node
            || reader.OpenSection(node, "dedup", Example, "key", "horizon", "scope", "maxKeys") is not { } section)
        {
            return null;
        }

        var key = section.Required("key", Example) is null ? [] : section.Fields("key", KeyFieldsMax);
        if (key.Count == 0 && section.Child("key") is ListNode { Items.Count: 0 } empty)
        {
            reader.Problem(empty, "dedup.key names no field", "name the fields that together identify an event, or remove dedup");
        }

        var horizon = section.Duration("horizon", TimeSpan.FromHours(24), TimeSpan.FromSeconds(1), LongestDuration);
        var scope = section.Choice("scope", ("shard", DedupScope.Shard), ("stream", DedupScope.Stream)) ?? DedupScope.Shard;
        return new DedupSettings(key, horizon, scope, section.Integer("maxKeys", KeysDefault, 1, SeenSet.KeysLimit));
    }

    private static QualitySettings? Quality(SettingsReader reader, Section top)
    {
        const string Example = "quality: { ruleset: flights.dqdl }";
        if (top.Child("quality") is not { } node
            || reader.OpenSection(node, "quality", Example, "ruleset", "gate", "references") is not { } section)
        {
            return null;
        }

        var ruleset = section.FileName("ruleset", Example);
        var gate = section.Share("gate");
        var references = new Dictionary<string, string>(StringComparer.Ordinal);
        if (section.Child("references") is not null
            && section.TextMap("references", ReferencesMax, "references: { airports: airports.csv }") is { } entries)
        {
            foreach (var (alias, file) in entries)
            {
                var at = $"quality.references.{alias.Text}";
                if (section.CheckName(alias, at, alias.Text, dash: true) && section.CheckFile(file, at, file.Text))
                {
                    references.Add(alias.Text, file.Text);
                }
            }
        }

        return ruleset is null ? null : new QualitySettings(ruleset, gate, references);
    }

    private static DecodeLimits Limits(SettingsReader reader, Section top)
    {
        var limits = new DecodeLimits();
        if (top.Child("limits") is not { } node
            || reader.OpenSection(node, "limits", "limits: { recordBytes: 1MiB }", "recordBytes", "inflatedBytes", "depth") is not { } section)
        {
            return limits;
        }

        var record = section.Bytes("recordBytes", limits.RecordBytes, 1 << 10, 10 << 20);
        var inflated = section.Bytes("inflatedBytes", Math.Max(limits.InflatedBytes, record), 1 << 10, 1 << 30);
        if (inflated < record)
        {
            reader.Problem(
                section.Child("inflatedBytes") ?? node,
                $"limits.inflatedBytes is {Configuration.Quantity.Format(inflated)}, less than limits.recordBytes, {Configuration.Quantity.Format(record)}",
                "a record may arrive uncompressed: set inflatedBytes to at least recordBytes");
        }

        return new DecodeLimits(record, inflated, section.Integer("depth", limits.Depth, 1, 512));
    }
}
