using CsCheck;
using StreamPipeline.Core.Dedup;

namespace StreamPipeline.Core.Tests.Dedup;

public sealed class NewKeysTests
{
    [Fact]
    public void They_are_stored_as_segments_by_expiry_time_in_the_order_they_came() =>
        Gen.Select(Gen.Int[1, 4], Gen.Bool).List[0, 200].Sample(steps =>
        {
            var memory = new UInt128[steps.Count];
            var keys = new NewKeys(memory);
            var added = new List<(UInt128 Key, long ExpiresAtUs)>();
            var expiresAtUs = 1000L;
            foreach (var (step, isBack) in steps)
            {
                // Mostly the same or later, sometimes earlier.
                expiresAtUs += step > 2 ? 0 : isBack && step == 1 ? -1 : 1;
                keys.ExpiresAtUs = expiresAtUs;
                keys.Add((UInt128)added.Count);
                added.Add(((UInt128)added.Count, expiresAtUs));
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
}
