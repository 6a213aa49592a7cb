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

    public void Clear() => _sequences.Clear();

    /// <param name="literals">Bytes before the match.</param>
    /// <param name="match">Bytes of it, at least three.</param>
    /// <param name="distance">How far back they are.</param>
    public void Add(int literals, int match, int distance) => _sequences.Extend(1)[0] = new Sequence(literals, match, distance);

    /// <summary>Appends the section.</summary>
    public void Write(PooledBytes output)
    {
        WriteCount(Count, output);
        if (Count == 0)
        {
            return;
        }

        foreach (ref readonly var sequence in _sequences.Span)
        {
            _literals.Counts[SequenceCodes.OfLiterals(sequence.Literals).Code]++;
            _offsets.Counts[SequenceCodes.OfOffset(sequence.Distance).Code]++;
            _matches.Counts[SequenceCodes.OfMatch(sequence.Match).Code]++;
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
        var (literals, offsets, matches) = (_literals.Table, _offsets.Table, _matches.Table);
        var (literalState, offsetState, matchState) = (0, 0, 0);
        var sequences = _sequences.Span;
        for (var i = sequences.Length - 1; i >= 0; i--)
        {
            var literal = SequenceCodes.OfLiterals(sequences[i].Literals);
            var offset = SequenceCodes.OfOffset(sequences[i].Distance);
            var match = SequenceCodes.OfMatch(sequences[i].Match);
            if (i == sequences.Length - 1)
            {
                matchState = matches?.First(match.Code) ?? 0;
                offsetState = offsets?.First(offset.Code) ?? 0;
                literalState = literals?.First(literal.Code) ?? 0;
            }
            else
            {
                offsets?.Write(offset.Code, ref offsetState, ref stream);
                matches?.Write(match.Code, ref matchState, ref stream);
                literals?.Write(literal.Code, ref literalState, ref stream);
            }

            if (literal.Bits + match.Bits + offset.Bits > BitsAtOnce)
            {
                stream.Flush();
                stream.Add(literal.Rest, literal.Bits);
                stream.Add(match.Rest, match.Bits);
                stream.Flush();
            }
            else
            {
                stream.Add(literal.Rest, literal.Bits);
                stream.Add(match.Rest, match.Bits);
            }

            stream.Add(offset.Rest, offset.Bits);
            stream.Flush();
        }

        matches?.Close(matchState, ref stream);
        offsets?.Close(offsetState, ref stream);
        literals?.Close(literalState, ref stream);
        output.Advance(stream.Close(ref start));
    }

    private readonly record struct Sequence(int Literals, int Match, int Distance);

    /// <summary>The codes of one kind: how often each comes, and the table made of that.</summary>
    private sealed class CodeTable(int codes, int logMax)
    {
        private readonly FseTable _table = new();

        public int[] Counts { get; } = new int[codes];

        /// <summary>Null when there is one code only, which takes no bits.</summary>
        public FseTable? Table { get; private set; }

        /// <summary>Makes and appends the table, forgets the counts, and returns the mode.</summary>
        public int Build(PooledBytes output)
        {
            var first = Counts.AsSpan().IndexOfAnyExcept(0);
            var isOne = Counts.AsSpan(first + 1).IndexOfAnyExcept(0) < 0;
            if (isOne)
            {
                Table = null;
                output.GetSpan(1)[0] = (byte)first;
                output.Advance(1);
            }
            else
            {
                Table = _table;
                _table.Build(Counts, logMax);
                _table.WriteDescription(output);
            }

            Counts.AsSpan().Clear();
            return isOne ? Repeated : Coded;
        }
    }
}
