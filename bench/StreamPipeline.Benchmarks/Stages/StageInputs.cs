using Apache.Arrow;
using StreamPipeline.Benchmarks.Input;
using StreamPipeline.Core;
using StreamPipeline.Core.Commit;
using StreamPipeline.Core.Configuration;
using StreamPipeline.Core.Decoding;
using StreamPipeline.Core.Decoding.Columns;
using StreamPipeline.Core.Dedup;
using StreamPipeline.Core.Enrichment;
using StreamPipeline.Core.Lake;
using StreamPipeline.Core.Quality;
using StreamPipeline.Core.Windows;
using StreamPipeline.Tests;

namespace StreamPipeline.Benchmarks.Stages;

/// <summary>
/// One warm micro-batch, and each stage of its way ready to be run over it again and again. A stage's input is what the stages before it made of the
/// batch, so the sum of the stages is the way of a batch.
/// </summary>
internal sealed class StageInputs : IDisposable
{
    private readonly ShardMemory _shard;
    private readonly DecodedBatch _decoded;
    private readonly Schema _contractColumns;
    private readonly EventTime _eventTime;
    private readonly BoundRuleset _rules;
    private readonly KeyFingerprints _keys;
    private readonly SeenHorizon _horizon;
    private readonly Enricher _enricher;
    private readonly Pipeline _pipeline;
    private readonly EventBatch _unique;

    /// <summary>The decoded rows that are not in it.</summary>
    private readonly int[] _unfit;
    private readonly int[] _dropped;
    private readonly RecordBatch _silver;
    private readonly List<Rejection> _rejections = [];
    private readonly BronzeEncoder _bronze = new();
    private readonly RenewedPayload _next;
    private readonly ShardConsumer _consumer;
    private readonly LambdaEvent _received = new();
    private ulong _seed = 1;

    public StageInputs(EventShape shape)
    {
        var sequence = 0L;
        Payload = Inputs.LambdaPayload(new EventBytes(shape, seed: 1), ref sequence);
        Event = LambdaEventReader.Read(Payload);
        Batch = Event.Batches[0];

        var problems = new ProblemList();
        var settings = BenchPipelines.Settings(shape, problems)!;
        _pipeline = BenchPipelines.Compile(shape);
        _contractColumns = SilverTable.ContractColumns(_pipeline.Contract);
        _eventTime = EventTime.Bind(settings, _pipeline.Contract, problems)!;
        _rules = BoundRules.Load(settings, _contractColumns, BenchPipelines.Files, problems)!;
        _keys = KeyFingerprints.Bind(settings, _contractColumns, problems)!;
        _horizon = new SeenHorizon(settings.Dedup!.Horizon);
        _enricher = Enricher.Bind(settings, _contractColumns, BenchPipelines.Files, _ => null, problems)!;

        _shard = _pipeline.NewShard(_seed);
        _decoded = _pipeline.NewShard(_seed).Decoder.Decode(Batch, 0, _rejections);
        _unique = Judged(new ColumnBuffers());
        _unfit = NotIn(_unique);
        Deduplication.DropCopies(Deduplication.KeysOf(_keys, _horizon, _unique, _seed), _shard.Seen, _unique);
        _dropped = NotIn(_unique);
        _silver = BuildSilver(new ColumnBuffers());
        _next = new RenewedPayload([.. Payload]);
        _consumer = new ShardConsumer(
            _pipeline, new ShardEntry(Inputs.Shard, []), _seed, new MemoryStateStore(), new DroppingObjectStore(), new CountedAttempts("a"));
    }

    /// <summary>A Lambda event of 5 MB.</summary>
    public byte[] Payload { get; }

    public LambdaEvent Event { get; }

    /// <summary>Its records.</summary>
    public MicroBatch Batch { get; }

    public int Records => Batch.Records.Count;

    /// <summary>Lambda event to records.</summary>
    public int Envelope()
    {
        LambdaEventReader.Read(Payload, _received);
        return _received.Batches[0].Records.Count;
    }

    /// <summary>Records to Arrow columns, the contract's checks included.</summary>
    public int Decode()
    {
        _rejections.Clear();
        using var decoded = _shard.Decoder.Decode(Batch, 0, _rejections);
        return decoded.RowCount;
    }

    /// <summary>Event times, rules, score, and the rows that are left.</summary>
    public int Quality()
    {
        using var buffers = new ColumnBuffers();
        return Judged(buffers).Count;
    }

    /// <summary>Keys of new events against a set in its steady state, full and evicting; copies within the batch are found.</summary>
    public int Dedupe()
    {
        using var buffers = new ColumnBuffers();
        var events = new EventBatch(Batch, _decoded, _contractColumns, buffers);
        events.Drop(_unfit);
        Deduplication.DropCopies(Deduplication.KeysOf(_keys, _horizon, events, ++_seed), _shard.Seen, events);
        return events.Count;
    }

    /// <summary>Look-ups, masks, and the system columns of silver.</summary>
    public int BuildSilverRows()
    {
        using var buffers = new ColumnBuffers();
        return BuildSilver(buffers).Length;
    }

    /// <summary>What the batch adds to each window.</summary>
    public int Windows() => _pipeline.Metrics.Accumulate(_silver, _unique.EventTimesUs, long.MinValue).Layer.Encode().Count;

    /// <summary>Silver as a staged file.</summary>
    public int EncodeStaged()
    {
        using var file = StagedFile.Pooled(_silver, compressed: false);
        return file.WrittenCount;
    }

    /// <summary>The raw records as a bronze file.</summary>
    public int EncodeBronze()
    {
        using var file = _bronze.Encode(Batch, 0);
        return file.WrittenCount;
    }

    /// <summary>Silver as a table file: what the fold does once per some batches.</summary>
    public async Task<int> EncodeParquet() => (await ParquetTableFile.Write(_silver.Schema, [_silver], CancellationToken.None)).Length;

    /// <summary>The whole way, warm: the next Lambda payload to a committed batch over stores in memory.</summary>
    public long MicroBatch()
    {
        _next.Renew();
        LambdaEventReader.Read(_next.Bytes, _received);
        var commit = _consumer.Commit(_received.Batches[0], CancellationToken.None);
        if (!commit.IsCompletedSuccessfully)
        {
            throw new InvalidOperationException("the stores in memory answer at once");
        }

        var report = commit.GetAwaiter().GetResult();
        return report.Replayed == 0 && report.Counts.Silver > Records * 9L / 10
            ? report.Counts.Silver
            : throw new InvalidOperationException($"a renewed payload of {Records} records gave {report.Counts}, replayed {report.Replayed}");
    }

    public void Dispose()
    {
        _consumer.Dispose();
        _bronze.Dispose();
        _decoded.Dispose();
        _shard.Dispose();
        Event.Dispose();
        _received.Dispose();
    }

    private int[] NotIn(EventBatch events) =>
        [.. Enumerable.Range(0, _decoded.RowCount).Except(events.DecodedRows.ToArray().SelectMany(run => Enumerable.Range(run.Start, run.Count)))];

    private EventBatch Judged(ColumnBuffers buffers)
    {
        _rejections.Clear();
        var events = new EventBatch(Batch, _decoded, _contractColumns, buffers);
        _eventTime.Judge(events, _rejections);
        QualityGate.Judge(_rules, 0.5, events, _rejections);
        return events;
    }

    /// <summary>The copy of the rows that are left included.</summary>
    private RecordBatch BuildSilver(ColumnBuffers buffers)
    {
        var events = new EventBatch(Batch, _decoded, _contractColumns, buffers);
        events.Drop(_dropped);
        _unique.EventTimesUs.CopyTo(events.EventTimesUs);
        return _pipeline.Silver.Build(_enricher.Apply(events.Columns, new EnrichCounts(_enricher.StepCount), buffers), events);
    }
}
