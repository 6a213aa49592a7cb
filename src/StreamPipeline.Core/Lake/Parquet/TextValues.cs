using System.Numerics;
using System.Runtime.InteropServices;
using Apache.Arrow;
using StreamPipeline.Core.Lake.Staging;
using StreamPipeline.Core.Lake.Zstd;

namespace StreamPipeline.Core.Lake.Parquet;

/// <summary>
/// Text and binary: a dictionary where values come again, the part that differs from the value before where most of it does not (sequence
/// numbers), otherwise the lengths and then all bytes in one piece, as Arrow has them.
/// </summary>
internal sealed class TextValues : LeafValues
{
    /// <summary>What zstd makes of text that a dictionary would not shrink: ids.</summary>
    private const double PlainShare = 0.55;

    private const int ExpectedBytesMax = 64 << 20;

    private readonly PooledArray<int> _offsets = new();
    private readonly PooledArray<byte> _bytes = new();
    private readonly PooledArray<int> _codes = new();
    private readonly PooledArray<byte> _used = new();
    private readonly PooledArray<int> _lengths = new();
    private readonly TextDictionary _dictionary = new();
    private readonly DictionaryOrder _order = new();
    private bool _isConstant;
    private int _codeWidth;
    private int _restBytes;
    private int _expected;

    // The last page written as what differs, when its texts are in order.
    private (int From, int Count) _sortedPage;

    public TextValues() => Clear();

    public override int Count => _offsets.Count - 1;

    public override int WordBytes => Encoding == ValueEncoding.DeltaByteArray && _restBytes >= RepeatedWords.BytesMin ? _restBytes : 0;

    public override int DictionaryCount => Encoding != ValueEncoding.RleDictionary ? 0 : _isConstant ? 1 : _dictionary.Count;

    private TextSpan Text => new(_offsets.Span, _bytes.Span);

    /// <summary>Whether texts are to be stored as codes, when all of them have one.</summary>
    /// <param name="count">Texts.</param>
    /// <param name="entries">Distinct ones.</param>
    /// <param name="entryBytes">Of all entries together.</param>
    public static bool DictionaryPays(int count, int entries, int entryBytes)
    {
        var average = (double)entryBytes / entries;
        return entries == 1 || new DictionaryOdds(count, sizeof(int) + average, (PlainShare * average) + 1).Pays(count, entries);
    }

    public override void Clear()
    {
        _offsets.Clear();
        _offsets.Extend(1)[0] = 0;
        _bytes.Clear();
        _sortedPage = default;
    }

    public override void Expect(int values)
    {
        _expected = values;
        _offsets.Reserve(values + 1);
    }

    public override void AppendRange(ArrayData source, int from, int count)
    {
        if (count == 0)
        {
            return;
        }

        if (TextForm.IsCompact(source))
        {
            AppendCompact(new TextForm(source), from, count);
            return;
        }

        var offsets = ColumnGather.Offsets(source).Slice(source.Offset + from, count + 1);
        var shift = _bytes.Count - offsets[0];
        ReserveAtFirst(offsets[^1] - offsets[0], count);
        source.Buffers[2].Span[offsets[0]..offsets[^1]].CopyTo(_bytes.Extend(offsets[^1] - offsets[0]));
        Shift(offsets[1..], shift, _offsets.Extend(count));
    }

    public override void Append(ArrayData source, ReadOnlySpan<int> rows)
    {
        if (TextForm.IsCompact(source))
        {
            var form = new TextForm(source);
            foreach (var row in rows)
            {
                AppendCompact(form, row, count: 1);
            }

            return;
        }

        var offsets = rows.IsEmpty ? default : ColumnGather.Offsets(source)[source.Offset..];
        var bytes = source.Buffers[2].Span;
        var to = _offsets.Extend(rows.Length);
        for (var i = 0; i < rows.Length; i++)
        {
            var value = bytes[offsets[rows[i]]..offsets[rows[i] + 1]];
            value.CopyTo(_bytes.Extend(value.Length));
            to[i] = _bytes.Count;
        }
    }

    /// <summary>The other texts of the chunk are about as long as the first ones.</summary>
    private void ReserveAtFirst(int bytes, int count)
    {
        if (_bytes.Count == 0)
        {
            _bytes.Reserve((int)Math.Min(ExpectedBytesMax, (long)bytes * Math.Max(_expected, count) / count * 9 / 8) + TextSpan.Slack);
        }
    }

    private void AppendCompact(TextForm source, int from, int count)
    {
        var start = _bytes.Count;
        var ends = _offsets.Extend(count);
        source.EndsOf(from, start, ends);
        ReserveAtFirst(ends[^1] - start, count);
        source.CopyTo(from, count, _bytes.Extend(ends[^1] - start));
    }

    public override void ChooseEncoding()
    {
        _bytes.Extend(TextSpan.Slack).Clear();
        Encoding = Count == 0 ? ValueEncoding.Plain
            : TryDictionary() ? ValueEncoding.RleDictionary
            : (_restBytes = TextRests.Choose(Text)) >= 0 ? ValueEncoding.DeltaByteArray
            : ValueEncoding.DeltaLengthByteArray;
    }

    public override void WriteDictionary(PooledBytes output)
    {
        if (_isConstant)
        {
            TextPages.WritePlain(new TextSpan(_offsets.Span[..2], _bytes.Span), output);
        }
        else
        {
            _dictionary.WriteTo(Text, _order.Entries, output);
        }
    }

    public override void WritePage(int from, int count, PooledBytes output)
    {
        var page = new TextSpan(_offsets.Span.Slice(from, count + 1), _bytes.Span);
        switch (Encoding)
        {
            case ValueEncoding.RleDictionary when _isConstant:
                output.GetSpan(1)[0] = 0;
                output.Advance(1);
                RleBitPacked.WriteRun(0, count, 0, output);
                break;
            case ValueEncoding.RleDictionary:
                WriteCodes(_codes.Span.Slice(from, count), _codeWidth, output);
                break;
            case ValueEncoding.DeltaByteArray:
                _sortedPage = TextPages.WriteDelta(page, _restBytes, _lengths, output) ? (from, count) : default;
                break;
            case ValueEncoding.DeltaLengthByteArray:
                TextPages.WriteDeltaLength(page, _lengths, output);
                break;
            default:
                TextPages.WritePlain(page, output);
                break;
        }
    }

    public override long PlainBytes(int from, int count) => (4L * count) + Text.Bytes(from, count);

    public override ValueBounds? BoundsOf(int from, int count)
    {
        if (count == 0)
        {
            return null;
        }

        if (_sortedPage == (from, count))
        {
            return ValueBounds.OfText(Text[from], Text[from + count - 1]);
        }

        var range = new TextRange(Text, from);
        if (Encoding != ValueEncoding.RleDictionary)
        {
            range.Add(from, count);
        }
        else if (!_isConstant)
        {
            AddUsedEntries(from, count, ref range);
        }

        return ValueBounds.OfText(range.Min, range.Max);
    }

    public override int Compare(ReadOnlySpan<byte> left, ReadOnlySpan<byte> right) => left.SequenceCompareTo(right);

    public override void Dispose()
    {
        _offsets.Dispose();
        _bytes.Dispose();
        _codes.Dispose();
        _used.Dispose();
        _lengths.Dispose();
        _dictionary.Dispose();
        _order.Dispose();
    }

    private static void Shift(ReadOnlySpan<int> offsets, int shift, Span<int> to)
    {
        var vectors = MemoryMarshal.Cast<int, Vector<int>>(offsets);
        var target = MemoryMarshal.Cast<int, Vector<int>>(to);
        for (var i = 0; i < vectors.Length; i++)
        {
            target[i] = vectors[i] + new Vector<int>(shift);
        }

        for (var i = vectors.Length * Vector<int>.Count; i < offsets.Length; i++)
        {
            to[i] = offsets[i] + shift;
        }
    }

    /// <summary>A page's bounds are those of the dictionary's entries that it names.</summary>
    private void AddUsedEntries(int from, int count, ref TextRange range)
    {
        _used.Clear();
        var used = _used.Extend(_dictionary.Count);
        used.Clear();
        foreach (var code in _codes.Span.Slice(from, count))
        {
            used[code] = 1;
        }

        for (var code = 0; code < used.Length; code++)
        {
            if (used[code] != 0)
            {
                range.Add(_dictionary.FirstValueOf(_order.Entries[code]));
            }
        }
    }

    private bool TryDictionary()
    {
        var text = Text;
        var average = (double)text.Bytes(0, Count) / Count;
        _isConstant = IsConstant(text);
        if (_isConstant)
        {
            return true;
        }

        var pays = _dictionary.TryBuild(text, _codes, (PlainShare * average) + 1);
        if (pays)
        {
            _order.OfTexts(_dictionary, text, _codes.WritableSpan);
            _codeWidth = WidthOf(_codes.Span, _dictionary.Count);
        }

        return pays;
    }

    private static bool IsConstant(TextSpan text)
    {
        var length = text.Offsets[1];
        if (!text[text.Count - 1].SequenceEqual(text[0]) || !text.AreAllOf(length))
        {
            return false;
        }

        // Equal lengths: all are equal when each byte equals the one a length before it.
        var all = text.All[..text.Offsets[^1]];
        return all[length..].SequenceEqual(all[..^length]);
    }
}
