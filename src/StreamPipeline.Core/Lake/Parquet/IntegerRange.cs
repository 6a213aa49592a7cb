using System.Numerics;
using System.Runtime.InteropServices;

namespace StreamPipeline.Core.Lake.Parquet;

/// <summary>Least and greatest of integers, a vector at a time.</summary>
internal static class IntegerRange
{
    /// <param name="values">At least one.</param>
    public static (T Min, T Max) Of<T>(ReadOnlySpan<T> values)
        where T : unmanaged, IBinaryInteger<T>
    {
        var (min, max) = (values[0], values[0]);
        var vectors = MemoryMarshal.Cast<T, Vector<T>>(values);
        if (!vectors.IsEmpty)
        {
            var (least, greatest) = (vectors[0], vectors[0]);
            foreach (var vector in vectors)
            {
                least = Vector.Min(least, vector);
                greatest = Vector.Max(greatest, vector);
            }

            for (var lane = 0; lane < Vector<T>.Count; lane++)
            {
                min = T.Min(min, least[lane]);
                max = T.Max(max, greatest[lane]);
            }
        }

        foreach (var value in values[(vectors.Length * Vector<T>.Count)..])
        {
            min = T.Min(min, value);
            max = T.Max(max, value);
        }

        return (min, max);
    }
}
