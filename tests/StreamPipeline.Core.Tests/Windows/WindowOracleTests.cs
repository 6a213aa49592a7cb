using System.Globalization;
using System.Numerics;
using Apache.Arrow;
using CsCheck;

namespace StreamPipeline.Core.Tests.Windows;

/// <summary>Gold rows against a few lines that try every window for every row.</summary>
public sealed class WindowOracleTests
{
    private const long LatenessUs = 3_000_000;

    [Fact]
    public void Gold_equals_trying_every_window_for_every_row_also_for_hopping_windows_and_times_before_1970() =>
        SilverRow.Gen.List[0, 80].Select(Gen.Long[1, 12_000_000], Gen.Long[1, 12_000_000]).Where((_, size, every) => every <= size && size / every < 50).Sample(
            (rows, sizeUs, everyUs) =>
            {
                // Some right where a window begins or ends, or just before.
                rows = [.. rows.Select((row, i) => i % 3 == 0 ? row with { TimeUs = (row.TimeUs / everyUs * everyUs) + (i % 2 * (sizeUs % everyUs)) - (i / 6 % 2) } : row)];
                rows = rows.Count % 2 == 0 ? rows : [.. rows.OrderBy(row => row.TimeUs)];
                var metrics = TestMetrics.Bind(LatenessUs, TestMetrics.Metric("m", sizeUs, everyUs, ["vip", "day"], TestMetrics.EveryMeasure));
                using var batch = SilverRow.Batch(rows);
                var result = metrics.Accumulate(batch, SilverRow.Times(rows), long.MinValue);
                using var gold = metrics.ToGold(metrics.Metrics[0], result.Layer, _ => true);
                var expected = Expected(rows, sizeUs, everyUs, out var late);
                Assert.Equal(late, result.LateRecords);
                Assert.Equal(expected.Select(window => (object?[])[window.StartUs, window.StartUs + sizeUs, window.Vip, window.Day]), Keys(gold));
                for (var i = 0; i < expected.Count; i++)
                {
                    AssertMeasures(expected[i].Rows, gold, i);
                }
            },
            iter: 200);

    /// <summary>Texts of every length around a word, of few letters, so that they nearly are each other.</summary>
    [Fact]
    public void Texts_group_by_all_of_their_bytes() =>
        Gen.String[Gen.OneOf('a', 'b', '\0', 'é'), 0, 18].Select(text => text == "b" ? null : (string?)text).List[0, 40].Select(Gen.Int[0, 40].Array[0, 300]).Sample((texts, picks) =>
        {
            var metrics = TestMetrics.Bind(0, TestMetrics.Metric("m", 10, 10, ["origin"], new Core.Configuration.MeasureSettings("n", "count", null, null)));
            var rows = picks.Select(pick => new SilverRow(1, pick < texts.Count ? texts[pick] : "a", null, null, null, null, null, true, null)).ToList();
            using var gold = metrics.ToGold(metrics.Metrics[0], TestMetrics.Layer(metrics, rows), _ => true);
            Assert.Equal(
                rows.GroupBy(row => row.Origin).Select(group => (group.Key, (long)group.Count())).OrderBy(group => group.Key, StringComparer.Ordinal),
                Enumerable.Range(0, gold.Length).Select(i => ((string?)Value(gold, "origin", i), (long)Value(gold, "n", i)!)).OrderBy(group => group.Item1, StringComparer.Ordinal));
        });

    [Fact]
    public void Late_rows_are_judged_by_the_rows_before_them_only()
    {
        var metrics = TestMetrics.Bind(0, TestMetrics.Metric("m", 10, 10, [], new Core.Configuration.MeasureSettings("n", "count", null, null)));
        long[] times = [5, 20, 9, 10, 19, 40, 20, 30];
        var rows = times.Select(time => new SilverRow(time, null, null, null, null, null, null, true, null)).ToList();
        using var batch = SilverRow.Batch(rows);
        var result = metrics.Accumulate(batch, times, long.MinValue);
        Assert.Equal(5, result.LateRecords);
        Assert.Equal(40, result.WatermarkUs);
        Assert.Equal([(0L, 1), (20L, 1), (40L, 1)], result.Layer.Windows().Select(window => (window.StartUs, window.Groups)));
    }

    [Theory]
    [InlineData(long.MinValue, -62_135_596_800_000_000)]
    [InlineData(long.MaxValue, 253_402_300_799_999_999)]
    public void Event_times_beyond_the_calendar_are_clamped_to_it(long timeUs, long clampedUs)
    {
        const long dayUs = 86_400_000_000;
        var metrics = TestMetrics.Bind(LatenessUs, TestMetrics.Metric("m", 366 * dayUs, 366 * dayUs, [], TestMetrics.EveryMeasure));
        List<SilverRow> rows = [new(timeUs, null, 1, null, null, null, null, true, null)];
        using var batch = SilverRow.Batch(rows);
        var result = metrics.Accumulate(batch, [timeUs], long.MinValue);
        Assert.Equal(clampedUs, result.WatermarkUs);
        var window = Assert.Single(result.Layer.Windows());
        Assert.InRange(clampedUs, window.StartUs, window.StartUs + (366 * dayUs) - 1);
    }

    [Fact]
    public void A_sum_beyond_its_type_is_null_and_counted_and_its_average_stays_right()
    {
        var metrics = TestMetrics.Bind(0, TestMetrics.Metric("m", 10, 10, [], TestMetrics.EveryMeasure));
        List<SilverRow> rows =
        [
            new(1, null, long.MaxValue, double.MaxValue, null, null, null, true, null),
            new(1, null, long.MaxValue, double.MaxValue, null, null, null, true, null),
        ];
        using var gold = metrics.ToGold(metrics.Metrics[0], TestMetrics.Layer(metrics, rows), _ => true, out var overflowed);
        Assert.Equal(2, overflowed);
        Assert.Null(Value(gold, "delay_sum", 0));
        Assert.Null(Value(gold, "price_sum", 0));
        Assert.Equal((double)long.MaxValue, Value(gold, "delay_avg", 0));
        Assert.Equal(double.MaxValue, Value(gold, "price_avg", 0));
        Assert.Equal(0.0, Value(gold, "price_stddev", 0));
    }

    [Fact]
    public void A_window_of_nulls_has_counts_of_zero_and_nulls_elsewhere()
    {
        var metrics = TestMetrics.Bind(0, TestMetrics.Metric("m", 10, 10, ["origin"], TestMetrics.EveryMeasure));
        List<SilverRow> rows = [new(1, null, null, null, null, null, null, false, "hidden by its null struct")];
        using var gold = metrics.ToGold(metrics.Metrics[0], TestMetrics.Layer(metrics, rows), _ => true);
        foreach (var field in gold.Schema.FieldsList.Skip(2))
        {
            var isCount = field.Name is "delays" or "cities" or "prices" or "days" or "vips";
            Assert.Equal(field.Name == "rows" ? 1L : isCount ? 0L : null, Value(gold, field.Name, 0));
        }
    }

    [Fact]
    public void Long_group_keys_are_shortened_and_stay_apart()
    {
        var metrics = TestMetrics.Bind(0, TestMetrics.Metric("m", 10, 10, ["origin"], new Core.Configuration.MeasureSettings("n", "count", null, null)));
        var start = new string('é', 5_000);
        var rows = new[] { start + "a", start + "b", start + "a", new string('x', 1024), "a\0b", "a\0", "a" }
            .Select(origin => new SilverRow(1, origin, null, null, null, null, null, true, null)).ToList();
        using var gold = metrics.ToGold(metrics.Metrics[0], metrics.Decode(TestMetrics.Layer(metrics, rows).Encode()), _ => true);
        var groups = Enumerable.Range(0, gold.Length).Select(i => ((string)Value(gold, "origin", i)!, (long)Value(gold, "n", i)!)).ToList();
        Assert.Equal(["a", "a\0", "a\0b", new string('x', 1024)], groups.Take(4).Select(group => group.Item1));
        Assert.Equal([1L, 2L], groups.Skip(4).Select(group => group.Item2).Order());
        Assert.All(groups.Skip(4), group => Assert.Matches("^é{100}…#[0-9a-f]{32}$", group.Item1));
    }

    private static List<(long StartUs, bool? Vip, int? Day, List<SilverRow> Rows)> Expected(
        List<SilverRow> rows, long sizeUs, long everyUs, out long late)
    {
        late = 0;
        var watermarkUs = (BigInteger)long.MinValue;
        var windows = new Dictionary<(long, bool?, int?), List<SilverRow>>();
        foreach (var row in rows)
        {
            var isLate = false;
            for (var k = (-60_000_000 / everyUs) - 1; k * everyUs <= row.TimeUs; k++)
            {
                var startUs = k * everyUs;
                if (row.TimeUs >= startUs + sizeUs)
                {
                    continue;
                }

                if (startUs + sizeUs + LatenessUs <= watermarkUs)
                {
                    isLate = true;
                    continue;
                }

                var key = (startUs, row.Vip, row.Day);
                windows.TryAdd(key, []);
                windows[key].Add(row);
            }

            late += isLate ? 1 : 0;
            watermarkUs = BigInteger.Max(watermarkUs, row.TimeUs);
        }

        return
        [
            .. windows.Select(window => (window.Key.Item1, window.Key.Item2, window.Key.Item3, window.Value))
                .OrderBy(window => window.Item1).ThenBy(window => window.Item2).ThenBy(window => window.Item3),
        ];
    }

    private static IEnumerable<object?[]> Keys(RecordBatch gold) => Enumerable.Range(0, gold.Length).Select(i =>
        (object?[])[Value(gold, "window_start", i), Value(gold, "window_end", i), Value(gold, "vip", i), Value(gold, "day", i)]);

    private static void AssertMeasures(List<SilverRow> rows, RecordBatch gold, int at)
    {
        var delays = rows.Where(row => row.Delay is not null).Select(row => row.Delay!.Value).Order().ToList();
        var prices = rows.Where(row => row.Price is not null).Select(row => row.Price!.Value).Order().ToList();
        var origins = rows.Where(row => row.Origin is not null).Select(row => row.Origin!).Order(StringComparer.Ordinal).ToList();
        var sum = delays.Aggregate(BigInteger.Zero, (total, delay) => total + delay);
        Assert.Equal((long)rows.Count, Value(gold, "rows", at));
        Assert.Equal((long)delays.Count, Value(gold, "delays", at));
        Assert.Equal(delays.Count == 0 || sum != (BigInteger)unchecked((long)(Int128)sum) ? null : (long)sum, Value(gold, "delay_sum", at));
        Assert.Equal(delays.Count == 0 ? null : delays[0], Value(gold, "delay_min", at));
        Assert.Equal(prices.Count == 0 ? null : prices[0], Value(gold, "price_min", at));
        Assert.Equal(prices.Count == 0 ? null : prices[^1], Value(gold, "price_max", at));
        Assert.Equal(rows.Max(row => row.Day), Value(gold, "day_max", at));
        Assert.Equal(rows.Min(row => row.Seen), Value(gold, "seen_min", at));
        Assert.Equal(origins.Count == 0 ? null : origins[0], Prefix(Value(gold, "origin_min", at), origins.FirstOrDefault()));
        Assert.Equal((long)rows.Where(row => row.UserPresent && row.City is not null).Select(row => row.City).Distinct().Count(), Value(gold, "cities", at));
        Assert.Equal((long)prices.Distinct().Count(), Value(gold, "prices", at));
        Assert.Equal((long)rows.Where(row => row.Day is not null).Select(row => row.Day).Distinct().Count(), Value(gold, "days", at));
        Assert.Equal((long)rows.Where(row => row.Vip is not null).Select(row => row.Vip).Distinct().Count(), Value(gold, "vips", at));
        AssertSum(prices, at, gold, "price");
        AssertSum(delays.ConvertAll(delay => (double)delay), at, gold, "delay");
        AssertQuantile(delays.ConvertAll(delay => (double)delay), 0.5, Value(gold, "delay_p50", at));
        AssertQuantile(delays.ConvertAll(delay => (double)delay), 0.95, Value(gold, "delay_p95", at));
        if (delays.Count > 0)
        {
            Assert.Equal((double)sum / delays.Count, (double)Value(gold, "delay_avg", at)!, Math.Abs((double)sum) * 1e-15);
        }
    }

    /// <summary>Average and deviation, and the sum of doubles, as far as adding doubles tells them.</summary>
    private static void AssertSum(List<double> values, int at, RecordBatch gold, string field)
    {
        var largest = values.Select(Math.Abs).DefaultIfEmpty().Max();
        if (values.Count == 0 || largest > 1e100)
        {
            return;
        }

        var average = values.Average();
        var tolerance = values.Sum(Math.Abs) * 1e-13;
        Assert.Equal(average, (double)Value(gold, field + "_avg", at)!, tolerance);
        Assert.Equal(Math.Sqrt(values.Average(value => (value - average) * (value - average))), (double)Value(gold, field + "_stddev", at)!, largest * 1e-6);
        if (Value(gold, field + "_sum", at) is double sum)
        {
            Assert.Equal(values.Sum(), sum, tolerance);
        }
    }

    private static void AssertQuantile(List<double> sorted, double quantile, object? actual)
    {
        if (sorted.Count == 0)
        {
            Assert.Null(actual);
            return;
        }

        var exact = sorted[(int)Math.Floor(quantile * (sorted.Count - 1))];
        Assert.InRange(Math.Abs((double)actual! - exact), 0, Math.Abs(exact) * 0.01);
    }

    /// <summary>Strings above 1,024 bytes come out cut.</summary>
    private static string? Prefix(object? actual, string? full) =>
        actual is string text && full is not null && text.Length >= 300 && full.StartsWith(text, StringComparison.Ordinal) ? full : (string?)actual;

    private static object? Value(RecordBatch gold, string column, int row) => gold.Column(gold.Schema.GetFieldIndex(column)) switch
    {
        TimestampArray array => array.IsNull(row) ? null : array.Values[row],
        Int64Array array => array.GetValue(row),
        DoubleArray array => array.GetValue(row),
        BooleanArray array => array.GetValue(row),
        Date32Array array => array.IsNull(row) ? null : array.Values[row],
        StringArray array => array.GetString(row),
        var array => throw new InvalidOperationException(string.Create(CultureInfo.InvariantCulture, $"{column} is {array.Data.DataType.Name}")),
    };
}
