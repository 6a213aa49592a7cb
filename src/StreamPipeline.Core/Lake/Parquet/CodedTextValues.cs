using Apache.Arrow;
using StreamPipeline.Core.Lake.Staging;

namespace StreamPipeline.Core.Lake.Parquet;

/// <summary>
/// Text that comes with dictionaries of its own, one per batch: they become one for the chunk, and no text is looked up twice. Holds only the entries; whether it
/// <see cref="Pays"/> to store them is for the caller to ask, who otherwise takes <see cref="TextValues"/>.
/// </summary>
internal sealed class CodedTextValues : LeafValues
{
    /// <summary>Text i is entry i.</summary>
    private readonly PooledArray<int> _offsets = new();
    private readonly PooledArray<byte> _bytes = new();
    private readonly PooledArray<int> _codes = new();
    private readonly PooledArray<int> _chunkCodes = new();
    private readonly PooledArray<byte> _used = new();
    private readonly TextDictionary _dictionary = new();
    private readonly DictionaryOrder _order = new();
    private int _width;
    private int _longest;
    private bool _hasFailed;

    public CodedTextValues() => Clear();

    public override int Count => _codes.Count;

    public override int DictionaryCount => Count == 0 ? 0 : _dictionary.Count;

    /// <summary>False when the dictionary is too large, or its texts are chosen to collide.</summary>
    public bool Pays => !_hasFailed && (Count == 0 || TextValues.DictionaryPays(Count, _dictionary.Count, EntryBytes));

    private TextSpan Entries => new(_offsets.Span, _bytes.Span);

    private int EntryBytes => _bytes.Count;

    public override void Clear()
    {
        _offsets.Clear();
        _offsets.Extend(1)[0] = 0;
        _bytes.Clear();
        _codes.Clear();
        _dictionary.Clear();
        _hasFailed = false;
        _longest = 0;
    }

    public override void Expect(int values) => _codes.Reserve(values);

    public override void AppendRange(ArrayData source, int from, int count)
    {
        var form = new TextForm(source);
        if (count == 0 || !TryMerge(form))
        {
            return;
        }

        Translate(form, from, _codes.Extend(count));
    }

    public override void Append(ArrayData source, ReadOnlySpan<int> rows)
    {
        var form = new TextForm(source);
        if (rows.IsEmpty || !TryMerge(form))
        {
            return;
        }

        var to = _codes.Extend(rows.Length);
        for (var i = 0; i < rows.Length; i++)
        {
            Translate(form, rows[i], to.Slice(i, 1));
        }
    }

    public override void ChooseEncoding()
    {
        Encoding = Count == 0 ? ValueEncoding.Plain : ValueEncoding.RleDictionary;
        _bytes.Extend(TextSpan.Slack).Clear();
        if (Count > 0)
        {
            _order.OfTexts(_dictionary, Entries, _codes.WritableSpan);
            _width = WidthOf(_codes.Span, _dictionary.Count);
        }
    }

    public override void WriteDictionary(PooledBytes output) => _dictionary.WriteTo(Entries, _order.Entries, output);

    public override void WritePage(int from, int count, PooledBytes output)
    {
        // A page of nulls has the width of its codes too.
        if (Encoding == ValueEncoding.RleDictionary)
        {
            WriteCodes(_codes.Span.Slice(from, count), _width, output);
        }
    }

    public override long PlainBytesMax(int count) => (long)count * (sizeof(int) + _longest);

    public override long PlainBytes(int from, int count)
    {
        var bytes = 0L;
        var offsets = _offsets.Span;
        foreach (var code in _codes.Span.Slice(from, count))
        {
            bytes += sizeof(int) + offsets[code + 1] - offsets[code];
        }

        return bytes;
    }

    public override ValueBounds? BoundsOf(int from, int count)
    {
        if (count == 0)
        {
            return null;
        }

        var codes = _codes.Span.Slice(from, count);
        _used.Clear();
        var used = _used.Extend(_dictionary.Count);
        used.Clear();
        foreach (var code in codes)
        {
            used[code] = 1;
        }

        var range = new TextRange(Entries, _order.Entries[codes[0]]);
        for (var code = 0; code < used.Length; code++)
        {
            if (used[code] != 0)
            {
                range.Add(_order.Entries[code]);
            }
        }

        return ValueBounds.OfText(range.Min, range.Max);
    }

    public override int Compare(ReadOnlySpan<byte> left, ReadOnlySpan<byte> right) => left.SequenceCompareTo(right);

    public override void Dispose()
    {
        _offsets.Dispose();
        _bytes.Dispose();
        _codes.Dispose();
        _chunkCodes.Dispose();
        _used.Dispose();
        _dictionary.Dispose();
        _order.Dispose();
    }

    private void Translate(TextForm source, int from, Span<int> codes)
    {
        source.CodesOf(from, codes);
        var chunkCodes = _chunkCodes.Span;
        foreach (ref var code in codes)
        {
            code = chunkCodes[code];
        }
    }

    /// <summary>Gives the source's entries the chunk's codes.</summary>
    private bool TryMerge(TextForm source)
    {
        _chunkCodes.Clear();
        var codes = _chunkCodes.Extend(source.EntryCount);
        for (var i = 0; i < codes.Length && !_hasFailed; i++)
        {
            var text = source.Entry(i);
            codes[i] = _dictionary.CodeOf(text, Entries);
            if (codes[i] == _offsets.Count - 1)
            {
                text.CopyTo(_bytes.Extend(text.Length));
                _offsets.Extend(1)[0] = _bytes.Count;
                _longest = Math.Max(_longest, text.Length);
            }

            _hasFailed = codes[i] < 0;
        }

        return !_hasFailed;
    }
}
