using StreamPipeline.Core.Columns;

namespace StreamPipeline.Core.Windows.Aggregates;

/// <summary>
/// Smallest or largest string in the order of its UTF-8 bytes, which is that of its code points. Longer strings take
/// part with their first <see cref="BytesMax"/> bytes, cut between characters.
/// </summary>
internal sealed class TextExtremeColumn(bool largest) : AggregateColumn
{
    public const int BytesMax = 1024;

    private byte[]?[] _values = [];

    public byte[]? Value(int slot) => _values[slot];

    public override void EnsureSlots(int slots) => Grow(ref _values, slots);

    public override void Update(ReadOnlySpan<int> slots, ReadOnlySpan<int> rows, ColumnView? argument)
    {
        for (var i = 0; i < slots.Length; i++)
        {
            var row = rows[i];
            if (!argument!.IsNull(row))
            {
                var value = Utf8Text.Prefix(argument.Texts[row], BytesMax);
                if (Wins(slots[i], value))
                {
                    _values[slots[i]] = value.ToArray();
                }
            }
        }
    }

    public override void Merge(ReadOnlySpan<int> slots, AggregateColumn other)
    {
        var added = ((TextExtremeColumn)other)._values;
        for (var i = 0; i < slots.Length; i++)
        {
            if (slots[i] >= 0 && added[i] is { } value && Wins(slots[i], value))
            {
                // Arrays are replaced, never changed: two columns may share one.
                _values[slots[i]] = value;
            }
        }
    }

    public override void Write(int slot, ByteWriter writer)
    {
        writer.Count(_values[slot] is { } value ? value.Length + 1 : 0);
        writer.Bytes(_values[slot]);
    }

    public override void Read(int slot, ref ByteReader reader)
    {
        var length = (int)reader.Count(BytesMax + 1);
        _values[slot] = length == 0 ? null : reader.Bytes(length - 1).ToArray();
    }

    private bool Wins(int slot, ReadOnlySpan<byte> value)
    {
        if (_values[slot] is not { } current)
        {
            return true;
        }

        var order = value.SequenceCompareTo(current);
        return largest ? order > 0 : order < 0;
    }
}
