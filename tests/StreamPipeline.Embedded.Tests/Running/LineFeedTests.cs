using System.Text;
using StreamPipeline.Core.Commit;
using StreamPipeline.Core.Configuration;
using StreamPipeline.Embedded.Mapping;
using StreamPipeline.Embedded.Running;
using StreamPipeline.Embedded.Sources;

namespace StreamPipeline.Embedded.Tests.Running;

public sealed class LineFeedTests
{
    /// <summary>Lanes give blocks back at different times, and what they gave back is filled again.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public async Task Every_line_of_many_blocks_comes_once_in_order_with_its_own_sequence_number(int lanes)
    {
        const int Lines = 400_000;
        var text = string.Concat(Enumerable.Range(0, Lines).Select(line => $"{{\"k\":{line}}}\n"));
        var names = Enumerable.Range(0, lanes).Select(lane => $"s{lane}").ToArray();
        using var reader = new LineReader(new MemoryStream(Encoding.ASCII.GetBytes(text)), "lines", new DecodeLimits(RecordBytes: 1024));
        var feed = new LineFeed(reader, new InputEntry("id", "lines", 2, names, 7, Complete: false), "k", () => 7, () => { });
        var held = names.ToDictionary(name => name, _ => new Queue<(RecordChunk Chunk, int Records)>());
        var seen = new bool[Lines];
        var last = names.ToDictionary(name => name, _ => -1);
        var chunks = 0;
        await feed.Produce(
            (shard, chunk) =>
            {
                chunks++;
                held[shard].Enqueue((chunk, chunk.Records.Count));
                if (held[shard].Count > 1)
                {
                    Check(shard, held[shard].Dequeue());
                }

                return default;
            },
            TestContext.Current.CancellationToken);
        foreach (var (shard, chunk) in held.SelectMany(lane => lane.Value.Select(chunk => (lane.Key, chunk))))
        {
            Check(shard, chunk);
        }

        Assert.True(chunks >= 4 * lanes);
        Assert.DoesNotContain(false, seen);

        void Check(string shard, (RecordChunk Chunk, int Records) sent)
        {
            var (chunk, records) = sent;
            Assert.Equal(records, chunk.Records.Count);
            foreach (var record in chunk.Records)
            {
                var line = int.Parse(Encoding.ASCII.GetString(record.Data.Span)[5..^1]);
                Assert.Equal(2_000_000_000_000UL + (ulong)line, record.Sequence.Low);
                Assert.True(line > last[shard]);
                last[shard] = line;
                seen[line] = true;
            }

            chunk.Buffer.Dispose();
        }
    }
}
