using CsCheck;
using StreamPipeline.Embedded.Kinesis;

namespace StreamPipeline.Embedded.Tests.Kinesis;

public sealed class StreamStateTests
{
    private const long Now = 1_772_366_400_000;

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(7)]
    [InlineData(1_000)]
    public void The_shards_of_a_new_stream_divide_the_hash_keys_evenly(int shards)
    {
        var stream = StreamState.Create("s", shards, 0, Now);
        AssertCovered(stream);
        var widths = stream.Shards.Select(shard => shard.To - shard.From).ToList();
        Assert.True(widths.Max() - widths.Min() <= 1);
    }

    [Fact]
    public void Three_shards_begin_where_those_of_Kinesis_do()
    {
        // As `aws kinesis create-stream --shard-count 3` shows them.
        var starts = StreamState.Create("s", 3, 0, Now).Shards.Select(shard => StreamState.Text(shard.From));
        Assert.Equal(["0", "113427455640312821154458202477256070485", "226854911280625642308916404954512140970"], starts);
    }

    [Fact]
    public void However_a_stream_is_resharded_its_open_shards_cover_all_keys_and_children_come_after_their_parents() =>
        Gen.Select(Gen.Int[1, 4], Gen.Select(Gen.Bool, Gen.UInt, Gen.UInt, Gen.Int[0, 2_000]).Array[0, 30]).Sample((shards, steps) =>
        {
            var (stream, ordinal, now) = (StreamState.Create("s", shards, 0, Now), shards, Now);
            foreach (var (isSplit, pick, at, passedMs) in steps)
            {
                now += passedMs;
                var open = stream.Shards.Where(shard => shard.IsOpen).OrderBy(shard => shard.From).ToArray();
                var shard = open[pick % open.Length];
                if (isSplit && shard.From < shard.To)
                {
                    stream = stream.Split(shard, shard.From + 1 + ((shard.To - shard.From - 1) * at / uint.MaxValue), ordinal, now);
                    ordinal += 2;
                }
                else if (!isSplit && shard != open[^1])
                {
                    stream = stream.Merge(shard, open[(int)(pick % open.Length) + 1], ordinal++, now);
                }
            }

            AssertCovered(stream);
            AssertLineage(stream);
            Assert.Equal(ordinal, stream.Shards.Select(shard => shard.Ordinal).Distinct().Count());
            Assert.Equal(StreamStateJson.Write(stream), StreamStateJson.Write(StreamStateJson.Read(StreamStateJson.Write(stream))));
        });

    [Fact]
    public void A_record_goes_to_the_open_shard_whose_range_holds_its_hash_key()
    {
        var stream = StreamState.Create("s", 3, 0, Now);
        stream = stream.Split(stream.Shards[1], stream.Shards[1].From + 5, 3, Now);
        var open = new OpenStream(stream, shard => new ShardTraffic(shard));
        Gen.Select(Gen.ULong, Gen.ULong, (high, low) => new UInt128(high, low)).Sample(key =>
        {
            var shard = open.Route(key).Shard;
            return shard.IsOpen && shard.From <= key && key <= shard.To;
        });
        Assert.All(stream.Shards.Where(shard => shard.IsOpen), shard =>
            Assert.Equal((shard.Index, shard.Index), (open.Route(shard.From).Shard.Index, open.Route(shard.To).Shard.Index)));
    }

    [Fact]
    public void A_closed_shard_leaves_when_its_last_record_has_expired()
    {
        var stream = StreamState.Create("s", 1, 0, Now);
        stream = stream.Split(stream.Shards[0], 1, 1, Now);
        Assert.Same(stream, stream.WithoutExpired(Now + stream.RetentionMs - 1));
        Assert.Equal([1, 2], stream.WithoutExpired(Now + stream.RetentionMs).Shards.Select(shard => shard.Index));
    }

    private static void AssertCovered(StreamState stream)
    {
        var open = stream.Shards.Where(shard => shard.IsOpen).OrderBy(shard => shard.From).ToList();
        Assert.Equal(UInt128.Zero, open[0].From);
        Assert.Equal(UInt128.MaxValue, open[^1].To);
        Assert.All(open.Zip(open.Skip(1)), pair => Assert.Equal(pair.First.To + 1, pair.Second.From));
    }

    private static void AssertLineage(StreamState stream)
    {
        foreach (var child in stream.Shards)
        {
            foreach (var index in new[] { child.Parent, child.AdjacentParent }.OfType<int>())
            {
                var parent = stream.Find(index)!;
                Assert.False(parent.IsOpen);
                Assert.True(string.CompareOrdinal(parent.EndingSequence, child.StartingSequence) < 0);
                Assert.Contains(child, stream.ChildrenOf(parent));
            }
        }
    }
}
