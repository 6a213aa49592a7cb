using Apache.Arrow;

namespace StreamPipeline.Core.Lake.Parquet;

/// <summary>How values are stored in data pages; the numbers are parquet.thrift's <c>Encoding</c>.</summary>
internal enum ValueEncoding
{
    Plain = 0,
    Rle = 3,
    DeltaBinaryPacked = 5,
    DeltaLengthByteArray = 6,
    DeltaByteArray = 7,
    RleDictionary = 8,
}

/// <summary>
/// The present values of one leaf over a row group, one after the other; nulls are in the levels only. Filled, encoded page by page, cleared for the
/// next chunk. Owner: the file's writer.
/// </summary>
internal abstract class LeafValues : IDisposable
{
    public abstract int Count { get; }

    /// <summary>Chosen by <see cref="ChooseEncoding"/> for the whole chunk.</summary>
    public ValueEncoding Encoding { get; protected set; }

    /// <summary>Pages may be words of so many bytes nearly throughout, equal ones of which come again and again, so that looking for them pays; 0 where not.</summary>
    public virtual int WordBytes => 0;

    public static LeafValues For(LeafForm form) => form switch
    {
        LeafForm.Boolean => new BooleanValues(),
        LeafForm.Int32 => new IntegerValues<int>(),
        LeafForm.Int64 => new IntegerValues<long>(),
        LeafForm.Float => new RealValues<float>(),
        LeafForm.Double => new RealValues<double>(),
        _ => new TextValues(),
    };

    public abstract void Clear();

    /// <summary>Makes room for so many values.</summary>
    public abstract void Expect(int values);

    /// <summary>Appends values [from, from + count) of an array, counted from its offset; none of them is null.</summary>
    public abstract void AppendRange(ArrayData source, int from, int count);

    /// <summary>Appends the values of these rows, none of which is null.</summary>
    public abstract void Append(ArrayData source, ReadOnlySpan<int> rows);

    /// <summary>Once all values are there and before any is written.</summary>
    public abstract void ChooseEncoding();

    /// <summary>Entries of the chunk's dictionary; 0 without one.</summary>
    public abstract int DictionaryCount { get; }

    public abstract void WriteDictionary(PooledBytes output);

    /// <summary>Appends the values of a page, encoded.</summary>
    public abstract void WritePage(int from, int count, PooledBytes output);

    /// <summary>Bytes of these values as they are.</summary>
    public abstract long PlainBytes(int from, int count);

    /// <summary>At least what any so many values take as PLAIN, and soon told; by default it is not known.</summary>
    public virtual long PlainBytesMax(int count) => long.MaxValue;

    /// <summary>Null when there are no values, or none that readers may compare by.</summary>
    public abstract ValueBounds? BoundsOf(int from, int count);

    /// <summary>Orders two bounds of this leaf's type.</summary>
    public abstract int Compare(ReadOnlySpan<byte> left, ReadOnlySpan<byte> right);

    public abstract void Dispose();

    /// <summary>
    /// Bits of a dictionary code: as few as will do, or a whole byte where the entries are not equally frequent, for then zstd needs fewer bits than any
    /// fixed width does.
    /// </summary>
    protected static int WidthOf(ReadOnlySpan<int> codes, int entries)
    {
        const double BitsWorthIt = 0.2;
        var width = RleBitPacked.WidthOf(entries - 1);
        if (width is 0 or > 8)
        {
            return width;
        }

        Span<int> counts = stackalloc int[256];
        counts.Clear();
        foreach (var code in codes)
        {
            counts[code]++;
        }

        double bits = 0;
        foreach (var count in counts[..entries])
        {
            bits -= count == 0 ? 0 : (double)count / codes.Length * Math.Log2((double)count / codes.Length);
        }

        return bits + BitsWorthIt < width ? 8 : width;
    }

    /// <summary>Codes of a dictionary as a page has them: one byte with their width, then runs.</summary>
    protected static void WriteCodes(ReadOnlySpan<int> codes, int width, PooledBytes output)
    {
        output.GetSpan(1)[0] = (byte)width;
        output.Advance(1);
        RleBitPacked.Write(codes, width, output);
    }
}
