using CsCheck;
using StreamPipeline.Core.Configuration;
using StreamPipeline.Core.Windows;

namespace StreamPipeline.Core.Tests.Windows;

public sealed class PaneLayerCodecTests
{
    private static readonly MetricSettings Flights = TestMetrics.Metric("flights", 10_000_000, 5_000_000, ["origin"], TestMetrics.EveryMeasure);
    private static readonly MetricSet Metrics = TestMetrics.Bind(0, Flights);

    [Fact]
    public void Damaged_bytes_are_refused() =>
        SilverRow.Gen.List[1, 20].Select(Gen.Int[0, int.MaxValue], Gen.Byte[1, 255], Gen.Bool).Sample(
            (rows, at, flip, cut) =>
            {
                var part = TestMetrics.Layer(Metrics, rows).Encode()[0];
                at %= part.Length;
                part[at] ^= flip;
                Assert.Throws<InvalidDataException>(() => Metrics.Decode([cut ? part[..at] : part]));
            },
            iter: 300);

    [Fact]
    public void A_body_that_lies_under_a_right_hash_is_refused_or_read_and_never_anything_else() =>
        SilverRow.Gen.List[1, 20].Select(Gen.Int[0, int.MaxValue], Gen.Byte, Gen.Bool).Sample(
            (rows, at, value, cut) =>
            {
                var body = PanePart.Unpack(TestMetrics.Layer(Metrics, rows).Encode()[0]).ToArray();
                at %= body.Length;
                body[at] = value;
                try
                {
                    var layer = Metrics.Decode([PanePart.Pack(cut ? body.AsSpan(0, at) : body)]);
                    using var gold = Metrics.ToGold(Metrics.Metrics[0], layer, _ => true);
                }
                catch (InvalidDataException)
                {
                }
                catch (MetricChangedException)
                {
                }
            },
            iter: 2000);

    [Fact]
    public void Bytes_of_another_kind_or_version_are_refused_by_name()
    {
        Assert.Contains("not a pane layer", Refused([]), StringComparison.Ordinal);
        Assert.Contains("not a pane layer", Refused(new byte[100]), StringComparison.Ordinal);
        var part = TestMetrics.Layer(Metrics, [new(1, null, null, null, null, null, null, true, null)]).Encode()[0];
        part[4] = 9;
        Assert.Contains("format version 9, this program reads 1", Refused(part), StringComparison.Ordinal);
    }

    [Fact]
    public void A_group_that_comes_twice_is_refused()
    {
        var part = TestMetrics.Layer(Metrics, [new(1, null, null, null, null, null, null, true, null)]).Encode()[0];
        Assert.Contains("twice", Assert.Throws<InvalidDataException>(() => Metrics.Decode([part, part])).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Panes_of_a_metric_that_changed_or_went_are_a_clear_error()
    {
        var parts = TestMetrics.Layer(Metrics, [new(1, "ATL", 5, 1, null, null, null, true, null)]).Encode();
        var changes = new (string Part, MetricSettings Metric)[]
        {
            ("other windows, groups or measures", Flights with { Size = Flights.Size * 2 }),
            ("other windows, groups or measures", Flights with { GroupBy = ["vip"] }),
            ("other windows, groups or measures", Flights with { Measures = [.. Flights.Measures.Skip(1)] }),
            ("pipeline.yaml has no such metric", Flights with { Name = "others" }),
        };
        foreach (var (part, metric) in changes)
        {
            var error = Assert.Throws<MetricChangedException>(() => TestMetrics.Bind(0, metric).Decode(parts));
            Assert.Contains("'flights'", error.Message, StringComparison.Ordinal);
            Assert.Contains(part, error.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_new_metric_or_another_quantile_or_column_name_keeps_open_windows_readable()
    {
        var layer = TestMetrics.Layer(Metrics, [new(1, "ATL", 5, 1, null, null, null, true, null)]);
        var renamed = Flights with { Measures = [.. Flights.Measures.Select(measure => measure with { Column = measure.Column + "_2", Quantile = measure.Quantile / 2 })] };
        var metrics = TestMetrics.Bind(0, TestMetrics.Metric("new", 10, 10, [], TestMetrics.EveryMeasure), renamed);
        Assert.Equal(layer.GroupCount, metrics.Decode(layer.Encode()).GroupCount);
    }

    [Fact]
    public void Many_groups_with_large_sketches_fit_parts_of_the_state_table()
    {
        var metrics = TestMetrics.Bind(0, TestMetrics.Metric("big", 10, 10, ["vip"], TestMetrics.EveryMeasure));
        var random = new Random(1);
        var rows = Enumerable.Range(0, 60_000).Select(i => new SilverRow(i / 2000 * 10, null, random.NextInt64(), Math.Exp((random.NextDouble() - 0.5) * 600), i % 2 == 0, null, null, true, $"{i}")).ToList();
        var layer = TestMetrics.Layer(metrics, rows);
        var parts = layer.Encode();
        Assert.Equal(60, layer.GroupCount);
        Assert.All(parts, part => Assert.InRange(part.Length, 1, PaneLayer.PartBytesMax));
        Assert.Equal(TestMetrics.Bytes(layer), TestMetrics.Bytes(metrics.Decode(parts)));
    }

    private static string Refused(byte[] part) => Assert.Throws<InvalidDataException>(() => Metrics.Decode([part])).Message;
}
