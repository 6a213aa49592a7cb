using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace StreamPipeline.Core.Lake.Parquet;

/// <summary>Floating-point numbers: a dictionary for measurements, which have few decimals and so repeat; otherwise as they are.</summary>
internal sealed class RealValues<T> : FixedValues<T>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>, IMinMaxValue<T>
{
    /// <summary>Bytes that a value takes without a dictionary.</summary>
    public static double OtherBytes => PlainShare * Unsafe.SizeOf<T>();

    public override void ChooseEncoding() =>
        Encoding = Count > 0 && TryDictionary(OtherBytes) ? ValueEncoding.RleDictionary : ValueEncoding.Plain;

    /// <summary>
    /// No bounds where there is a NaN; a zero bound counts as −0 below and +0 above, since readers may tell them apart or not. Source: parquet.thrift,
    /// <c>ColumnOrder.TYPE_ORDER</c>.
    /// </summary>
    protected override bool TryRange(ReadOnlySpan<T> values, out T min, out T max)
    {
        (min, max) = (values[0], values[0]);
        var vectors = MemoryMarshal.Cast<T, Vector<T>>(values);
        var numbers = Vector<T>.AllBitsSet;
        if (!vectors.IsEmpty)
        {
            var (least, greatest) = (vectors[0], vectors[0]);
            foreach (var vector in vectors)
            {
                numbers &= Vector.Equals(vector, vector);
                least = Vector.MinNative(least, vector);
                greatest = Vector.MaxNative(greatest, vector);
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

        // As bytes: all bits set is a NaN itself.
        if (!Vector.EqualsAll(Vector.AsVectorByte(numbers), Vector<byte>.AllBitsSet))
        {
            return false;
        }

        min = T.IsZero(min) ? T.NegativeZero : min;
        max = T.IsZero(max) ? T.Zero : max;
        return !T.IsNaN(min) && !T.IsNaN(max);
    }
}
