using CsCheck;
using StreamPipeline.Core.Decoding.Compiled;

namespace StreamPipeline.Core.Tests.Decoding.Compiled;

public sealed class MemberOrderTests
{
    /// <summary>Pairs at random, some of which close a circle, told by walking all ways; members beyond the first ones come as they are met.</summary>
    [Fact]
    public void It_takes_what_closes_no_circle_and_ranks_rise_along_it() =>
        Gen.Select(Gen.Int[1, 8], Gen.Select(Gen.Int[-1, 11], Gen.Int[0, 12]).Array[0, 40]).Sample((count, pairs) =>
        {
            var order = new MemberOrder(count);
            var behind = Enumerable.Range(0, 12).Select(_ => new HashSet<int>()).ToArray();
            foreach (var (from, other) in pairs.Where(pair => pair.Item1 != pair.Item2))
            {
                var to = other == 12 ? MemberOrder.End : other;
                var closes = from != MemberOrder.Start && to != MemberOrder.End && Behind(behind, to).Contains(from);
                Assert.Equal(closes, order.Contradicts(from, to));
                Assert.Equal(!closes, order.Copy().TryAdd(from, to));
                Assert.Equal(!closes, order.TryAdd(from, to));
                if (!closes && from != MemberOrder.Start && to != MemberOrder.End)
                {
                    behind[from].Add(to);
                }
            }

            order.Rank();
            int[] all = [.. order.Between(MemberOrder.Start, MemberOrder.End)];
            Assert.Equal(Enumerable.Range(0, all.Length), all.Order());
            Assert.InRange(all.Length, count, 12);
            for (var from = 0; from < all.Length; from++)
            {
                foreach (var to in behind[from])
                {
                    Assert.True(Array.IndexOf(all, from) < Array.IndexOf(all, to));
                    Assert.Equal(all[(Array.IndexOf(all, from) + 1)..Array.IndexOf(all, to)], order.Between(from, to));
                }

                Assert.Equal(all[..Array.IndexOf(all, from)], order.Between(MemberOrder.Start, from));
                Assert.Equal(all[(Array.IndexOf(all, from) + 1)..], order.Between(from, MemberOrder.End));
            }
        });

    [Fact]
    public void Without_anything_seen_it_is_the_contracts_order()
    {
        var order = new MemberOrder(4);

        Assert.False(order.Rank());
        Assert.Equal([0, 1, 2, 3], order.Between(MemberOrder.Start, MemberOrder.End));
        Assert.Equal([1, 2], order.Between(0, 3));
    }

    private static HashSet<int> Behind(HashSet<int>[] behind, int member)
    {
        var reached = new HashSet<int> { member };
        var waiting = new Queue<int>([member]);
        while (waiting.TryDequeue(out var next))
        {
            foreach (var other in behind[next].Where(reached.Add))
            {
                waiting.Enqueue(other);
            }
        }

        return reached;
    }
}
