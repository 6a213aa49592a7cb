using StreamPipeline.Core.Configuration;
using StreamPipeline.Core.Contracts;
using StreamPipeline.Core.Decoding;
using StreamPipeline.Core.Dedup;

namespace StreamPipeline.Core.Commit;

/// <summary>
/// What a warm consumer remembers of a shard, and its working buffers. Owner: one <see cref="ShardConsumer"/>; not thread-safe.
/// It mirrors the committed head: whenever a commit is lost or uncertain it is dropped and loaded again.
/// </summary>
public sealed class ShardMemory : IDisposable
{
    private UInt128[] _fingerprints = [];

    internal ShardMemory(Contract contract, PipelineSettings settings, ulong seed)
    {
        // What is masked must not show in the detail of a rejection either.
        var concealed = settings.Enrich.OfType<MaskStep>().Select(step => step.Field).ToHashSet(StringComparer.Ordinal);
        Decoder = new RecordDecoder(contract, settings.Limits, concealed);
        Seen = new SeenSet(settings.Dedup?.KeysMax ?? 1);
        Seed = seed;
    }

    /// <summary>Seed of the table's fingerprints.</summary>
    public ulong Seed { get; }

    /// <summary>Greatest event time in silver so far; <see cref="long.MinValue"/> before the first.</summary>
    public long WatermarkUs { get; set; } = long.MinValue;

    /// <summary>Keys that had left the seen-set early before this memory was loaded, less those that left while it was.</summary>
    internal long EvictedBefore { get; set; }

    /// <summary>Receives where the time of a batch goes; null: nobody asks.</summary>
    internal StageTimes? Times { get; set; }

    internal RecordDecoder Decoder { get; }

    internal SeenSet Seen { get; }

    public void Dispose() => Decoder.Dispose();

    /// <summary>A reused buffer; its content is whatever was there.</summary>
    internal Memory<UInt128> Fingerprints(int count)
    {
        if (_fingerprints.Length < count)
        {
            _fingerprints = new UInt128[Math.Max(count, 2 * _fingerprints.Length)];
        }

        return _fingerprints.AsMemory(0, count);
    }
}
