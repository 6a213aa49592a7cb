using System.Buffers;
using System.Runtime.InteropServices;

namespace StreamPipeline.Core.Lake.Zstd;

/// <summary>
/// A Huffman code as readers rebuild it: a weight for each byte up to the last one, which follows from the others. By FSE, or four bits each. Source:
/// RFC 8878, 4.2.1.
/// </summary>
internal sealed class HuffmanWeights : IDisposable
{
    private const int PlainMax = 128;
    private const int PlainHeader = 127;
    private const int FseLogMax = 6;

    private readonly FseTable _table = new();
    private readonly PooledBytes _packed = new(512);

    /// <summary>False when there are too many for either form, or they are all alike: such bytes are hardly worth a code.</summary>
    public bool TryWrite(HuffmanCode code, PooledBytes output)
    {
        Span<byte> weights = stackalloc byte[256];
        weights = weights[..code.Last];
        Span<int> counts = stackalloc int[HuffmanCode.BitsMax + 1];
        counts.Clear();
        for (var symbol = 0; symbol < weights.Length; symbol++)
        {
            int length = code.Lengths[symbol];
            weights[symbol] = (byte)(length == 0 ? 0 : code.LengthMax + 1 - length);
            counts[weights[symbol]]++;
        }

        _packed.Clear();
        if (!counts.Contains(weights.Length))
        {
            Pack(weights, counts);
        }

        var plain = weights.Length <= PlainMax ? (weights.Length + 1) / 2 : int.MaxValue;
        if (_packed.WrittenCount > 0 && _packed.WrittenCount <= Math.Min(plain, PlainHeader))
        {
            output.GetSpan(1)[0] = (byte)_packed.WrittenCount;
            output.Advance(1);
            output.Write(_packed.WrittenSpan);
            return true;
        }

        return weights.Length <= PlainMax && WritePlain(weights, output);
    }

    public void Dispose() => _packed.Dispose();

    /// <summary>Two states take turns, the first one at even places.</summary>
    private void Pack(ReadOnlySpan<byte> weights, ReadOnlySpan<int> counts)
    {
        _table.Build(counts, FseLogMax);
        _table.WriteDescription(_packed);
        var to = _packed.GetSpan(BitStream.Bound((weights.Length + 2L) * FseLogMax));
        ref var start = ref MemoryMarshal.GetReference(to);
        var stream = new BitStream(ref start);
        var last = weights.Length - 1;
        var even = _table.Begin(weights[last & ~1]);
        var odd = _table.Begin(weights[(last - 1) | 1]);
        for (var i = last - 2; i >= 0; i--)
        {
            if ((i & 1) == 0)
            {
                even.Write(weights[i], ref stream);
            }
            else
            {
                odd.Write(weights[i], ref stream);
            }

            stream.Flush();
        }

        odd.Close(ref stream);
        even.Close(ref stream);
        _packed.Advance(stream.Close(ref start));
    }

    private static bool WritePlain(ReadOnlySpan<byte> weights, PooledBytes output)
    {
        var bytes = (weights.Length + 1) / 2;
        var to = output.GetSpan(1 + bytes);
        to[0] = (byte)(PlainHeader + weights.Length);
        for (var i = 0; i < bytes; i++)
        {
            to[1 + i] = (byte)((weights[2 * i] << 4) | ((2 * i) + 1 < weights.Length ? weights[(2 * i) + 1] : 0));
        }

        output.Advance(1 + bytes);
        return true;
    }
}
