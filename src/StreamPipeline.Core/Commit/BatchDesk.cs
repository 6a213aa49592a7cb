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
    public MicroBatch? Batch => _judged?.Batch;

    /// <summary>Judges the batch ahead of its turn, from the first record on that is expected to be new.</summary>
    public void Prepare(Pipeline pipeline, MicroBatch batch, int firstRecord)
    {
        Clear();

        // First: counting takes the buffers of the decoder.
        _replayed = Decoder.CountEvents(batch, firstRecord);
        _judged = pipeline.Begin(batch, firstRecord, this);
    }

    /// <summary>Events of the records before <paramref name="firstRecord"/>. What lies here for another batch, or from another record on, is thrown away.</summary>
    public long CountReplayed(MicroBatch batch, int firstRecord)
    {
        if (IsReady(batch, firstRecord))
        {
            return _replayed;
        }

        Clear();
        return Decoder.CountEvents(batch, firstRecord);
    }

    /// <summary>What was prepared, if it was just this; otherwise it is made now.</summary>
    /// <returns>Used once. Owner: the caller.</returns>
    public JudgedBatch Judge(Pipeline pipeline, MicroBatch batch, int firstRecord)
    {
        if (IsReady(batch, firstRecord))
        {
            var ready = _judged!;
            _judged = null;
            return ready;
        }

        Clear();
        return pipeline.Begin(batch, firstRecord, this);
    }

    /// <summary>Throws away what lies here.</summary>
    public void Clear()
    {
        _judged?.Dispose();
        _judged = null;
    }

    public void Dispose()
    {
        Clear();
        Decoder.Dispose();
    }

    /// <summary>By reference: a batch that was cut again is another one.</summary>
    private bool IsReady(MicroBatch batch, int firstRecord) => _judged is { } judged && ReferenceEquals(judged.Batch, batch) && judged.FirstRecord == firstRecord;
}
