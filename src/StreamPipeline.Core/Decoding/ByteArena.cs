using System.Buffers;

namespace StreamPipeline.Core.Decoding;

/// <summary>Keeps many byte strings of any size in few pooled arrays, and gives all of them back at once.</summary>
internal sealed class ByteArena : IDisposable
{
    private const int SlabBytes = 1 << 20;

    private readonly List<byte[]> _slabs = [];
    private byte[] _current = [];
    private int _used;

    /// <summary>Bytes held since the last <see cref="Reset"/>.</summary>
    public long BytesHeld { get; private set; }

    /// <summary>A copy that is valid until <see cref="Reset"/>.</summary>
    public ReadOnlyMemory<byte> Keep(ReadOnlySpan<byte> bytes)
    {
        BytesHeld += bytes.Length;

        // What is large gets an array of its own, so that it does not waste the rest of the current one.
        if (bytes.Length > SlabBytes / 4)
        {
            var own = ArrayPool<byte>.Shared.Rent(bytes.Length);
            _slabs.Add(own);
            bytes.CopyTo(own);
            return own.AsMemory(0, bytes.Length);
        }

        if (_current.Length - _used < bytes.Length)
        {
            _current = ArrayPool<byte>.Shared.Rent(SlabBytes);
            _slabs.Add(_current);
            _used = 0;
        }

        var kept = _current.AsMemory(_used, bytes.Length);
        bytes.CopyTo(kept.Span);
        _used += bytes.Length;
        return kept;
    }

    /// <summary>Hands over all that was kept, to be given back by disposing it; null when there is nothing.</summary>
    public ByteArena? Detach()
    {
        if (_slabs.Count == 0)
        {
            return null;
        }

        var detached = new ByteArena();
        detached._slabs.AddRange(_slabs);
        _slabs.Clear();
        Reset();
        return detached;
    }

    public void Reset()
    {
        foreach (var slab in _slabs)
        {
            ArrayPool<byte>.Shared.Return(slab);
        }

        _slabs.Clear();
        _current = [];
        _used = 0;
        BytesHeld = 0;
    }

    public void Dispose() => Reset();
}
