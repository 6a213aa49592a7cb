namespace StreamPipeline.Core.Lake.Zstd;

/// <summary>
/// A prefix code of at most <see cref="BitsMax"/> bits for bytes, the best one or nearly so, numbered as zstd numbers them. Source: Huffman 1952; RFC
/// 8878, 4.2.1; cutting the length as in zlib's <c>gen_bitlen</c>. Kept for the next block.
/// </summary>
internal sealed class HuffmanCode
{
    public const int BitsMax = 11;

    private const int Alphabet = 256;

    private readonly long[] _order = new long[Alphabet];
    private readonly int[] _weights = new int[2 * Alphabet];
    private readonly int[] _parents = new int[2 * Alphabet];
    private readonly byte[] _lengths = new byte[Alphabet];
    private readonly ushort[] _codes = new ushort[Alphabet];

    /// <summary>Bits of each byte's code; 0 for those without one.</summary>
    public ReadOnlySpan<byte> Lengths => _lengths;

    /// <summary>The codes; the highest bit is read first.</summary>
    public ReadOnlySpan<ushort> Codes => _codes;

    /// <summary>Bits of the longest code.</summary>
    public int LengthMax { get; private set; }

    /// <summary>How many bytes have a code.</summary>
    public int Symbols { get; private set; }

    /// <summary>The greatest byte that has one.</summary>
    public int Last { get; private set; }

    /// <param name="counts">How often each byte comes; two of them do at least.</param>
    public void Build(ReadOnlySpan<int> counts)
    {
        Symbols = 0;
        for (var symbol = 0; symbol < Alphabet; symbol++)
        {
            if (counts[symbol] > 0)
            {
                _order[Symbols++] = ((long)counts[symbol] << 8) | (uint)symbol;
                Last = symbol;
            }
        }

        var order = _order.AsSpan(0, Symbols);
        order.Sort();
        Span<int> ofLength = stackalloc int[BitsMax + 1];
        ofLength.Clear();
        Measure(order, ofLength);
        Cut(ofLength);
        Number(order, ofLength);
    }

    /// <summary>Bits that so many of each byte take.</summary>
    public long BitsOf(ReadOnlySpan<int> counts)
    {
        long bits = 0;
        for (var symbol = 0; symbol < Alphabet; symbol++)
        {
            bits += (long)counts[symbol] * _lengths[symbol];
        }

        return bits;
    }

    /// <summary>The tree, by two queues: leaves and inner nodes both come in the order of their weight.</summary>
    private void Measure(ReadOnlySpan<long> order, Span<int> ofLength)
    {
        var nodes = order.Length;
        for (var i = 0; i < nodes; i++)
        {
            _weights[i] = (int)(order[i] >> 8);
        }

        var (leaf, inner) = (0, order.Length);
        for (; nodes < (2 * order.Length) - 1; nodes++)
        {
            _weights[nodes] = 0;
            for (var child = 0; child < 2; child++)
            {
                var least = leaf < order.Length && (inner >= nodes || _weights[leaf] <= _weights[inner]) ? leaf++ : inner++;
                _weights[nodes] += _weights[least];
                _parents[least] = nodes;
            }
        }

        // From the root down; the weights become depths.
        _weights[nodes - 1] = 0;
        for (var node = nodes - 2; node >= 0; node--)
        {
            _weights[node] = _weights[_parents[node]] + 1;
            if (node < order.Length)
            {
                ofLength[Math.Min(_weights[node], BitsMax)]++;
            }
        }
    }

    /// <summary>Codes that were too long took more room than there is: shorter ones are made longer until all fit, and exactly.</summary>
    private void Cut(Span<int> ofLength)
    {
        var room = 0;
        for (var length = 1; length <= BitsMax; length++)
        {
            room += ofLength[length] << (BitsMax - length);
        }

        for (; room > 1 << BitsMax; room--)
        {
            var length = BitsMax - 1;
            while (ofLength[length] == 0)
            {
                length--;
            }

            ofLength[length]--;
            ofLength[length + 1] += 2;
            ofLength[BitsMax]--;
        }

        LengthMax = BitsMax;
        while (ofLength[LengthMax] == 0)
        {
            LengthMax--;
        }
    }

    /// <summary>The longest codes go to the rarest bytes; codes are numbered from the longest, then by byte.</summary>
    private void Number(ReadOnlySpan<long> order, ReadOnlySpan<int> ofLength)
    {
        _lengths.AsSpan().Clear();
        Span<ushort> next = stackalloc ushort[BitsMax + 1];
        var at = 0;
        var code = 0;
        for (var length = LengthMax; length > 0; length--)
        {
            next[length] = (ushort)code;
            code = (code + ofLength[length]) >> 1;
            foreach (var symbol in order.Slice(at, ofLength[length]))
            {
                _lengths[(byte)symbol] = (byte)length;
            }

            at += ofLength[length];
        }

        for (var symbol = 0; symbol <= Last; symbol++)
        {
            _codes[symbol] = _lengths[symbol] == 0 ? (ushort)0 : next[_lengths[symbol]]++;
        }
    }
}
