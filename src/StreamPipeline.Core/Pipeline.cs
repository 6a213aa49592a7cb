using Apache.Arrow;
using StreamPipeline.Core.Commit;
using StreamPipeline.Core.Configuration;
using StreamPipeline.Core.Contracts;
using StreamPipeline.Core.Decoding;
using StreamPipeline.Core.Decoding.Columns;
using StreamPipeline.Core.Dedup;
using StreamPipeline.Core.Enrichment;
using StreamPipeline.Core.Lake;
using StreamPipeline.Core.Quality;
using StreamPipeline.Core.Windows;

namespace StreamPipeline.Core;

/// <summary>
/// The product on one page. A micro-batch of records becomes a <see cref="ProposedCommit"/>:
/// <code>
/// decode → contract → event time → quality → dedupe → enrich → windows → silver, pane layer, quarantine
/// </code>
/// A pure function of the records and the shard's state: no clock, no I/O. What is proposed becomes real by one
/// compare-and-swap (<see cref="ShardConsumer"/>). Invariants:
/// <list type="bullet">
/// <item>every event ends in exactly one of silver, duplicate, quarantined;</item>
/// <item>cutting a stream into batches elsewhere changes nothing, except what batch-level rules and the gate judge.</item>
/// </list>
/// A compiled pipeline is immutable and may serve many shards; the working buffers belong to a <see cref="ShardMemory"/>.
/// </summary>
public sealed class Pipeline
{
    private readonly EventTime _eventTime;
    private readonly BoundRuleset? _rules;
    private readonly KeyFingerprints? _keys;
    private readonly SeenHorizon? _horizon;
    private readonly Enricher _enricher;
    private readonly Schema _contractColumns;

    private Pipeline(
        PipelineSettings settings, Contract contract, EventTime eventTime, BoundRuleset? rules, KeyFingerprints? keys, Enricher enricher, SilverTable silver, MetricSet metrics)
    {
        Settings = settings;
        Contract = contract;
        Silver = silver;
        Metrics = metrics;
        _eventTime = eventTime;
        _rules = rules;
        _keys = keys;
        _horizon = settings.Dedup is null ? null : new SeenHorizon(settings.Dedup.Horizon);
        _contractColumns = SilverTable.ContractColumns(contract);
        _enricher = enricher;
    }

    public PipelineSettings Settings { get; }

    public Contract Contract { get; }

    /// <summary>The silver table's columns.</summary>
    public SilverTable Silver { get; }

    public MetricSet Metrics { get; }

    /// <summary>Reads and checks everything that pipeline.yaml names. Null when <paramref name="problems"/> got any.</summary>
    /// <param name="settings">The parsed pipeline.yaml.</param>
    /// <param name="files">Reads the contract, the ruleset and the reference files.</param>
    /// <param name="environment">Looks up an environment variable; null when it is not set.</param>
    /// <param name="problems">Receives every problem at once.</param>
    public static Pipeline? Compile(
        PipelineSettings settings, IConfigurationFiles files, Func<string, string?> environment, ProblemList problems)
    {
        var contractBytes = files.Read(settings.ContractFile, out var error);
        if (contractBytes is null)
        {
            problems.Add(settings.Source.At("contract"), error, "name a JSON Schema file, relative to this one");
            return null;
        }

        var contract = Contract.Compile(contractBytes, settings.ContractFile, problems);
        if (contract is null)
        {
            return null;
        }

        var fields = SilverTable.ContractColumns(contract);
        var eventTime = EventTime.Bind(settings, contract, problems);
        var rules = settings.Quality is null ? null : BoundRules.Load(settings, fields, files, problems);
        var keys = settings.Dedup is null ? null : KeyFingerprints.Bind(settings, fields, problems);
        var enricher = Enricher.Bind(settings, fields, files, environment, problems);
        if (enricher is null || eventTime is null)
        {
            return null;
        }

        var silver = SilverTable.Over(enricher.OutputSchema);
        var metrics = MetricSet.Bind(settings, silver.Schema, problems);
        return problems.Any || metrics is null
            ? null
            : new Pipeline(settings, contract, eventTime, rules, keys, enricher, silver, metrics);
    }

    /// <summary>What one shard needs in memory to process its records. Owner: the consumer of the shard.</summary>
    public ShardMemory NewShard(ulong seed) => new(Contract, Settings, seed);

    /// <summary>Where batches of a shard are decoded and judged. Owner: the caller.</summary>
    internal BatchDesk NewDesk(ulong seed) => new(Contract, Settings, seed);

    /// <summary>
    /// Processes the records from <paramref name="firstRecord"/> on, deduplicating against what the shard remembers. The shard's seen-set takes in
    /// the batch's keys at once: if the commit is lost, the memory must be dropped and loaded again.
    /// </summary>
    /// <returns>Owner: the caller, who commits and disposes it.</returns>
    public ProposedCommit Process(MicroBatch batch, int firstRecord, ShardMemory shard) => Complete(Begin(batch, firstRecord, shard.Desk), shard, firstCopies: null);

    /// <summary>
    /// The first half: up to the keys, from the batch alone, so that it may be made while the batch before is being committed. Between the halves a consumer may
    /// ask others whether a key is taken.
    /// </summary>
    /// <param name="batch">The batch.</param>
    /// <param name="firstRecord">Its first record that is not committed.</param>
    /// <param name="desk">Where it is decoded.</param>
    /// <param name="isWhole">False: it may end before the last record, when more is compressed in them than is held at once; the rest is a batch of its own.</param>
    /// <returns>Owner: the caller, unless it becomes part of a proposed commit.</returns>
    internal JudgedBatch Begin(MicroBatch batch, int firstRecord, BatchDesk desk, bool isWhole = true)
    {
        // Decode and contract: bytes → Arrow columns; what is not valid is rejected with its reason.
        var rejections = new List<Rejection>();
        var decoded = isWhole ? desk.Decoder.Decode(batch, firstRecord, rejections) : desk.Decoder.DecodePart(batch, firstRecord, rejections);
        batch = batch.Until(decoded.EventsPerRecord.Length);
        var events = new EventBatch(batch, decoded, _contractColumns, new ColumnBuffers());
        desk.Times?.End(BatchStage.Decode);

        // Event time: must exist and not lie in the future, so that one bad clock cannot push the watermark.
        _eventTime.Judge(events, rejections);

        // Quality: row rules quarantine rows; the score of the whole batch is held against the gate.
        var verdict = QualityGate.Judge(_rules, Settings.Quality?.Gate, events, rejections);
        desk.Times?.End(BatchStage.Quality);

        // The keys come after contract and quality: a broken copy must not shadow the good one that follows it.
        var keys = Deduplication.KeysOf(_keys, _horizon, events, desk.Seed);
        return new JudgedBatch(batch, firstRecord, decoded, events, rejections, verdict, keys);
    }

    /// <summary>The second half.</summary>
    /// <param name="judged">From <see cref="Begin"/>; used once. Becomes the result's.</param>
    /// <param name="shard">As the commit of the batch before left it.</param>
    /// <param name="firstCopies">The rows that are first copies, ascending, when others were asked; null: the shard's memory decides.</param>
    internal ProposedCommit Complete(JudgedBatch judged, ShardMemory shard, int[]? firstCopies)
    {
        var (batch, firstRecord, decoded, events, rejections, verdict, keys) = judged;
        var before = events.Count;
        NewKeys newKeys;
        if (firstCopies is null)
        {
            newKeys = Deduplication.DropCopies(keys, shard.Seen, events);
        }
        else
        {
            newKeys = new NewKeys();
            events.Keep(firstCopies);
        }

        var duplicates = before - events.Count;
        shard.Times?.End(BatchStage.Dedupe);

        // Enrich: look-ups and masks. From here on no masked value exists in the clear.
        var enrichCounts = new EnrichCounts(_enricher.StepCount);
        var silver = Silver.Build(_enricher.Apply(events.Columns, enrichCounts, events.Buffers), events);
        shard.Times?.End(BatchStage.Enrich);

        // Windows: the batch's contribution to each window; late ones by the watermark of the records before them.
        var windows = Metrics.Accumulate(silver, events.EventTimesUs, shard.WatermarkUs);
        shard.Times?.End(BatchStage.Windows);

        var quarantine = QuarantineTable.Build(batch, rejections, decoded.EventsPerRecord, _enricher, events.Buffers);
        var proposed = new ProposedCommit
        {
            FirstSequence = batch.Records[firstRecord].Sequence,
            LastSequence = batch.Records[^1].Sequence,
            ArrivalUs = batch.LastArrivalUs(),
            Counts = new Counts(decoded.EventCount, silver.Length, duplicates, rejections.Count, windows.LateRecords),
            Silver = silver.Length == 0 ? null : silver,
            Quarantine = quarantine,
            Judged = judged,
            QuarantinedBy = rejections.CountBy(rejection => rejection.Reason).ToDictionary(reason => reason.Key, reason => (long)reason.Value),
            NewKeys = newKeys,
            Windows = windows,
            Quality = verdict,
            Unmatched = enrichCounts.Unmatched,
        };
        proposed.Verify();
        return proposed;
    }
}
