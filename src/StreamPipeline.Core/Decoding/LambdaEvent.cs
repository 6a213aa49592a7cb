using System.Buffers;

namespace StreamPipeline.Core.Decoding;

/// <summary>
/// A Lambda Kinesis event, read whole or not at all. Owner: the caller of <see cref="LambdaEventReader.Read"/>; disposing it ends the life
/// of the records' data.
/// </summary>
public sealed class LambdaEvent : IDisposable
{
    private byte[]? _data;

    internal LambdaEvent(IReadOnlyList<MicroBatch> batches, byte[]? data)
    {
        Batches = batches;
        _data = data;
    }

    internal LambdaEvent(string error)
    {
        Batches = [];
        Error = error;
    }

    /// <summary>One per shard, in the order in which the shards appear. Empty when <see cref="Error"/> is set.</summary>
    public IReadOnlyList<MicroBatch> Batches { get; }

    /// <summary>Null, or why this is not a Lambda Kinesis event: which record, and what is missing or wrong.</summary>
    public string? Error { get; }

    public void Dispose()
    {
        if (_data is not null)
        {
            ArrayPool<byte>.Shared.Return(_data);
            _data = null;
        }
    }
}
