using StreamPipeline.Benchmarks.Input;
using StreamPipeline.Core.Commit;
using StreamPipeline.Core.Decoding;
using StreamPipeline.Core.Lake;
using StreamPipeline.Embedded;

namespace StreamPipeline.Benchmarks.Peers;

/// <summary>
/// The consumer of one shard as a Lambda process keeps it between two payloads, over a lake in a folder: staged rows, seen segments and panes are
/// written and the head is swapped in SQLite, all durable, before a commit returns. Owner: the race.
/// </summary>
internal sealed class WarmConsumer : IDisposable
{
    private const string Shard = "shardId-000000000000";

    private readonly RenewedPayload _payload;
    private readonly SqliteStateStore _state;
    private readonly ShardConsumer _consumer;

    // As the function has it: the memory of the last payload's records serves the next.
    private readonly LambdaEvent _received = new();

    /// <param name="payloadFile">A Lambda event.</param>
    /// <param name="lakeFolder">New or empty.</param>
    /// <param name="bronze">Whether raw records are kept, too.</param>
    public WarmConsumer(string payloadFile, string lakeFolder, bool bronze)
    {
        _payload = new RenewedPayload(File.ReadAllBytes(payloadFile));
        var folder = LakeFolder.OpenOrCreate(lakeFolder);
        var attempts = new RandomAttemptIds();
        _state = new SqliteStateStore(folder.Root);
        var objects = new FolderObjectStore(folder.Root, attempts.Next());
        _consumer = new ShardConsumer(BenchPipelines.Compile(EventShape.Iot), new ShardEntry(Shard, []), seed: 1, _state, objects, attempts, bronze ? new ObjectBronze(objects) : new NoBronze());
    }

    /// <summary>Makes the payload that comes next, which is not part of the time.</summary>
    public void Renew() => _payload.Renew();

    /// <summary>From the payload's bytes to the committed batch.</summary>
    /// <returns>Silver rows.</returns>
    public async Task<long> Commit()
    {
        LambdaEventReader.Read(_payload.Bytes, _received);
        var report = await _consumer.Commit(_received.Batches[0], CancellationToken.None);
        return report.Counts.Silver;
    }

    public void Dispose()
    {
        _consumer.Dispose();
        _received.Dispose();
        _state.Dispose();
    }
}
