using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace StreamPipeline.Core.Decoding.Compiled;

/// <summary>
/// A copy of a part of a payload with zeros behind it, for payloads with nothing behind them. Pinned, so that plain pointers into it stay valid; owned
/// by one decoder.
/// </summary>
/// <param name="padding">Zero bytes behind the text: how far beyond its end is read.</param>
internal sealed unsafe class PaddedWindow(int padding)
{
    /// <summary>Stays in the second-level cache, between the copy and the reading of it.</summary>
    private const int BytesDefault = 64 << 10;

    /// <summary>A larger document takes the complete path.</summary>
    private const int BytesMax = 4 << 20;

    private byte[] _buffer = [];
    private byte* _start;
    private int _textStart;
    private int _length;

    /// <summary>Bytes it may hold; grows by <see cref="TryGrow"/>.</summary>
    private int _capacity = BytesDefault;

    /// <summary>The end of its text.</summary>
    public byte* Limit => _start + _length;

    /// <summary>Forgets the payload.</summary>
    public void Reset() => _length = -1;

    /// <summary>Where the payload's byte is in the window, which is filled from there when it does not reach that far.</summary>
    public byte* At(ReadOnlySpan<byte> payload, int index)
    {
        var offset = index - _textStart;
        return _length > 0 && (uint)offset < (uint)_length ? _start + offset : Fill(payload, index);
    }

    /// <summary>Fills the window from the payload's byte on.</summary>
    public byte* Fill(ReadOnlySpan<byte> payload, int index)
    {
        var length = Math.Min(_capacity, payload.Length - index);
        if (_buffer.Length < length + padding)
        {
            Allocate(length + padding);
        }

        payload.Slice(index, length).CopyTo(_buffer);
        _buffer.AsSpan(length, padding).Clear();
        (_textStart, _length) = (index, length);
        return _start;
    }

    /// <summary>
    /// Whether a document that could not be read may have been cut by the window's end, and is worth another look. Asked only in
    /// the window's second half, so that text which is bad all over is not copied again for each of its documents.
    /// </summary>
    public bool MayBeCut(ReadOnlySpan<byte> payload, byte* document)
    {
        var left = (int)(_start + _length - document);
        return _textStart + _length < payload.Length
            && (left <= _capacity / 2 || document == _start)
            && !new ReadOnlySpan<byte>(document, left).Contains((byte)'\n');
    }

    public bool IsStart(byte* at) => at == _start;

    /// <summary>Notes a document's length, so that windows hold several like it.</summary>
    public void Note(int documentBytes)
    {
        if (documentBytes > _capacity / 8)
        {
            TryGrow();
        }
    }

    /// <summary>Makes room for a longer document; false at the limit.</summary>
    public bool TryGrow()
    {
        if (_capacity >= BytesMax)
        {
            return false;
        }

        _capacity *= 4;
        return true;
    }

    private void Allocate(int bytes)
    {
        // A small stream of small records never needs the whole window.
        var size = Math.Max(bytes, Math.Min(_buffer.Length * 2, _capacity + padding));
        _buffer = GC.AllocateUninitializedArray<byte>(size, pinned: true);
        _start = (byte*)Unsafe.AsPointer(ref MemoryMarshal.GetArrayDataReference(_buffer));
    }
}
