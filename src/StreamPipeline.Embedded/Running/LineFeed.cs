using StreamPipeline.Core.Commit;
using StreamPipeline.Core.Decoding;
using StreamPipeline.Embedded.Mapping;
using StreamPipeline.Embedded.Sources;

namespace StreamPipeline.Embedded.Running;

/// <summary>
/// Turns lines into records of virtual shards. A line's sequence number is <c>input ordinal × 10^12 + line</c>: the same line of
/// the same input always has the same, and a later input's are greater, as the fence of a shard needs.
/// </summary>
/// <param name="reader">Owned by the caller.</param>
/// <param name="input">Gives the ordinal and the lanes.</param>
/// <param name="partitionKey">Dotted path of the partition key; null: the line.</param>
/// <param name="arrivalUs">Arrival time of the records that are being read.</param>
/// <param name="counters">Receives the bytes read.</param>
internal sealed class LineFeed(LineReader reader, InputEntry input, string? partitionKey, Func<long> arrivalUs, RunCounters counters)
{
    /// <summary>10^12 lines per input.</summary>
    private static readonly UInt128 _linesMax = 1_000_000_000_000;

    private readonly PartitionKeyReader _keys = new(partitionKey, input.Lanes.Count);

    public async Task Produce(EventSourceMapping.Send send, CancellationToken cancellation)
    {
        long bytes = 0;
        while (reader.ReadBlock() is { } block)
        {
            try
            {
                cancellation.ThrowIfCancellationRequested();
                var chunks = Cut(block);
                for (var lane = 0; lane < chunks.Length; lane++)
                {
                    if (chunks[lane] is { } records)
                    {
                        block.AddReference();
                        await send(input.Lanes[lane], new RecordChunk(records, new BlockReference(block)));
                    }
                }

                counters.AddRead(reader.BytesRead - bytes);
                bytes = reader.BytesRead;
            }
            finally
            {
                block.Release();
            }
        }
    }

    private List<StreamRecord>?[] Cut(LineBlock block)
    {
        var chunks = new List<StreamRecord>?[input.Lanes.Count];
        var arrival = arrivalUs();
        for (var i = 0; i < block.Count; i++)
        {
            var line = block.Line(i);
            var sequence = SequenceNumber.From((_linesMax * (uint)input.Ordinal) + (UInt128)(ulong)(block.FirstLine + i));
            (chunks[_keys.ShardOf(line.Span)] ??= new List<StreamRecord>(Math.Min(block.Count, (block.Count / chunks.Length * 9 / 8) + 64))).Add(
                new StreamRecord(sequence, line, arrival, block.Fault(i)));
        }

        return chunks;
    }

    private sealed class BlockReference(LineBlock block) : IDisposable
    {
        private LineBlock? _block = block;

        public void Dispose() => Interlocked.Exchange(ref _block, null)?.Release();
    }
}
