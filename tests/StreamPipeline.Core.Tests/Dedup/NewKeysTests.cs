using CsCheck;
using StreamPipeline.Core.Decoding.Columns;
using StreamPipeline.Core.Dedup;

namespace StreamPipeline.Core.Tests.Dedup;

public sealed class NewKeysTests
{
    [Fact]
    public void They_are_stored_as_segments_by_expiry_time_in_the_order_they_came() =>
        Gen.Select(Gen.Int[1, 4], Gen.Bool, Gen.Int[0, 2], Gen.Int[0, 3]).List[0, 200].Select(Gen.Bool).Sample((steps, isRented) =>
        {
            using var buffers = new ColumnBuffers();
            // As the batch has them: those that are no copies move to the front of the memory they lie in.
            var memory = Enumerable.Range(0, steps.Sum(step => step.Item3 + step.Item4)).Select(KeyOf).ToArray();
            var keys = new NewKeys(memory, isRented ? buffers : null);
            var added = new List<(UInt128 Key, long ExpiresAtUs)>();
            var (expiresAtUs, next) = (1000L, 0);
            foreach (var (step, isBack, copies, count) in steps)
            {
                // Mostly the same or later, sometimes earlier.
                expiresAtUs += step > 2 ? 0 : isBack && step == 1 ? -1 : 1;
                next += copies;
                added.AddRange(Enumerable.Range(next, count).Select(key => (KeyOf(key), expiresAtUs)));
                keys.Add(memory.AsSpan(next, count), expiresAtUs);
                next += count;
            }

            var items = keys.ToItems("pk", "attempt", 7);
            var expected = SeenSegment.Group([.. added.Select(item => item.Key)], [.. added.Select(item => item.ExpiresAtUs)]);
            Assert.Equal(expected.Count, items.Count);
            for (var i = 0; i < items.Count; i++)
            {
                var segment = SeenSegment.Decode(items[i].Body.Span);
                Assert.Equal(expected[i].ExpiresAtUs, segment.ExpiresAtUs);
                Assert.Equal(expected[i].Fingerprints.ToArray(), segment.Fingerprints.ToArray());
                Assert.Equal(("pk", SeenSegment.SortKey(segment.ExpiresAtUs, "attempt", i), 7L), (items[i].Pk, items[i].Sk, items[i].Version));
            }
        });

    /// <summary>Different ones in what is kept of a fingerprint.</summary>
    private static UInt128 KeyOf(int key) => (UInt128)key << 32;
}
