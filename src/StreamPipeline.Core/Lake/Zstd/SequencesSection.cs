using System.Buffers;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace StreamPipeline.Core.Lake.Zstd;

/// <summary>The sequences of a block: so many literals, then so many bytes from so far back. Source: RFC 8878, 3.1.1.3.2.</summary>
internal sealed class SequencesSection : IDisposable
{
    private const int Coded = 2;
    private const int Repeated = 1;
    private const int Kept = 3;
    private const int LengthLogMax = 9;
    private const int OffsetLogMax = 8;

    // Two states of nine bits, one of eight, and this: the most that may be added at once.
    private const int BitsAtOnce = 30;

    private const int SequencesHint = 4 << 10;

    private Sequence[] _sequences = ArrayPool<Sequence>.Shared.Rent(SequencesHint);
    private readonly CodeTable _literals = new(SequenceCodes.LiteralCodes, LengthLogMax);
    private readonly CodeTable _offsets = new(SequenceCodes.OffsetCodes, OffsetLogMax);
    private readonly CodeTable _matches = new(SequenceCodes.MatchCodes, LengthLogMax);

    public int Count { get; private set; }

    /// <summary>The next section cannot refer to the tables of those before it.</summary>
    public void ForgetTables()
    {
        _literals.Forget();
        _offsets.Forget();
        _matches.Forget();
    }

    /// <summary>Forgets all sequences.</summary>
    public void Clear()
    {
        Count = 0;
        _literals.Counts.AsSpan().Clear();
        _offsets.Counts.AsSpan().Clear();
        _matches.Counts.AsSpan().Clear();
    }

    /// <param name="literals">Bytes before the match.</param>
    /// <param name="match">Bytes of it, at least three.</param>
    /// <param name="distance">How far back they are.</param>
    public void Add(int literals, int match, int distance)
    {
        var adding = Adding(1);
        adding.Add(literals, SequenceCodes.OfMatch(match), (uint)distance + SequenceCodes.Recent);
        Added(adding);
    }

    /// <summary>Room for so many sequences. What is added is in the section once it is told to <see cref="Added"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Adder Adding(int count)
    {
        if (count > _sequences.Length - Count)
        {
            Grow(count);
        }

        return new Adder(ref _sequences[Count], _literals.Counts, _offsets.Counts, _matches.Counts);
    }

    /// <summary>Counts what was added.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Added(in Adder adder) => Count += adder.Count;

    /// <summary>Appends the section.</summary>
    /// <param name="output">Appended to.</param>
    /// <param name="keepsTables">Whether it may refer to tables of the section before, in the same frame, where those do.</param>
    public void Write(PooledBytes output, bool keepsTables = false)
    {
        WriteCount(Count, output);
        if (Count == 0)
        {
            return;
        }

        var modes = output.WrittenCount;
        output.GetSpan(1);
        output.Advance(1);
        var mode = (_literals.Build(output, keepsTables) << 6) | (_offsets.Build(output, keepsTables) << 4) | (_matches.Build(output, keepsTables) << 2);
        WriteStream(output);
        output.Patch(modes, (byte)mode);
    }

    public void Dispose() => ArrayPool<Sequence>.Shared.Return(_sequences);

    private void Grow(int count)
    {
        var larger = ArrayPool<Sequence>.Shared.Rent(Math.Max(2 * _sequences.Length, Count + count));
        _sequences.AsSpan().CopyTo(larger);
        ArrayPool<Sequence>.Shared.Return(_sequences);
        _sequences = larger;
    }

    private static void WriteCount(int count, PooledBytes output)
    {
        const int TwoBytes = 128;
        const int ThreeBytes = 0x7F00;
        var to = output.GetSpan(3);
        if (count < TwoBytes)
        {
            to[0] = (byte)count;
            output.Advance(1);
        }
        else if (count < ThreeBytes)
        {
            to[0] = (byte)((count >> 8) + TwoBytes);
            to[1] = (byte)count;
            output.Advance(2);
        }
        else
        {
            to[0] = byte.MaxValue;
            to[1] = (byte)(count - ThreeBytes);
            to[2] = (byte)((count - ThreeBytes) >> 8);
            output.Advance(3);
        }
    }

    /// <summary>From the last sequence to the first; each is read as offset, match, literals, and the states are moved in the other order.</summary>
    private void WriteStream(PooledBytes output)
    {
        const int BitsOfOne = (2 * LengthLogMax) + OffsetLogMax + 64;
        var to = output.GetSpan(BitStream.Bound((Count + 1L) * BitsOfOne));
        ref var start = ref MemoryMarshal.GetReference(to);
        var stream = new BitStream(ref start);
        ReadOnlySpan<Sequence> sequences = _sequences.AsSpan(0, Count);
        ref readonly var last = ref sequences[^1];
        var matches = _matches.Table.Begin(last.MatchCode);
        var offsets = _offsets.Table.Begin(last.OffsetCode);
        var literals = _literals.Table.Begin(last.LiteralsCode);
        AddRests(last, ref stream);
        for (var i = sequences.Length - 2; i >= 0; i--)
        {
            ref readonly var sequence = ref sequences[i];
            offsets.Write(sequence.OffsetCode, ref stream);
            matches.Write(sequence.MatchCode, ref stream);
            literals.Write(sequence.LiteralsCode, ref stream);
            AddRests(sequence, ref stream);
        }

        matches.Close(ref stream);
        offsets.Close(ref stream);
        literals.Close(ref stream);
        output.Advance(stream.Close(ref start));
    }

    /// <summary>The bits beyond the codes: mostly none but the distance's, which then fit with the states'.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void AddRests(in Sequence sequence, ref BitStream stream)
    {
        int bits = sequence.Bits;
        if (bits <= BitsAtOnce)
        {
            stream.Add(sequence.Rest, bits);
        }
        else
        {
            // No more than 63 in all: a length's rest is 16 bits at most, a distance's 31.
            const int Half = 32;
            stream.Flush();
            stream.Add((uint)sequence.Rest, Math.Min(bits, Half));
            stream.Flush();
            stream.Add(sequence.Rest >> Half, Math.Max(0, bits - Half));
        }

        stream.Flush();
    }

    /// <summary>Adds sequences one behind the other, as many as it was made for.</summary>
    internal ref struct Adder
    {
        private readonly ref Sequence _start;
        private readonly ref int _literals;
        private readonly ref int _offsets;
        private readonly ref int _matches;

        public Adder(ref Sequence start, int[] literals, int[] offsets, int[] matches)
        {
            _start = ref start;
            _literals = ref MemoryMarshal.GetArrayDataReference(literals);
            _offsets = ref MemoryMarshal.GetArrayDataReference(offsets);
            _matches = ref MemoryMarshal.GetArrayDataReference(matches);
        }

        public int Count { get; private set; }

        /// <param name="literals">Bytes before the match.</param>
        /// <param name="match">Bytes of it.</param>
        /// <param name="offset">A distance and <see cref="SequenceCodes.Recent"/>, or which of the recent ones it is.</param>
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Add(int literals, SequenceCodes.Coded match, uint offset)
        {
            SequenceCodes.OfLiterals(literals, out var literalsCode, out var literalsBits, out var literalsRest);
            var offsetCode = BitOperations.Log2(offset);
            Unsafe.Add(ref _literals, literalsCode)++;
            Unsafe.Add(ref _offsets, offsetCode)++;
            Unsafe.Add(ref _matches, (nint)match.Code)++;

            // Field by field: a value that is put together elsewhere is copied before its parts have arrived.
            ref var sequence = ref Unsafe.Add(ref _start, Count++);
            sequence.Rest = literalsRest | ((match.Rest | ((ulong)BitStream.Lowest(offset, offsetCode) << match.Bits)) << literalsBits);
            sequence.LiteralsCode = (byte)literalsCode;
            sequence.OffsetCode = (byte)offsetCode;
            sequence.MatchCode = match.Code;
            sequence.Bits = (byte)(literalsBits + match.Bits + offsetCode);
        }
    }

    /// <summary>A sequence as it will be written.</summary>
    internal struct Sequence
    {
        /// <summary>The bits behind the codes, of literals, match and offset, the first lowest.</summary>
        public ulong Rest;

        public byte LiteralsCode;
        public byte OffsetCode;
        public byte MatchCode;

        /// <summary>How many bits <see cref="Rest"/> has.</summary>
        public byte Bits;
    }

    /// <summary>The codes of one kind: how often each comes, and the table made of that.</summary>
    private sealed class CodeTable(int codes, int logMax)
    {
        private bool _isKept;
        private double _costOfOne;

        public int[] Counts { get; } = new int[codes];

        public FseTable Table { get; } = new();

        public void Forget() => _isKept = false;

        /// <summary>Makes and appends the table, and returns the mode.</summary>
        public int Build(PooledBytes output, bool keepsTables)
        {
            if (keepsTables && _isKept && IsStillFit())
            {
                return Kept;
            }

            var first = Counts.AsSpan().IndexOfAnyExcept(0);
            if (Counts.AsSpan(first + 1).IndexOfAnyExcept(0) >= 0)
            {
                Table.Build(Counts, logMax);
                Table.WriteDescription(output);
                _isKept = true;
                _costOfOne = (double)Table.CostOf(Counts) / Total();
                return Coded;
            }

            _isKept = false;
            Table.BuildOne(first);
            output.GetSpan(1)[0] = (byte)first;
            output.Advance(1);
            return Repeated;
        }

        /// <summary>What a table was made for, it is as good at as it was then, or nearly.</summary>
        private bool IsStillFit()
        {
            const double Worse = 1.03;
            return Table.CostOf(Counts) is var cost && cost != long.MaxValue && cost <= _costOfOne * Worse * Total();
        }

        private long Total()
        {
            long total = 0;
            foreach (var count in Counts)
            {
                total += count;
            }

            return total;
        }
    }
}
