using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
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

    /// <summary>Two words hold it.</summary>
    private const int KnownBytesMax = 16;

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
        if (text.Length > KnownBytesMax)
        {
            return _groups.Intern(_codec.Encode(row));
        }

        var (first, last) = Words(text);
        var mixed = (first + (uint)text.Length + (last * 0x9E3779B97F4A7C15)) * 0xC2B2AE3D27D4EB4F;
        ref var known = ref _known[(int)(mixed >> (64 - KnownBits))];
        if (known.First != first || known.Last != last || known.LengthAndOne != text.Length + 1)
        {
            known = new Known { First = first, Last = last, LengthAndOne = text.Length + 1, Group = _groups.Intern(_codec.Encode(row)) };
        }

        return known.Group;
    }

    /// <summary>All bytes of a text of up to 16; with its length they are the text.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static (ulong First, ulong Last) Words(ReadOnlySpan<byte> text)
    {
        if (text.Length >= sizeof(ulong))
        {
            return (BinaryPrimitives.ReadUInt64LittleEndian(text), BinaryPrimitives.ReadUInt64LittleEndian(text[^sizeof(ulong)..]));
        }

        if (text.Length >= sizeof(uint))
        {
            return (BinaryPrimitives.ReadUInt32LittleEndian(text), BinaryPrimitives.ReadUInt32LittleEndian(text[^sizeof(uint)..]));
        }

        return text.IsEmpty ? default : ((ulong)text[0] | ((ulong)text[text.Length >> 1] << 8), text[^1]);
    }

    [StructLayout(LayoutKind.Auto)]
    private struct Known
    {
        public ulong First;
        public ulong Last;

        /// <summary>0: none.</summary>
        public int LengthAndOne;
        public int Group;
    }
}
