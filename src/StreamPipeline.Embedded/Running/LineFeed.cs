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
/// <param name="onRead">Told that more of the input was read, before records of it are sent.</param>
internal sealed class LineFeed(LineReader reader, InputEntry input, string? partitionKey, Func<long> arrivalUs, Action onRead)
{
    /// <summary>10^12 lines per input.</summary>
    private static readonly UInt128 _linesMax = 1_000_000_000_000;

    private readonly PartitionKeyReader _keys = new(partitionKey, input.Lanes.Count);

    // Filled from a block, and free again when the lane gives the block back.
    private readonly Stack<StreamRecords> _free = new();
    private readonly StreamRecords?[] _chunks = new StreamRecords?[input.Lanes.Count];

    /// <summary>Of a line, counted from 0.</summary>
    public static SequenceNumber SequenceOf(InputEntry input, long line) => SequenceNumber.From(FirstOf(input) + (UInt128)(ulong)line);

    public async Task Produce(EventSourceMapping.Send send, CancellationToken cancellation)
    {
        while (reader.ReadBlock() is { } block)
        {
            try
            {
                cancellation.ThrowIfCancellationRequested();
                onRead();
                Cut(block);
                for (var lane = 0; lane < _chunks.Length; lane++)
                {
                    if (_chunks[lane] is { } records)
                    {
                        _chunks[lane] = null;
                        block.AddReference();
                        await send(input.Lanes[lane], new RecordChunk(records, new BlockReference(this, block, records)));
                    }
                }
            }
            finally
            {
                block.Release();
            }
        }
    }

    private void Cut(LineBlock block)
    {
        var arrival = arrivalUs();
        var buffer = block.Buffer;
        var lines = block.Lines;
        var sequence = FirstOf(input) + (UInt128)(ulong)block.FirstLine;
        for (var i = 0; i < lines.Length; i++)
        {
            var (offset, length) = lines[i];
            var chunk = _chunks[_keys.ShardOf(buffer.AsSpan(offset, length))] ??= TakeRecords(lines.Length);
            if (block.HasFaults && block.Fault(i) is { } fault)
            {
                chunk.Add(new StreamRecord(SequenceNumber.From(sequence), block.Line(i), arrival, fault));
            }
            else
            {
                chunk.Add(SequenceNumber.From(sequence), buffer, offset, length, arrival);
            }

            sequence++;
        }
    }

    private static UInt128 FirstOf(InputEntry input) => _linesMax * (uint)input.Ordinal;

    /// <param name="lines">Of the block: the lane's share of them finds room at once, and that of a block with somewhat more.</param>
    private StreamRecords TakeRecords(int lines)
    {
        lock (_free)
        {
            return _free.TryPop(out var records) ? records : new StreamRecords((lines + (lines / 4)) / _chunks.Length);
        }
    }

    private void Return(StreamRecords records)
    {
        records.Clear();
        lock (_free)
        {
            _free.Push(records);
        }
    }

    private sealed class BlockReference(LineFeed feed, LineBlock block, StreamRecords records) : IDisposable
    {
        private LineBlock? _block = block;

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _block, null) is { } held)
            {
                feed.Return(records);
                held.Release();
            }
        }
    }
}
