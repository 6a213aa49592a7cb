using System.Numerics;

namespace StreamPipeline.Cli.Generation;

/// <summary>
/// xoshiro256**, seeded by SplitMix64: the same seed gives the same events with every .NET version, which System.Random does not promise.
/// Source: Blackman and Vigna, "Scrambled linear pseudorandom number generators", 2021.
/// </summary>
internal sealed class SeededRandom
{
    private ulong _a;
    private ulong _b;
    private ulong _c;
    private ulong _d;

    public SeededRandom(long seed)
    {
        var state = (ulong)seed;
        _a = SplitMix(ref state);
        _b = SplitMix(ref state);
        _c = SplitMix(ref state);
        _d = SplitMix(ref state);
    }

    public ulong NextBits()
    {
        var result = BitOperations.RotateLeft(_b * 5, 7) * 9;
        var t = _b << 17;
        _c ^= _a;
        _d ^= _b;
        _b ^= _c;
        _a ^= _d;
        _c ^= t;
        _d = BitOperations.RotateLeft(_d, 45);
        return result;
    }

    /// <summary>0 to <paramref name="bound"/> - 1; the bias is below 2^-32 for the small bounds used here.</summary>
    public int Below(int bound) => (int)(((NextBits() >> 32) * (ulong)bound) >> 32);

    /// <summary>Inclusive at both ends.</summary>
    public long Between(long low, long high)
    {
        var span = (UInt128)((Int128)high - low + 1);
        return (long)(low + (Int128)((span * NextBits()) >> 64));
    }

    /// <summary>[0, 1).</summary>
    public double Unit() => (NextBits() >> 11) * (1.0 / (1UL << 53));

    /// <summary>[0, 1), mostly near the middle: the mean of three.</summary>
    public double Bell() => (Unit() + Unit() + Unit()) / 3;

    private static ulong SplitMix(ref ulong state)
    {
        state += 0x9E3779B97F4A7C15;
        var z = state;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }
}
