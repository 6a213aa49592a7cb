using System.Buffers;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace StreamPipeline.Core.Lake.Zstd;

/// <summary>
/// Writes bytes in a Huffman code, two at a time: a table has the codes of all pairs of bytes that come at all. Text has few of them, so what is used of
/// the table stays near. Where there are many different bytes the table has single ones.
/// </summary>
internal sealed class HuffmanStream : IDisposable
{
    private const int SymbolsPairedMax = 96;
    private const int PairsRoom = 1 << 16;
    private const int LengthShift = 24;
    private const uint CodeMask = (1u << LengthShift) - 1;

    // What is flushed at once has at most 56 bits.
    private const int ShortMax = 7;

    private uint[] _pairs = [];
    private readonly uint[] _singles = new uint[256];
    private readonly byte[] _symbols = new byte[256];
    private SearchValues<byte>? _known;
    private int _symbolCount;
    private bool _isPaired;
    private bool _isShort;

    /// <summary>Whether each of the bytes has a code.</summary>
    public bool HasAll(ReadOnlySpan<byte> bytes)
    {
        _known ??= SearchValues.Create(_symbols.AsSpan(0, _symbolCount));
        return !bytes.ContainsAnyExcept(_known);
    }

    public void Use(HuffmanCode code)
    {
        Span<byte> symbols = stackalloc byte[256];
        var count = 0;
        for (var symbol = 0; symbol <= code.Last; symbol++)
        {
            if (code.Lengths[symbol] != 0)
            {
                symbols[count++] = (byte)symbol;
                _singles[symbol] = ((uint)code.Lengths[symbol] << LengthShift) | code.Codes[symbol];
            }
        }

        if (!symbols[..count].SequenceEqual(_symbols.AsSpan(0, _symbolCount)))
        {
            symbols[..count].CopyTo(_symbols);
            _symbolCount = count;
            _known = null;
        }

        _isShort = code.LengthMax <= ShortMax;
        _isPaired = count <= SymbolsPairedMax;
        if (!_isPaired)
        {
            return;
        }

        // A quarter of a megabyte, which not every file needs.
        _pairs = _pairs.Length == 0 ? ArrayPool<uint>.Shared.Rent(PairsRoom) : _pairs;
        symbols = symbols[..count];
        foreach (var second in symbols)
        {
            var after = _singles[second];
            var length = (int)(after >> LengthShift);
            foreach (var first in symbols)
            {
                var before = _singles[first];
                _pairs[first | (second << 8)] = (after + (before & ~CodeMask)) | ((before & CodeMask) << length);
            }
        }
    }

    /// <summary>Appends a stream, the last byte first.</summary>
    /// <param name="bytes">Each has a code.</param>
    /// <param name="output">Appended to.</param>
    public void Write(ReadOnlySpan<byte> bytes, PooledBytes output)
    {
        var to = output.GetSpan(BitStream.Bound((long)bytes.Length * HuffmanCode.BitsMax));
        ref var start = ref MemoryMarshal.GetReference(to);
        var stream = new BitStream(ref start);
        ref var from = ref MemoryMarshal.GetReference(bytes);
        nint left = bytes.Length;
        if (_isPaired && BitConverter.IsLittleEndian)
        {
            ref var pairs = ref MemoryMarshal.GetArrayDataReference(_pairs);
            for (; _isShort && left >= sizeof(ulong); left -= sizeof(ulong))
            {
                var eight = Unsafe.ReadUnaligned<ulong>(ref Unsafe.Add(ref from, left - sizeof(ulong)));
                var (after, afterBits) = Joined(Unsafe.Add(ref pairs, (nint)(eight >> 48)), Unsafe.Add(ref pairs, (nint)(ushort)(eight >> 32)));
                var (before, beforeBits) = Joined(Unsafe.Add(ref pairs, (nint)(ushort)(eight >> 16)), Unsafe.Add(ref pairs, (nint)(ushort)eight));

                // Joined before they are added: only the adding waits for the ones before.
                stream.Add(after | (before << afterBits), afterBits + beforeBits);
                stream.Flush();
            }

            for (; left >= sizeof(uint); left -= sizeof(uint))
            {
                var four = Unsafe.ReadUnaligned<uint>(ref Unsafe.Add(ref from, left - sizeof(uint)));
                Add(Unsafe.Add(ref pairs, (nint)(four >> 16)), Unsafe.Add(ref pairs, (nint)(ushort)four), ref stream);
                stream.Flush();
            }
        }

        ref var singles = ref MemoryMarshal.GetArrayDataReference(_singles);
        for (; left >= sizeof(uint); left -= sizeof(uint))
        {
            Add(Unsafe.Add(ref singles, Unsafe.Add(ref from, left - 1)), Unsafe.Add(ref singles, Unsafe.Add(ref from, left - 2)), ref stream);
            Add(Unsafe.Add(ref singles, Unsafe.Add(ref from, left - 3)), Unsafe.Add(ref singles, Unsafe.Add(ref from, left - 4)), ref stream);
            stream.Flush();
        }

        for (; left > 0; left--)
        {
            Add(Unsafe.Add(ref singles, Unsafe.Add(ref from, left - 1)), 0, ref stream);
            stream.Flush();
        }

        output.Advance(stream.Close(ref start));
    }

    public void Dispose()
    {
        if (_pairs.Length > 0)
        {
            ArrayPool<uint>.Shared.Return(_pairs);
            _pairs = [];
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Add(uint after, uint before, ref BitStream stream)
    {
        var (code, bits) = Joined(after, before);
        stream.Add(code, bits);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static (ulong Code, int Bits) Joined(uint after, uint before)
    {
        var length = (int)(after >> LengthShift);
        return ((after & CodeMask) | ((ulong)(before & CodeMask) << length), length + (int)(before >> LengthShift));
    }
}
