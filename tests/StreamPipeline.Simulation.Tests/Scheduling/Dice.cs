using System.IO.Hashing;
using System.Text;

namespace StreamPipeline.Simulation.Tests.Scheduling;

/// <summary>
/// Seeded randomness: SplitMix64 (Steele, Lea and Flood, "Fast Splittable Pseudorandom Number Generators", 2014). Each purpose has dice of its
/// own, so that taking one fault away while a failing seed is minimised leaves the other decisions as they were.
/// </summary>
internal sealed class Dice(ulong state)
{
    private ulong _state = state;

    public static Dice For(ulong seed, string purpose) => new(XxHash3.HashToUInt64(Encoding.UTF8.GetBytes(purpose), (long)seed));

    public ulong Next()
    {
        var mixed = _state += 0x9E3779B97F4A7C15;
        mixed = (mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9;
        mixed = (mixed ^ (mixed >> 27)) * 0x94D049BB133111EB;
        return mixed ^ (mixed >> 31);
    }

    /// <summary>From 0 to <paramref name="count"/> − 1.</summary>
    public int Below(int count) => (int)(Next() % (ulong)count);

    /// <summary>Both ends included.</summary>
    public long Between(long from, long to) => from + (long)(Next() % (ulong)(to - from + 1));

    public bool Chance(double probability) => (Next() >> 11) * (1.0 / (1UL << 53)) < probability;

    public T Pick<T>(IReadOnlyList<T> items) => items[Below(items.Count)];
}
