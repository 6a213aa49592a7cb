using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace StreamPipeline.Core.Lake.Zstd;

/// <summary>
/// Finite state entropy: symbols in fractions of a bit, by a state that is carried from one to the next. Source: Duda, "Asymmetric numeral systems",
/// arXiv:1311.2540; RFC 8878, 4.1. Kept for the next block.
/// </summary>
internal sealed class FseTable
{
    public const int SymbolsMax = 64;

    private const int LogMin = 5;
    private const int LogMax = 9;

    private readonly short[] _shares = new short[SymbolsMax];
    private readonly ushort[] _states = new ushort[1 << LogMax];
    private readonly Step[] _steps = new Step[SymbolsMax];
    private readonly int[] _costs = new int[SymbolsMax];
    private readonly byte[] _spread = new byte[1 << LogMax];
    private int _symbols;

    /// <summary>States are 2^Log in number.</summary>
    public int Log { get; private set; }

    /// <param name="counts">How often each symbol comes; two of them do at least.</param>
    /// <param name="logMax">At most 9; so that each symbol has a state there are no more than 2^this symbols.</param>
    public void Build(ReadOnlySpan<int> counts, int logMax)
    {
        _symbols = counts.LastIndexOfAnyExcept(0) + 1;
        long total = 0;
        foreach (var count in counts[.._symbols])
        {
            total += count;
        }

        Log = Math.Clamp(BitOperations.Log2((ulong)total), Math.Max(LogMin, BitOperations.Log2((uint)_symbols) + 1), logMax);
        Share(counts[.._symbols], total);
        Spread();
    }

    /// <summary>Appends the shares, as readers rebuild the table from them. Source: RFC 8878, 4.1.1.</summary>
    public void WriteDescription(PooledBytes output)
    {
        var to = output.GetSpan((_symbols * 2) + (2 * sizeof(ulong)));
        var start = to;
        ulong pending = (uint)(Log - LogMin);
        var bits = 4;
        var remaining = (1 << Log) + 1;
        for (var symbol = 0; remaining > 1;)
        {
            // A share is told in as many bits as what remains needs, the lower ones in one less.
            var width = BitOperations.Log2((uint)remaining) + 1;
            var lower = (1 << width) - 1 - remaining;
            var value = _shares[symbol] + 1;
            remaining -= _shares[symbol++];
            var isLow = value < lower;
            pending |= (ulong)(uint)(value >= 1 << (width - 1) ? value + lower : value) << bits;
            bits += isLow ? width - 1 : width;
            if (value == 1)
            {
                var zeros = 0;
                for (; _shares[symbol] == 0; symbol++)
                {
                    zeros++;
                }

                for (; zeros >= 3; zeros -= 3)
                {
                    Add(3, 2, ref pending, ref bits, ref to);
                }

                Add(zeros, 2, ref pending, ref bits, ref to);
            }

            Add(0, 0, ref pending, ref bits, ref to);
        }

        output.Advance(start.Length - to.Length);
        if (bits > 0)
        {
            output.GetSpan(1)[0] = (byte)pending;
            output.Advance(1);
        }

        static void Add(int value, int count, ref ulong pending, ref int bits, ref Span<byte> to)
        {
            pending |= (ulong)(uint)value << bits;
            bits += count;
            for (; bits >= 8; bits -= 8)
            {
                to[0] = (byte)pending;
                to = to[1..];
                pending >>= 8;
            }
        }
    }

    /// <summary>What so many of each symbol take, in 256ths of a bit; the greatest number when one of them has no state.</summary>
    public long CostOf(ReadOnlySpan<int> counts)
    {
        long cost = 0;
        for (var symbol = 0; symbol < counts.Length; symbol++)
        {
            if (counts[symbol] == 0)
            {
                continue;
            }

            if (symbol >= _symbols || _shares[symbol] == 0)
            {
                return long.MaxValue;
            }

            cost += counts[symbol] * (long)_costs[symbol];
        }

        return cost;
    }

    /// <summary>One symbol over and over, which takes no bits.</summary>
    public void BuildOne(int symbol)
    {
        Log = 0;
        _steps[symbol] = new Step(0, 0);
        _states[0] = 0;
    }

    /// <summary>Begins with the last symbol, which the state itself tells.</summary>
    public State Begin(int symbol) => new(_steps, _states, Log, symbol);

    /// <summary>Shares of the states, in proportion; who comes at all has one, and the most frequent give it.</summary>
    private void Share(ReadOnlySpan<int> counts, long total)
    {
        var left = 1 << Log;
        for (var symbol = 0; symbol < counts.Length; symbol++)
        {
            _shares[symbol] = counts[symbol] == 0 ? (short)0 : (short)Math.Max(1, (((long)counts[symbol] << Log) + (total / 2)) / total);
            left -= _shares[symbol];
        }

        while (left != 0)
        {
            var greatest = 0;
            for (var symbol = 1; symbol < counts.Length; symbol++)
            {
                greatest = _shares[symbol] > _shares[greatest] ? symbol : greatest;
            }

            var change = left > 0 ? left : Math.Max(left, -Math.Max(1, _shares[greatest] / 4));
            _shares[greatest] += (short)change;
            left -= change;
        }
    }

    private void Spread()
    {
        var size = 1 << Log;
        var step = (size >> 1) + (size >> 3) + 3;
        Span<int> next = stackalloc int[SymbolsMax];
        var (at, total) = (0, 0);
        for (var symbol = 0; symbol < _symbols; symbol++)
        {
            int share = _shares[symbol];
            next[symbol] = total;
            if (share > 0)
            {
                _costs[symbol] = (int)(256 * (Log - Math.Log2(share)));
                var bits = share == 1 ? Log : Log - BitOperations.Log2((uint)share - 1);
                _steps[symbol] = new Step((bits << 16) - (share << bits), total - share);
                total += share;
            }

            for (; share > 0; share--)
            {
                _spread[at] = (byte)symbol;
                at = (at + step) & (size - 1);
            }
        }

        for (var state = 0; state < size; state++)
        {
            _states[next[_spread[state]]++] = (ushort)(size + state);
        }
    }

    /// <summary>A state on its way from the last symbol to the first. Symbols are those that the table was built for: this is not checked.</summary>
    internal ref struct State
    {
        private readonly ref Step _steps;
        private readonly ref ushort _states;
        private readonly int _log;
        private int _state;

        public State(Step[] steps, ushort[] states, int log, int symbol)
        {
            _steps = ref MemoryMarshal.GetArrayDataReference(steps);
            _states = ref MemoryMarshal.GetArrayDataReference(states);
            _log = log;
            var step = steps[symbol];
            var bits = (step.Bits + (1 << 15)) >> 16;
            _state = states[(((bits << 16) - step.Bits) >> bits) + step.Next];
        }

        /// <summary>Writes what the state must lose, and moves it on.</summary>
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Write(int symbol, ref BitStream stream)
        {
            ref readonly var step = ref Unsafe.Add(ref _steps, symbol);
            var bits = (int)((uint)(_state + step.Bits) >> 16);
            stream.Add(BitStream.Lowest((uint)_state, bits), bits);
            _state = Unsafe.Add(ref _states, (nint)(uint)((_state >> bits) + step.Next));
        }

        /// <summary>Writes the state that reading begins with.</summary>
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public readonly void Close(ref BitStream stream) => stream.Add(BitStream.Lowest((uint)_state, _log), _log);
    }

    /// <summary>How a symbol moves the state: 16 bits of fraction tell how many bits it writes.</summary>
    internal readonly record struct Step(int Bits, int Next);
}
