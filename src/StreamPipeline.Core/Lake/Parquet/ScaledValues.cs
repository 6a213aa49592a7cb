using System.Runtime.InteropServices;
using Apache.Arrow;
using StreamPipeline.Core.Lake.Staging;

namespace StreamPipeline.Core.Lake.Parquet;

/// <summary>
/// Doubles that come as whole numbers with decimal places (<see cref="NumberForm"/>) within a narrow range: a table has a place for each number of it, so that their dictionary is made and put in
/// order without hashing, comparing or sorting. Holds only whole numbers; whether it <see cref="Pays"/> to store them as codes is for the caller to ask, who otherwise takes
/// <see cref="RealValues{T}"/>.
/// </summary>
internal sealed class ScaledValues : LeafValues
{
    /// <summary>Longest table: 1 MB. A dictionary page of as many entries would be too large.</summary>
    private const long SpanMax = 1 << 18;

    /// <summary>Each less <see cref="_least"/>; from <see cref="Pays"/> on codes.</summary>
    private readonly PooledArray<int> _numbers = new();
    private readonly PooledArray<int> _table = new();
    private readonly PooledArray<int> _present = new();
    private readonly PooledArray<double> _entries = new();
    private int _decimals;
    private long _least;
    private int _span;
    private int _width;

    public override int Count => _numbers.Count;

    public override int DictionaryCount => Count == 0 ? 0 : _entries.Count;

    /// <summary>Looks at all that will be appended; false when it has to be left to other values.</summary>
    /// <param name="columns">The leaf's arrays.</param>
    public bool TryBegin(List<ArrayData> columns)
    {
        _decimals = 0;
        foreach (var column in columns)
        {
            if (!NumberForm.IsCompact(column) || new NumberForm(column).Decimals is not { } decimals)
            {
                return false;
            }

            _decimals = Math.Max(_decimals, decimals);
        }

        var (least, greatest) = (long.MaxValue, long.MinValue);
        foreach (var column in columns)
        {
            var (from, to) = new NumberForm(column).ScaledRange(_decimals);
            (least, greatest) = (Math.Min(least, from), Math.Max(greatest, to));
        }

        _least = least;
        _span = (int)Math.Min(greatest - least, SpanMax) + 1;
        return greatest - least < SpanMax;
    }

    public override void Clear()
    {
        _numbers.Clear();
        _entries.Clear();
    }

    public override void Expect(int values) => _numbers.Reserve(values);

    public override void AppendRange(ArrayData source, int from, int count) => new NumberForm(source).ScaleTo(from, _decimals, _least, _numbers.Extend(count));

    public override void Append(ArrayData source, ReadOnlySpan<int> rows) => new NumberForm(source).ScaleTo(rows, _decimals, _least, _numbers.Extend(rows.Length));

    /// <summary>To be asked once, when all values are there.</summary>
    public bool Pays()
    {
        var numbers = _numbers.WritableSpan;
        _table.Clear();
        var table = _table.Extend(_span);
        table.Clear();
        var odds = new DictionaryOdds(numbers.Length, sizeof(double), RealValues<double>.OtherBytes);
        var distinct = 0;
        for (var at = 0; at < numbers.Length;)
        {
            var end = Math.Min(numbers.Length, odds.NextLook);
            foreach (var number in numbers[at..end])
            {
                distinct += 1 - table[number];
                table[number] = 1;
            }

            at = end;
            if (!odds.Pays(at, distinct) && distinct > 1)
            {
                return false;
            }
        }

        NumberEntries(table, distinct);
        foreach (ref var number in numbers)
        {
            number = table[number];
        }

        return true;
    }

    public override void ChooseEncoding()
    {
        Encoding = Count == 0 ? ValueEncoding.Plain : ValueEncoding.RleDictionary;
        _width = Count == 0 ? 0 : WidthOf(_numbers.Span, _entries.Count);
    }

    public override void WriteDictionary(PooledBytes output)
    {
        var bytes = MemoryMarshal.AsBytes(_entries.Span);
        bytes.CopyTo(output.GetSpan(bytes.Length));
        output.Advance(bytes.Length);
    }

    public override void WritePage(int from, int count, PooledBytes output)
    {
        // A page of nulls has the width of its codes too.
        if (Encoding == ValueEncoding.RleDictionary)
        {
            WriteCodes(_numbers.Span.Slice(from, count), _width, output);
        }
    }

    public override long PlainBytes(int from, int count) => (long)count * sizeof(double);

    public override ValueBounds? BoundsOf(int from, int count)
    {
        if (count == 0)
        {
            return null;
        }

        // Codes are in the order of their entries. A zero counts as −0 below: see RealValues.
        var (min, max) = IntegerRange.Of(_numbers.Span.Slice(from, count));
        var least = _entries.Span[min];
        return new ValueBounds(BitConverter.GetBytes(least == 0 ? -0.0 : least), BitConverter.GetBytes(_entries.Span[max]));
    }

    public override int Compare(ReadOnlySpan<byte> left, ReadOnlySpan<byte> right) => MemoryMarshal.Read<double>(left).CompareTo(MemoryMarshal.Read<double>(right));

    public override void Dispose()
    {
        _numbers.Dispose();
        _table.Dispose();
        _present.Dispose();
        _entries.Dispose();
    }

    /// <summary>Where a number is there its place becomes its code.</summary>
    private void NumberEntries(Span<int> table, int distinct)
    {
        _present.Clear();
        var present = _present.Extend(distinct);
        var code = 0;
        for (var number = 0; number < table.Length; number++)
        {
            if (table[number] != 0)
            {
                table[number] = code;
                present[code++] = number;
            }
        }

        _entries.Clear();
        ScaledReals.Restore(present, _least, _decimals, _entries.Extend(distinct));
    }
}
