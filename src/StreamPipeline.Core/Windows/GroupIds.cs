using Apache.Arrow;
using StreamPipeline.Core.Columns;
using StreamPipeline.Core.Decoding.Columns;

namespace StreamPipeline.Core.Windows;

/// <summary>
/// The group of each row of a batch, numbered by <see cref="GroupKeys"/>. When the rows are grouped by one text, which mostly is short and one of a few,
/// those seen lately are known by their bytes, without being encoded and hashed again.
/// </summary>
internal ref struct GroupIds
{
    private const int KnownBits = 7;

    private readonly GroupKeyCodec _codec;
    private readonly GroupKeys _groups;
    private readonly TextColumn _texts;
    private readonly bool[]? _valid;
    private readonly Span<Known> _known;

    /// <param name="keys">The metric's columns.</param>
    /// <param name="rows">The batch.</param>
    /// <param name="groups">Gets the new ones.</param>
    /// <param name="memory">For the time that this is used; the caller's.</param>
    public GroupIds(ColumnPath[] keys, RecordBatch rows, GroupKeys groups, ColumnBuffers memory)
    {
        _codec = new GroupKeyCodec(keys, rows, memory);
        _groups = groups;
        if (keys.Length == 1 && keys[0].Kind == ColumnKind.Text)
        {
            var column = keys[0].In(rows, memory);
            _texts = column.Texts;
            _valid = column.Valid;
            _known = memory.Rent<Known>(1 << KnownBits).AsSpan(0, 1 << KnownBits);
            _known.Clear();
        }
    }

    public readonly int Of(int row)
    {
        if (_known.IsEmpty || (_valid is not null && !_valid[row]))
        {
            return _groups.Intern(_codec.Encode(row));
        }

        var text = _texts[row];
        if (text.Length > ShortText.BytesMax)
        {
            return _groups.Intern(_codec.Encode(row));
        }

        var words = ShortText.Of(text);
        var mixed = (words.First + (uint)words.Length + (words.Last * 0x9E3779B97F4A7C15)) * 0xC2B2AE3D27D4EB4F;
        ref var known = ref _known[(int)(mixed >> (64 - KnownBits))];
        if (known.GroupAndOne == 0 || !known.Text.Is(words))
        {
            known = new Known { Text = words, GroupAndOne = _groups.Intern(_codec.Encode(row)) + 1 };
        }

        return known.GroupAndOne - 1;
    }

    private struct Known
    {
        public ShortText Text;

        /// <summary>0: none.</summary>
        public int GroupAndOne;
    }
}
