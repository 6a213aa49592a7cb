using CsCheck;
using StreamPipeline.Core.Windows;

namespace StreamPipeline.Core.Tests.Windows;

public sealed class WindowSplitTests
{
    private static readonly MetricSet Metrics = TestMetrics.Bind(
        2_000_000,
        TestMetrics.Metric("tumbling", 10_000_000, 10_000_000, ["origin", "user.city"], TestMetrics.EveryMeasure),
        TestMetrics.Metric("hopping", 7_000_000, 3_000_000, ["vip", "day", "seen", "delay"], TestMetrics.EveryMeasure),
        TestMetrics.Metric("total", 60_000_000, 60_000_000, [], TestMetrics.EveryMeasure));

    private static readonly Gen<List<SilverRow>> Rows = SilverRow.Gen.List[0, 60];

    [Fact]
    public void Cutting_a_stream_anywhere_and_merging_in_any_order_gives_the_same_bytes_as_one_pass() =>
        Rows.Select(Gen.Int[1, 20], Gen.Int).Sample(
            (rows, size, seed) =>
            {
                using var all = SilverRow.Batch(rows);
                var whole = Metrics.Accumulate(all, SilverRow.Times(rows), long.MinValue);

                var random = new Random(seed);
                var watermarkUs = long.MinValue;
                var late = 0L;
                var latePerMetric = new long[3];
                var layers = new List<PaneLayer> { Metrics.Empty };
                for (var first = 0; first < rows.Count;)
                {
                    var part = rows.GetRange(first, Math.Min(random.Next(size + 1), rows.Count - first));
                    using var batch = SilverRow.Batch(part);
                    var result = Metrics.Accumulate(batch, SilverRow.Times(part), watermarkUs);
                    watermarkUs = result.WatermarkUs;
                    late += result.LateRecords;
                    for (var i = 0; i < 3; i++)
                    {
                        latePerMetric[i] += result.LatePerMetric[i];
                    }

                    layers.Add(result.Layer);
                    first += part.Count;
                }

                Assert.Equal(whole.WatermarkUs, watermarkUs);
                Assert.Equal(whole.LateRecords, late);
                Assert.Equal(whole.LatePerMetric, latePerMetric);
                Assert.Equal(TestMetrics.Bytes(whole.Layer), TestMetrics.Bytes(MergeAtRandom(layers, random)));
            },
            iter: 300);

    [Fact]
    public void A_layer_survives_encoding_into_parts_of_any_size() =>
        Rows.Select(Gen.Int[6_000, 50_000]).Sample(
            (rows, partBytesMax) =>
            {
                var layer = TestMetrics.Layer(Metrics, rows);
                var parts = layer.Encode(partBytesMax);
                Assert.All(parts, part => Assert.InRange(part.Length, 1, partBytesMax));
                var decoded = Metrics.Decode([.. parts.Reverse()]);
                Assert.Equal(layer.GroupCount, decoded.GroupCount);
                Assert.Equal(TestMetrics.Bytes(layer), TestMetrics.Bytes(decoded));

                // What was decoded goes on as if it had never been stored.
                var twice = PaneLayer.Merge([layer, layer]);
                Assert.Equal(TestMetrics.Bytes(twice), TestMetrics.Bytes(PaneLayer.Merge([decoded, layer])));
            },
            iter: 200);

    [Fact]
    public void Merging_leaves_the_merged_layers_as_they_were() =>
        Rows.Select(Rows).Sample(
            (left, right) =>
            {
                var (first, second) = (TestMetrics.Layer(Metrics, left), TestMetrics.Layer(Metrics, right));
                var (firstBytes, secondBytes) = (TestMetrics.Bytes(first), TestMetrics.Bytes(second));
                PaneLayer.Merge([PaneLayer.Merge([first, second]), first, second, second]);
                Assert.Equal(firstBytes, TestMetrics.Bytes(first));
                Assert.Equal(secondBytes, TestMetrics.Bytes(second));
            },
            iter: 100);

    [Fact]
    public void Dropped_windows_are_gone_and_the_others_whole() =>
        Rows.Select(Gen.Long[-30, 30]).Sample(
            (rows, cutSeconds) =>
            {
                var layer = TestMetrics.Layer(Metrics, rows);
                bool Old(int metric, long startUs) => metric != 2 && startUs < cutSeconds * 1_000_000;
                bool Young(int metric, long startUs) => !Old(metric, startUs);
                var kept = layer.Without(Old);
                Assert.All(kept.Windows(), window => Assert.False(Old(window.Metric, window.StartUs)));
                Assert.Equal(TestMetrics.Bytes(layer), TestMetrics.Bytes(PaneLayer.Merge([kept, layer.Without(Young)])));
                Assert.Equal(layer.GroupCount, layer.Windows().Sum(window => window.Groups));
            },
            iter: 100);

    /// <summary>Merges two or three random ones at a time until one is left.</summary>
    private static PaneLayer MergeAtRandom(List<PaneLayer> layers, Random random)
    {
        while (layers.Count > 1)
        {
            var picked = new List<PaneLayer>();
            for (var i = random.Next(2, 4); i > 0 && layers.Count > 0; i--)
            {
                var at = random.Next(layers.Count);
                picked.Add(layers[at]);
                layers.RemoveAt(at);
            }

            layers.Add(PaneLayer.Merge(picked));
        }

        return layers[0];
    }
}
