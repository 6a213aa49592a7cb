using CsCheck;
using StreamPipeline.Core.Columns;

namespace StreamPipeline.Core.Tests.Columns;

public sealed class BitmapTests
{
    private static readonly Gen<(byte[] Bits, int Start, int Count)> Slice =
        Gen.Byte.Array[0, 40].SelectMany(bits => Gen.Int[0, bits.Length * 8].SelectMany(start => Gen.Int[0, (bits.Length * 8) - start].Select(count => (bits, start, count))));

    [Fact]
    public void Bits_are_appended_wherever_they_start_and_wherever_they_go() =>
        Slice.Select(Gen.Bool.Array[0, 70]).Sample((slice, before) =>
        {
            var to = new byte[(before.Length + slice.Count + 7) / 8];
            for (var i = 0; i < before.Length; i++)
            {
                to[i / 8] |= (byte)((before[i] ? 1 : 0) << (i % 8));
            }

            Bitmap.Append(slice.Bits, slice.Start, to, before.Length, slice.Count);
            var expected = before.Concat(Enumerable.Range(slice.Start, slice.Count).Select(at => Bit(slice.Bits, at))).ToList();
            Assert.Equal(expected, Enumerable.Range(0, expected.Count).Select(at => Bit(to, at)));
            Assert.Equal(expected.Count(bit => bit), Bitmap.CountOnes(to));
        });

    [Fact]
    public void Ones_are_appended() =>
        Gen.Int[0, 70].Select(Gen.Int[0, 200]).Sample((before, count) =>
        {
            var to = new byte[(before + count + 7) / 8];
            Bitmap.AppendOnes(to, before, count);
            Assert.Equal(Enumerable.Range(0, to.Length * 8).Select(at => at >= before && at < before + count), Enumerable.Range(0, to.Length * 8).Select(at => Bit(to, at)));
        });

    [Fact]
    public void Each_bit_becomes_a_boolean() =>
        Slice.Sample(slice =>
        {
            var to = Enumerable.Repeat(true, slice.Count).ToArray();
            Bitmap.Expand(slice.Bits, slice.Start, to);
            Assert.Equal(Enumerable.Range(slice.Start, slice.Count).Select(at => Bit(slice.Bits, at)), to);
            Assert.All(System.Runtime.InteropServices.MemoryMarshal.AsBytes(to.AsSpan()).ToArray(), value => Assert.InRange(value, 0, 1));
        });

    [Fact]
    public void Rows_and_their_runs_are_the_same_rows() =>
        Gen.Int[0, 20].Array[0, 60].Sample(rows =>
        {
            var runs = new RowRun[rows.Length];
            var count = RowRun.Of(rows, runs);
            Assert.Equal(rows, runs.Take(count).SelectMany(run => Enumerable.Range(run.Start, run.Count)));
            Assert.All(runs.Take(count).Zip(runs.Take(count).Skip(1)), pair => Assert.NotEqual(pair.First.Start + pair.First.Count, pair.Second.Start));
        });

    private static bool Bit(byte[] bits, int at) => (bits[at / 8] >> (at % 8) & 1) != 0;
}
