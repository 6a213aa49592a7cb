using System.IO.Hashing;
using System.Runtime.InteropServices;
using CsCheck;
using StreamPipeline.Core.Windows.Aggregates;

namespace StreamPipeline.Core.Tests.Windows;

public sealed class SketchTests
{
    [Fact]
    public void Distinct_is_exact_for_small_sets_and_within_its_standard_error_at_every_size()
    {
        // 1.04/√16384 = 0.81 %: over 12 seeds the mean square error stays within it (times 1.6 for chance), each error within five of it.
        int[] sizes = [1, 10, 100, 1000, 2048, 2049, 5_000, 20_000, 50_000, 100_000, 1_000_000];
        var squares = new double[sizes.Length];
        const int seeds = 12;
        for (var seed = 0L; seed < seeds; seed++)
        {
            var sketch = new DistinctSketch();
            var size = 0;
            for (var i = 0; i < sizes.Length; i++)
            {
                for (; size < sizes[i]; size++)
                {
                    sketch.Add(Hash(seed, size));
                }

                var error = (sketch.Estimate() - (double)size) / size;
                squares[i] += error * error / seeds;
                Assert.InRange(error, -5 * 0.0081, 5 * 0.0081);
                Assert.True(size > 1000 || sketch.Estimate() == size);
            }
        }

        Assert.All(squares, square => Assert.InRange(Math.Sqrt(square), 0, 1.6 * 0.0081));
    }

    [Fact]
    public void Distinct_depends_on_the_set_alone_not_on_order_repetition_or_merging() =>
        Gen.Int[0, 6000].List[0, 40].Select(Gen.Int[0, 40], Gen.Int).Sample((starts, cut, seed) =>
        {
            // Runs of up to 200 values from random starts: overlapping sets on both sides of the sparse bound.
            var values = starts.SelectMany(start => Enumerable.Range(start, 200)).ToArray();
            DistinctSketch whole = new(), left = new(), right = new();
            foreach (var value in values)
            {
                whole.Add(Hash(0, value));
            }

            new Random(seed).Shuffle(values);
            var at = Math.Min(cut * 200, values.Length);
            values.Take(at).ToList().ForEach(value => left.Add(Hash(0, value)));
            values.Skip(at).ToList().ForEach(value => right.Add(Hash(0, value)));
            left.Add(right);
            Assert.Equal(Bytes(whole.Write), Bytes(left.Write));

            // Taken over where there was nothing, and a state of its own afterwards.
            var copy = new DistinctSketch();
            copy.Add(whole);
            Assert.Equal(Bytes(whole.Write), Bytes(copy.Write));
            copy.Add(Hash(1, seed));
            Assert.Equal(Bytes(left.Write), Bytes(whole.Write));
            var reader = new ByteReader(Bytes(left.Write));
            Assert.Equal(Bytes(whole.Write), Bytes(DistinctSketch.Read(ref reader).Write));
            Assert.InRange(Bytes(whole.Write).Length, 1, DistinctSketch.EncodedBytesMax);
        }, iter: 200);

    [Fact]
    public void Quantiles_are_within_one_percent_on_many_distributions()
    {
        var random = new Random(7);
        Func<double>[] distributions =
        [
            () => random.NextDouble(),
            () => (random.NextDouble() - 0.5) * 2e9,
            () => -Math.Log(1 - random.NextDouble()),
            () => Math.Pow(1 - random.NextDouble(), -3),
            () => -Math.Exp(40 * (random.NextDouble() - 0.5)),
            () => random.Next(-3, 4),
            () => Math.ScaleB(1, random.Next(-30, 30)),
            () => random.Next(2) == 0 ? 0 : random.NextDouble() * 1e-290,
        ];
        foreach (var distribution in distributions)
        {
            AssertQuantiles([.. Enumerable.Range(0, 20_000).Select(_ => distribution())]);
        }
    }

    [Fact]
    public void Quantiles_are_within_one_percent_of_any_values() =>
        Gen.Double[-1, 1].Select(Gen.Int[-12, 12], (value, exponent) => Math.ScaleB(Math.CopySign(Math.Max(Math.Abs(value), 1e-9), value), exponent))
            .Array[1, 50].Sample(AssertQuantiles, iter: 300);

    [Fact]
    public void Beyond_the_bins_of_a_sketch_only_the_smallest_magnitudes_lose_their_place()
    {
        var sketch = new QuantileSketch();
        double[] values = [double.MaxValue, 1e-200, 1e-250, 1e292, 1e291, -1e-200, -double.MaxValue];
        foreach (var value in values)
        {
            sketch.Add(value);
        }

        Assert.Equal(1e291, sketch.Quantile(4 / 6.0)!.Value, 1e289);
        Assert.Equal(1e292, sketch.Quantile(5 / 6.0)!.Value, 1e290);
        Assert.InRange(sketch.Quantile(3 / 6.0)!.Value, 0, double.MaxValue * 1e-17);
        Assert.InRange(sketch.Quantile(1 / 6.0)!.Value, -double.MaxValue * 1e-17, 0);
        Assert.InRange(Bytes(sketch.Write).Length, 1, QuantileSketch.EncodedBytesMax);
    }

    [Fact]
    public void Quantile_sketches_do_not_depend_on_order_or_merging() =>
        Gen.OneOf(Gen.ULong.Select(BitConverter.UInt64BitsToDouble).Where(double.IsFinite).List[0, 60], Spread.SelectMany(value => value.List[0, 200])).Select(Gen.Int[0, 200], Gen.Int).Sample((values, cut, seed) =>
        {
            QuantileSketch whole = new(), left = new(), right = new();
            values.ForEach(whole.Add);
            var shuffled = values.ToArray();
            new Random(seed).Shuffle(shuffled);
            shuffled.Take(cut).ToList().ForEach(left.Add);
            shuffled.Skip(cut).ToList().ForEach(right.Add);
            var reader = new ByteReader(Bytes(right.Write));
            left.Add(QuantileSketch.Read(ref reader));
            Assert.Equal(Bytes(whole.Write), Bytes(left.Write));

            // Taken over where there was nothing, and a state of its own afterwards.
            var copy = new QuantileSketch();
            copy.Add(whole);
            Assert.Equal(Bytes(whole.Write), Bytes(copy.Write));
            values.ForEach(copy.Add);
            Assert.Equal(Bytes(left.Write), Bytes(whole.Write));
            for (var quantile = 0.05; quantile < 1; quantile += 0.1)
            {
                Assert.Equal(whole.Quantile(quantile), left.Quantile(quantile));
            }
        });

    /// <summary>Magnitudes of up to so many powers of two: few bins to more than a sketch keeps, with few or many values in each.</summary>
    private static Gen<Gen<double>> Spread => Gen.Int[0, 60].Select(powers =>
        Gen.Select(Gen.Double[1, 2], Gen.Int[-powers, powers], Gen.Int[0, 3]).Select((value, power, sign) => Math.ScaleB(sign == 0 ? -value : value, power)));

    private static void AssertQuantiles(double[] values)
    {
        var sketch = new QuantileSketch();
        Array.ForEach(values, sketch.Add);
        Array.Sort(values);
        foreach (var quantile in new[] { 0.001, 0.01, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99, 0.999 })
        {
            var exact = values[(int)Math.Floor(quantile * (values.Length - 1))];
            Assert.InRange(sketch.Quantile(quantile)!.Value, exact - (0.01 * Math.Abs(exact)), exact + (0.01 * Math.Abs(exact)));
        }
    }

    private static ulong Hash(long seed, long value)
    {
        ReadOnlySpan<long> bytes = [value];
        return XxHash3.HashToUInt64(MemoryMarshal.AsBytes(bytes), seed);
    }

    private static byte[] Bytes(Action<ByteWriter> write)
    {
        var writer = new ByteWriter();
        write(writer);
        return writer.Written.ToArray();
    }
}
