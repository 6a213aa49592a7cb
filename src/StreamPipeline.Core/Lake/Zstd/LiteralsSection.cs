namespace StreamPipeline.Core.Lake.Zstd;

/// <summary>The literals of a block: in a Huffman code and four streams, one byte over and over, or as they are. Source: RFC 8878, 3.1.1.3.1.</summary>
internal sealed class LiteralsSection : IDisposable
{
    private const int Raw = 0;
    private const int Repeated = 1;
    private const int Compressed = 2;
    private const int Treeless = 3;
    private const int SizesOf18Bits = 3;
    private const int HeaderBytes = 5;
    private const int Streams = 4;

    // Below, the code costs more than it saves.
    private const int CodedMin = 64;

    private readonly ByteCounts _counts = new();
    private readonly HuffmanCode _code = new();
    private readonly HuffmanWeights _weights = new();
    private readonly HuffmanStream _stream = new();
    private bool _isKept;
    private double _bytesOfOne;

    /// <summary>The next section cannot refer to the code of those before it.</summary>
    public void ForgetCode() => _isKept = false;

    /// <param name="literals">At most a block.</param>
    /// <param name="output">Appended to; never more than three bytes longer than the literals.</param>
    /// <param name="keepsCode">Whether it may refer to the code of a section before, in the same frame, where that does.</param>
    public void Write(ReadOnlySpan<byte> literals, PooledBytes output, bool keepsCode = false)
    {
        if (!literals.IsEmpty && literals.IndexOfAnyExcept(literals[0]) < 0)
        {
            WriteHeader(Repeated, literals.Length, output);
            output.GetSpan(1)[0] = literals[0];
            output.Advance(1);
        }
        else if (literals.Length < CodedMin || (!(keepsCode && TryKeptCode(literals, output)) && !TryCode(literals, output)))
        {
            WriteHeader(Raw, literals.Length, output);
            literals.CopyTo(output.GetSpan(literals.Length));
            output.Advance(literals.Length);
        }
    }

    /// <summary>About how many bytes a section takes.</summary>
    public int Estimate(ReadOnlySpan<byte> literals)
    {
        if (literals.Length < CodedMin || literals.IndexOfAnyExcept(literals[0]) < 0)
        {
            return Math.Min(literals.Length, 1);
        }

        _counts.Count(literals);
        _code.Build(_counts.Counts);
        return HeaderBytes + (_code.Symbols / 2) + (int)(_code.BitsOf(_counts.Counts) / 8 * literals.Length / _counts.Counted);
    }

    public void Dispose()
    {
        _weights.Dispose();
        _stream.Dispose();
    }

    private bool TryCode(ReadOnlySpan<byte> literals, PooledBytes output)
    {
        _counts.Count(literals);
        _code.Build(_counts.Counts);
        var at = output.WrittenCount;
        output.GetSpan(HeaderBytes);
        output.Advance(HeaderBytes);
        _isKept = false;
        if (!_weights.TryWrite(_code, output))
        {
            output.CutTo(at);
            return false;
        }

        _stream.Use(_code);
        var streams = output.WrittenCount;
        if (!TryWriteStreams(Compressed, literals, at, output))
        {
            return false;
        }

        _isKept = true;
        _bytesOfOne = (double)(output.WrittenCount - streams) / literals.Length;
        return true;
    }

    /// <summary>In the code that the reader has; false when it has none for some byte, or they are less like those that it was made for.</summary>
    private bool TryKeptCode(ReadOnlySpan<byte> literals, PooledBytes output)
    {
        const double Worse = 1.03;
        if (!_isKept || !_stream.HasAll(literals))
        {
            return false;
        }

        var at = output.WrittenCount;
        output.GetSpan(HeaderBytes);
        output.Advance(HeaderBytes);
        if (!TryWriteStreams(Treeless, literals, at, output))
        {
            return false;
        }

        if (output.WrittenCount - at > _bytesOfOne * Worse * literals.Length)
        {
            output.CutTo(at);
            return false;
        }

        return true;
    }

    private bool TryWriteStreams(int type, ReadOnlySpan<byte> literals, int at, PooledBytes output)
    {
        WriteStreams(literals, output);
        var bytes = output.WrittenCount - at - HeaderBytes;
        if (bytes + HeaderBytes >= literals.Length)
        {
            output.CutTo(at);
            return false;
        }

        // Five bytes as two times four that overlap.
        var header = (uint)type | (SizesOf18Bits << 2) | ((long)literals.Length << 4) | ((long)bytes << 22);
        output.PatchInt32(at, (int)header);
        output.PatchInt32(at + 1, (int)(header >> 8));
        return true;
    }

    /// <summary>Four streams, so that a reader can unpack them at once; the sizes of the first three come first.</summary>
    private void WriteStreams(ReadOnlySpan<byte> literals, PooledBytes output)
    {
        const int SizeBytes = (Streams - 1) * sizeof(ushort);
        var sizes = output.WrittenCount;
        output.GetSpan(SizeBytes);
        output.Advance(SizeBytes);
        var each = (literals.Length + Streams - 1) / Streams;
        for (var i = 0; i < Streams; i++)
        {
            var at = output.WrittenCount;
            var stream = literals.Slice(Math.Min(i * each, literals.Length));
            _stream.Write(stream[..Math.Min(each, stream.Length)], output);
            if (i < Streams - 1)
            {
                output.PatchUInt16(sizes + (i * sizeof(ushort)), output.WrittenCount - at);
            }
        }
    }

    private static void WriteHeader(int type, int size, PooledBytes output)
    {
        // One byte, two or three.
        var (format, shift, bytes) = size < 1 << 5 ? (0, 3, 1) : size < 1 << 12 ? (1, 4, 2) : (3, 4, 3);
        var header = type | (format << 2) | (size << shift);
        var to = output.GetSpan(bytes);
        for (var i = 0; i < bytes; i++)
        {
            to[i] = (byte)(header >> (8 * i));
        }

        output.Advance(bytes);
    }
}
