using System.Threading.Channels;
using Microsoft.Extensions.Time.Testing;
using StreamPipeline.Core.Decoding;
using StreamPipeline.Core.Streams;
using StreamPipeline.Embedded.Mapping;

namespace StreamPipeline.Embedded.Tests.Mapping;

public sealed class ShardReaderTests
{
    private static readonly TimeSpan _suspended = TimeSpan.FromMinutes(6);

    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 3, 1, 12, 0, 0, TimeSpan.Zero));
    private readonly MemoryRecordStream _stream = new();

    /// <summary>Of the stream's clock against the reader's.</summary>
    private TimeSpan _skew;

    /// <param name="emptyReads">A second each, before the process is suspended for longer than an iterator lives.</param>
    /// <param name="skewSeconds">By how much the stream's clock is ahead.</param>
    [Theory]
    [InlineData(0, 0)]
    [InlineData(4, 0)]
    [InlineData(60, 25)]
    [InlineData(60, -25)]
    [InlineData(10_000, 58)]
    [InlineData(10_000, -58)]
    public async Task What_arrives_at_a_quiet_tip_while_the_iterator_expires_is_read_and_nothing_that_was_there_before(int emptyReads, int skewSeconds)
    {
        _skew = TimeSpan.FromSeconds(skewSeconds);
        Arrive(1, 3, ended: false);
        _time.Advance(TimeSpan.FromSeconds(1));
        var reads = 0;
        _stream.OnRead = _ =>
        {
            _time.Advance(TimeSpan.FromSeconds(1));
            if (++reads == emptyReads + 1)
            {
                Arrive(4, 1, ended: false);
                _time.Advance(_suspended);
                Arrive(5, 2, ended: true);
                throw new IteratorExpiredException("expired");
            }
        };
        Assert.Equal([4, 5, 6], await Read(new StreamPosition(Latest: true)));
        Assert.Equal(2, _stream.Opened.Count);
    }

    private void Arrive(int from, int count, bool ended)
    {
        var arrivalUs = (_time.GetUtcNow() + _skew - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond;
        _stream.Add("s", [], Enumerable.Range(from, count).Select(i => new StreamRecord(SequenceNumber.From((UInt128)(uint)i), new byte[1], arrivalUs)), ended);
    }

    private async Task<List<int>> Read(StreamPosition start)
    {
        var lane = Channel.CreateUnbounded<RecordChunk>();
        var options = new StreamMappingOptions { Follow = true, PollInterval = TimeSpan.Zero, ReadInterval = TimeSpan.Zero };
        Assert.True(await new ShardReader(_stream, "s", options, _time).Run(start, lane.Writer, TestContext.Current.CancellationToken));
        var read = new List<int>();
        await foreach (var chunk in lane.Reader.ReadAllAsync(TestContext.Current.CancellationToken))
        {
            read.AddRange(chunk.Records.Select(record => (int)record.Sequence.Low));
        }

        return read;
    }
}
