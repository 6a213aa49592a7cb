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
    private readonly Contract _contract;
    private readonly PipelineSettings _settings;
    private BatchDesk? _desk;

    internal ShardMemory(Contract contract, PipelineSettings settings, ulong seed)
    {
        _contract = contract;
        _settings = settings;
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

    /// <summary>For who has no desk of its own that outlives this memory.</summary>
    internal BatchDesk Desk => _desk ??= new BatchDesk(_contract, _settings, Seed);

    internal RecordDecoder Decoder => Desk.Decoder;

    internal SeenSet Seen { get; }

    public void Dispose()
    {
        _desk?.Dispose();
        Seen.Dispose();
    }
}
