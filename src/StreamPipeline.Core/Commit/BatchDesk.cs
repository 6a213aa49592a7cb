using StreamPipeline.Core.Configuration;
using StreamPipeline.Core.Contracts;
using StreamPipeline.Core.Decoding;
using StreamPipeline.Core.Dedup;

namespace StreamPipeline.Core.Commit;

/// <summary>
/// Where one batch at a time is decoded and judged: the decoder of the first half of <see cref="Pipeline"/>. What lies on it depends on the
/// batch alone, not on what was committed before it, so it may be made while another batch is being committed. Not thread-safe.
/// </summary>
internal sealed class BatchDesk : IDisposable
{
    private JudgedBatch? _judged;

    // What was handed in: the judged batch may be its beginning.
    private MicroBatch? _batch;
    private long _replayed;

    public BatchDesk(Contract contract, PipelineSettings settings, ulong seed)
    {
        // What is masked must not show in the detail of a rejection either.
        var concealed = settings.Enrich.OfType<MaskStep>().Select(step => step.Field).ToHashSet(StringComparer.Ordinal);
        Decoder = new RecordDecoder(contract, settings.Limits, concealed);
        Seed = seed;
    }

    /// <summary>Seed of the table's fingerprints.</summary>
    public ulong Seed { get; }

    public RecordDecoder Decoder { get; }

    /// <summary>Receives where the time of a batch goes; null: nobody asks.</summary>
    public StageTimes? Times { get; set; }

    /// <summary>The batch that lies here, decoded and judged; null: none.</summary>
    public MicroBatch? Batch => _judged is null ? null : _batch;

    /// <summary>Judges the batch ahead of its turn, from the first record on that is expected to be new.</summary>
    public void Prepare(Pipeline pipeline, MicroBatch batch, int firstRecord)
    {
        Clear();

        // First: counting takes the buffers of the decoder.
        _replayed = Decoder.CountEvents(batch, 0, firstRecord);
        _judged = pipeline.Begin(batch, firstRecord, this, isWhole: false);
        _batch = batch;
    }

    /// <summary>Whether <see cref="Judge"/> may take less than the batch.</summary>
    public bool MayBeCut(MicroBatch batch, int firstRecord) => IsReady(batch, firstRecord) ? !ReferenceEquals(_judged!.Batch, batch) : Decoder.MayBeCut(batch, firstRecord);

    /// <summary>Events of the records from <paramref name="from"/> up to before <paramref name="firstRecord"/>. What lies here for another batch, or from another record on, is thrown away.</summary>
    public long CountReplayed(MicroBatch batch, int from, int firstRecord)
    {
        if (IsReady(batch, firstRecord) && from == 0)
        {
            return _replayed;
        }

        Clear();
        return Decoder.CountEvents(batch, from, firstRecord);
    }

    /// <summary>What was prepared, if it was just this; otherwise it is made now.</summary>
    /// <param name="pipeline">The pipeline.</param>
    /// <param name="batch">The batch.</param>
    /// <param name="firstRecord">Its first record that is not committed.</param>
    /// <param name="isWhole">Whether all of the batch must be in it: see <see cref="Pipeline.Begin"/>. Then nothing was prepared.</param>
    /// <returns>Used once. Owner: the caller.</returns>
    public JudgedBatch Judge(Pipeline pipeline, MicroBatch batch, int firstRecord, bool isWhole)
    {
        if (!isWhole && IsReady(batch, firstRecord))
        {
            var ready = _judged!;
            _judged = null;
            return ready;
        }

        Clear();
        return pipeline.Begin(batch, firstRecord, this, isWhole);
    }

    /// <summary>Throws away what lies here.</summary>
    public void Clear()
    {
        _judged?.Dispose();
        (_judged, _batch) = (null, null);
    }

    public void Dispose()
    {
        Clear();
        Decoder.Dispose();
    }

    /// <summary>By reference: a batch that was cut again is another one.</summary>
    private bool IsReady(MicroBatch batch, int firstRecord) => _judged is { } judged && ReferenceEquals(_batch, batch) && judged.FirstRecord == firstRecord;
}
