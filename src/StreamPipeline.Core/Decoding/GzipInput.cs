using System.IO.Compression;

namespace StreamPipeline.Core.Decoding;

/// <summary>
/// Inflates gzip and notices when it ends early. <see cref="GZipStream"/> alone answers a cut file with "end of stream",
/// as if it were whole. So where the compressed bytes end, a gzip member of our own follows: members in a row are one
/// stream (RFC 1952 section 2.2), so its content comes out last exactly when all before it was whole.
/// </summary>
internal sealed class GzipInput : ReadOnlyStream
{
    private readonly MarkedStream _marked;
    private readonly GZipStream _gzip;
    private bool _done;
    private long _bytesInflated;

    public GzipInput(Stream compressed)
    {
        _marked = new MarkedStream(compressed);
        _gzip = new GZipStream(_marked, CompressionMode.Decompress, leaveOpen: false);
    }

    public override int Read(Span<byte> buffer)
    {
        if (_done || buffer.IsEmpty)
        {
            return 0;
        }

        // Once the end was reached, what comes out stems from the marker, never from the data: nothing of it is delivered.
        if (!_marked.EndReached)
        {
            var read = Inflate(buffer);
            if (!_marked.EndReached)
            {
                return read > 0 ? read : throw Trailing();
            }

            return Finish(buffer[..read]);
        }

        return Finish([]);
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _gzip.Dispose();
        }

        base.Dispose(disposing);
    }

    private int Finish(ReadOnlySpan<byte> first)
    {
        Span<byte> tail = stackalloc byte[MarkedStream.Text.Length + 1];
        if (first.Length >= tail.Length)
        {
            throw Early(null);
        }

        first.CopyTo(tail);
        var length = first.Length;
        while (length < tail.Length)
        {
            var read = Inflate(tail[length..]);
            if (read == 0)
            {
                break;
            }

            length += read;
        }

        _done = true;
        return tail[..length].SequenceEqual(MarkedStream.Text) ? 0 : throw Early(null);
    }

    private int Inflate(Span<byte> buffer)
    {
        try
        {
            var read = _gzip.Read(buffer);
            _bytesInflated += read;
            return read;
        }
        catch (InvalidDataException exception)
        {
            _done = true;

            // What .NET says of it is about archives, or about a method of compression, and true of neither.
            throw _marked.EndReached
                ? Early(exception)
                : new CompressedDataException(
                    $"the gzip data is damaged within its first {_marked.BytesRead:N0} bytes, behind {_bytesInflated:N0} decompressed bytes", endsEarly: false, exception);
        }
    }

    private CompressedDataException Trailing()
    {
        _done = true;
        return new CompressedDataException(
            $"bytes that are not gzip follow the gzip data, within its first {_marked.BytesRead:N0} bytes", endsEarly: false);
    }

    private CompressedDataException Early(Exception? inner)
    {
        _done = true;
        return new CompressedDataException($"the gzip data ends early, after {_marked.BytesRead:N0} bytes", endsEarly: true, inner);
    }

    /// <summary>The compressed bytes, followed by the marker member.</summary>
    private sealed class MarkedStream(Stream inner) : ReadOnlyStream
    {
        private int _markerRead;

        /// <summary>What the marker member inflates to: 16 bytes, of no meaning.</summary>
        public static ReadOnlySpan<byte> Text => "\u0001end-of-gzip-in\u0002"u8;

        public bool EndReached { get; private set; }

        public long BytesRead { get; private set; }

        // Header, one stored deflate block (RFC 1951 section 3.2.4), CRC-32 and length of the text.
        private static ReadOnlySpan<byte> Marker =>
        [
            0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 0xFF,
            1, 16, 0, 0xEF, 0xFF,
            1, (byte)'e', (byte)'n', (byte)'d', (byte)'-', (byte)'o', (byte)'f', (byte)'-',
            (byte)'g', (byte)'z', (byte)'i', (byte)'p', (byte)'-', (byte)'i', (byte)'n', 2,
            0x35, 0xDA, 0xA2, 0x14, 16, 0, 0, 0,
        ];

        public override int Read(Span<byte> buffer)
        {
            if (!EndReached)
            {
                var read = inner.Read(buffer);
                BytesRead += read;
                if (read > 0 || buffer.IsEmpty)
                {
                    return read;
                }

                EndReached = true;
            }

            var count = Math.Min(buffer.Length, Marker.Length - _markerRead);
            Marker.Slice(_markerRead, count).CopyTo(buffer);
            _markerRead += count;
            return count;
        }

        protected override void Dispose(bool disposing)
        {
            if (disposing)
            {
                inner.Dispose();
            }

            base.Dispose(disposing);
        }
    }
}
