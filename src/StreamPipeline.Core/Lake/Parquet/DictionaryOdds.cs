using System.Numerics;

namespace StreamPipeline.Core.Lake.Parquet;

/// <summary>
/// Whether a dictionary will pay, told from the values so far. One that does not is given up after a thousand values, not after all of them; one
/// that will, because ids come again later, is not given up because they are new at first.
/// </summary>
/// <param name="total">Values of the chunk.</param>
/// <param name="entryBytes">What an entry takes in the dictionary page.</param>
/// <param name="otherBytes">What a value takes without a dictionary, compressed.</param>
/// <param name="firstLook">After how many values it is asked for the first time.</param>
internal sealed class DictionaryOdds(int total, double entryBytes, double otherBytes, int firstLook = DictionaryOdds.FirstLook)
{
    /// <summary>Most bytes of a dictionary page: readers hold it while they read the chunk.</summary>
    public const int BytesMax = 1 << 20;

    public const int FirstLook = 1_024;

    /// <summary>After how many values <see cref="Pays"/> is to be asked next.</summary>
    public int NextLook { get; private set; } = firstLook;

    /// <param name="seen">Values so far.</param>
    /// <param name="distinct">Entries so far.</param>
    public bool Pays(int seen, int distinct)
    {
        NextLook = (int)Math.Min(4L * NextLook, int.MaxValue);
        var entries = EstimateDistinct(seen, distinct, total);
        var dictionaryBytes = entries * entryBytes;
        var codeBytes = total * (double)BitOperations.Log2((uint)Math.Max(1, entries)) / 8;
        return dictionaryBytes <= BytesMax && dictionaryBytes + codeBytes < total * otherBytes;
    }

    /// <summary>
    /// How many distinct values <paramref name="total"/> of them will have, if all are equally likely: n draws from N see N·(1 − e^(−n/N)) of them.
    /// Skewed ones have fewer.
    /// </summary>
    public static double EstimateDistinct(int seen, int distinct, int total)
    {
        if (distinct >= seen || seen >= total)
        {
            return seen >= total ? distinct : total;
        }

        // The number of values to draw from, by halving its logarithm's interval to a ten thousandth; the function grows with it.
        var (low, high) = (Math.Log(distinct), Math.Log(1e12));
        for (var i = 0; i < 18; i++)
        {
            var middle = (low + high) / 2;
            (low, high) = Drawn(Math.Exp(middle), seen) < distinct ? (middle, high) : (low, middle);
        }

        return Math.Min(total, Drawn(Math.Exp(low), total));

        static double Drawn(double from, double draws) => -from * double.ExpM1(-draws / from);
    }
}
