using System.Numerics;
using System.Runtime.CompilerServices;

namespace StreamPipeline.Core.Lake.Parquet;

/// <summary>
/// Integers, dates and times: a dictionary or differences, whichever the values' own make takes fewer bits.
/// </summary>
internal sealed class IntegerValues<T> : FixedValues<T>
    where T : unmanaged, IBinaryInteger<T>, IMinMaxValue<T>
{
    private const int Stretches = 16;
    private const int StretchDeltas = 32;

    // Below, a dictionary's codes could hardly be shorter, and making them costs more.
    private const double FewBits = 3;

    // What zstd needs besides to say where an equal word was; measured on times in milliseconds.
    private const double MatchBits = 4;

    private DeltaWords<T>? _words;

    public override int WordBytes => Encoding == ValueEncoding.DeltaBinaryPacked ? _words?.Bytes ?? 0 : 0;

    public override void ChooseEncoding()
    {
        if (Count == 0)
        {
            Encoding = ValueEncoding.Plain;
            return;
        }

        var (packed, distinct) = SampleDeltas();
        var repeated = BitOperations.Log2((uint)distinct) + 1 + MatchBits;
        var isRepetitive = repeated < packed;
        var bits = Math.Min(isRepetitive ? repeated : packed, 8 * PlainShare * Unsafe.SizeOf<T>());
        Encoding = IsSteady() || (bits > FewBits && TryDictionary(bits / 8)) ? ValueEncoding.RleDictionary : ValueEncoding.DeltaBinaryPacked;
        _words = isRepetitive && Encoding == ValueEncoding.DeltaBinaryPacked ? DeltaWords<T>.Of(Values) : null;
    }

    public override void WritePage(int from, int count, PooledBytes output)
    {
        if (Encoding == ValueEncoding.DeltaBinaryPacked && _words is { } words)
        {
            DeltaBinaryPacked.Write(Values.Slice(from, count), words, output);
        }
        else if (Encoding == ValueEncoding.DeltaBinaryPacked)
        {
            DeltaBinaryPacked.Write(Values.Slice(from, count), output);
        }
        else
        {
            base.WritePage(from, count, output);
        }
    }

    protected override bool TryRange(ReadOnlySpan<T> values, out T min, out T max)
    {
        (min, max) = IntegerRange.Of(values);
        return true;
    }

    /// <summary>One value over and over.</summary>
    private bool IsSteady() => Values[0] == Values[^1] && TryRange(Values, out var min, out var max) && min == max && TryDictionary(0);

    /// <summary>Bits that a difference takes packed, and how many different ones there seem to be.</summary>
    private (double Packed, int Distinct) SampleDeltas()
    {
        Span<T> sample = stackalloc T[Stretches * StretchDeltas];
        var step = Math.Max(StretchDeltas, (Count - 1) / Stretches);
        var taken = 0;
        double bits = 0;
        var stretches = 0;
        for (var from = 0; from + 1 < Count && stretches < Stretches; from += step)
        {
            var values = Values.Slice(from, Math.Min(StretchDeltas + 1, Count - from));
            var deltas = sample.Slice(taken, values.Length - 1);
            for (var i = 0; i < deltas.Length; i++)
            {
                deltas[i] = unchecked(values[i + 1] - values[i]);
            }

            var (min, max) = IntegerRange.Of<T>(deltas);
            bits += (8 * Unsafe.SizeOf<T>()) - int.CreateTruncating(T.LeadingZeroCount(unchecked(max - min)));
            taken += deltas.Length;
            stretches++;
        }

        sample = sample[..taken];
        sample.Sort();
        var distinct = 0;
        for (var i = 0; i < sample.Length; i++)
        {
            distinct += i == 0 || sample[i] != sample[i - 1] ? 1 : 0;
        }

        return taken == 0 ? (0, 1) : (bits / stretches, (int)DictionaryOdds.EstimateDistinct(taken, distinct, Math.Max(taken, Count - 1)));
    }
}
