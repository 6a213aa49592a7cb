using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using StreamPipeline.Core.Lake.Parquet;

namespace StreamPipeline.Core.Lake.Zstd;

/// <summary>The sequences of a block: so many literals, then so many bytes from so far back. Source: RFC 8878, 3.1.1.3.2.</summary>
internal sealed class SequencesSection : IDisposable
{
    private const int Coded = 2;
    private const int Repeated = 1;
    private const int LengthLogMax = 9;
    private const int OffsetLogMax = 8;

    // Two states of nine bits, one of eight, and this: the most that may be added at once.
    private const int BitsAtOnce = 30;

    private readonly PooledArray<Sequence> _sequences = new();
    private readonly CodeTable _literals = new(SequenceCodes.LiteralCodes, LengthLogMax);
    private readonly CodeTable _offsets = new(SequenceCodes.OffsetCodes, OffsetLogMax);
    private readonly CodeTable _matches = new(SequenceCodes.MatchCodes, LengthLogMax);

    public int Count => _sequences.Count;

    /// <summary>Forgets all of them.</summary>
    public void Clear()
    {
        _sequences.Clear();
        _literals.Counts.AsSpan().Clear();
        _offsets.Counts.AsSpan().Clear();
        _matches.Counts.AsSpan().Clear();
    }

    /// <param name="literals">Bytes before the match.</param>
    /// <param name="match">Bytes of it, at least three.</param>
    /// <param name="distance">How far back they are.</param>
    public void Add(int literals, int match, int distance)
    {
        var sequence = new Sequence(SequenceCodes.OfLiterals(literals), SequenceCodes.OfMatch(match), SequenceCodes.OfOffset(distance));
        _literals.Counts[sequence.Literals.Code]++;
        _offsets.Counts[sequence.Offset.Code]++;
        _matches.Counts[sequence.Match.Code]++;
        _sequences.Extend(1)[0] = sequence;
    }

    /// <summary>Appends the section.</summary>
    public void Write(PooledBytes output)
    {
        WriteCount(Count, output);
        if (Count == 0)
        {
            return;
        }

        var modes = output.WrittenCount;
        output.GetSpan(1);
        output.Advance(1);
        var mode = (_literals.Build(output) << 6) | (_offsets.Build(output) << 4) | (_matches.Build(output) << 2);
        WriteStream(output);
        output.Patch(modes, (byte)mode);
    }

    public void Dispose() => _sequences.Dispose();

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
        var sequences = _sequences.Span;
        ref readonly var last = ref sequences[^1];
        var matches = _matches.Table.Begin(last.Match.Code);
        var offsets = _offsets.Table.Begin(last.Offset.Code);
        var literals = _literals.Table.Begin(last.Literals.Code);
        AddRests(last, ref stream);
        for (var i = sequences.Length - 2; i >= 0; i--)
        {
            ref readonly var sequence = ref sequences[i];
            offsets.Write(sequence.Offset.Code, ref stream);
            matches.Write(sequence.Match.Code, ref stream);
            literals.Write(sequence.Literals.Code, ref stream);
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
        if (sequence.Literals.Bits + sequence.Match.Bits + sequence.Offset.Bits > BitsAtOnce)
        {
            stream.Flush();
            stream.Add(sequence.Literals.Rest, sequence.Literals.Bits);
            stream.Add(sequence.Match.Rest, sequence.Match.Bits);
            stream.Flush();
        }
        else
        {
            stream.Add(sequence.Literals.Rest, sequence.Literals.Bits);
            stream.Add(sequence.Match.Rest, sequence.Match.Bits);
        }

        stream.Add(sequence.Offset.Rest, sequence.Offset.Bits);
        stream.Flush();
    }

    private readonly record struct Sequence(SequenceCodes.Coded Literals, SequenceCodes.Coded Match, SequenceCodes.Coded Offset);

    /// <summary>The codes of one kind: how often each comes, and the table made of that.</summary>
    private sealed class CodeTable(int codes, int logMax)
    {
        public int[] Counts { get; } = new int[codes];

        public FseTable Table { get; } = new();

        /// <summary>Makes and appends the table, and returns the mode.</summary>
        public int Build(PooledBytes output)
        {
            var first = Counts.AsSpan().IndexOfAnyExcept(0);
            if (Counts.AsSpan(first + 1).IndexOfAnyExcept(0) >= 0)
            {
                Table.Build(Counts, logMax);
                Table.WriteDescription(output);
                return Coded;
            }

            Table.BuildOne(first);
            output.GetSpan(1)[0] = (byte)first;
            output.Advance(1);
            return Repeated;
        }
    }
}
