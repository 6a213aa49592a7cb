using System.Threading.Channels;
using StreamPipeline.Core.Streams;

namespace StreamPipeline.Embedded.Mapping;

/// <summary>Reads one shard into its lane's channel, which holds it back when the lane is slower.</summary>
internal sealed class ShardReader(IRecordStream stream, string shard, StreamMappingOptions options, TimeProvider time)
{
    private const int RecordsMax = 10_000;

    /// <summary>Reads in a row that may fail before the run gives up. What can be retried within seconds the stream has retried itself.</summary>
    private const int FailuresMax = 8;

    /// <summary>How much earlier than its last empty read a shard is opened again at most: more than clocks differ.</summary>
    private const long EarlierMaxUs = 60_000_000;

    /// <summary>Completes the channel when it is done, with the error if there was one.</summary>
    /// <returns>Whether the shard has ended; otherwise its tip was reached and the stream is not followed.</returns>
    public async Task<bool> Run(StreamPosition start, ChannelWriter<RecordChunk> lane, CancellationToken cancellation)
    {
        try
        {
            var ended = await Read(start, lane, cancellation);
            lane.TryComplete();
            return ended;
        }
        catch (Exception error)
        {
            // The lane must not take a failure for the end of the shard.
            lane.TryComplete(error);
            throw;
        }
    }

    private async Task<bool> Read(StreamPosition position, ChannelWriter<RecordChunk> lane, CancellationToken cancellation)
    {
        string? iterator = null;
        var (openedUs, emptyUs) = (0L, 0L);
        for (var failures = 0; ;)
        {
            var started = time.GetTimestamp();
            var startedUs = (time.GetUtcNow() - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond;
            RecordPage page;
            try
            {
                if (iterator is null)
                {
                    iterator = await stream.Open(shard, position, cancellation);
                    (openedUs, emptyUs) = (startedUs, startedUs);
                }

                page = await stream.Read(iterator, RecordsMax, cancellation);
                failures = 0;
            }
            catch (IteratorExpiredException) when (++failures < FailuresMax)
            {
                // The lane was slower than the iterator lives, or the process was suspended.
                iterator = null;
                position = position.Latest ? SinceTip(openedUs, emptyUs) : position;
                continue;
            }
            catch (IOException) when (++failures < FailuresMax)
            {
                await Task.Delay(options.PollInterval * failures, time, cancellation);
                continue;
            }

            if (page.Records.Count > 0)
            {
                await lane.WriteAsync(new RecordChunk([.. page.Records], NoBuffer.Instance), cancellation);
                position = new StreamPosition(false, page.Records[^1].Sequence);
            }

            if (page.Next is null)
            {
                return true;
            }

            iterator = page.Next;
            var isAtTip = page.Records.Count == 0 && page.Behind <= TimeSpan.Zero;
            if (isAtTip && !options.Follow)
            {
                return false;
            }

            emptyUs = isAtTip ? startedUs : emptyUs;
            var pause = (isAtTip ? options.PollInterval : options.ReadInterval) - time.GetElapsedTime(started);
            if (pause > TimeSpan.Zero)
            {
                await Task.Delay(pause, time, cancellation);
            }
        }
    }

    /// <summary>
    /// Where a shard that was begun at its tip, and has given no record since, goes on: the tip of now would leave out what came meanwhile. From opening to the last empty read
    /// nothing arrived; so the middle of that time can be off by half of it, as this clock may be against the stream's, without a record left out, or one that was there before.
    /// </summary>
    private static StreamPosition SinceTip(long openedUs, long emptyUs) =>
        new(false, FromUs: emptyUs - Math.Clamp((emptyUs - openedUs) / 2, 0, EarlierMaxUs));
}
