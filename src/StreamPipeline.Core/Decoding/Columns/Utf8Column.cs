using System.Runtime.CompilerServices;
using Apache.Arrow;
using Apache.Arrow.Types;

namespace StreamPipeline.Core.Decoding.Columns;

/// <param name="nullable">Whether it may hold nulls.</param>
/// <param name="bytesHint">Bytes of text that will be about enough.</param>
internal sealed class Utf8Column(bool nullable, int bytesHint = 0) : Column(StringType.Default, nullable, hasChildren: false)
{
    private GrowingBytes _text = new(bytesHint);
    private Offsets _offsets = new();

    public void Append(ReadOnlySpan<byte> utf8)
    {
        Room(utf8.Length);
        _text.Append(utf8);
        Commit(0);
    }

    /// <summary>Whether <see cref="Room"/> of so many bytes is there already.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool HasRoom(int count) => Count < RoomTo && _text.Capacity - _text.Length >= count;

    /// <summary>As <see cref="Room"/>, when <see cref="HasRoom"/> has said so.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ref byte RoomThere() => ref _text.At(_text.Length);

    /// <summary>Room for the next text, to be written by the caller and then counted by <see cref="Commit"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ref byte Room(int count)
    {
        if (Count >= RoomTo)
        {
            Grow();
        }

        return ref _text.Room(count);
    }

    /// <summary>Counts a text that was written to <see cref="Room"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Commit(int length)
    {
        _text.Advance(length);
        _offsets.Put(Count, _text.Length);
        CountValue();
    }

    protected override void AppendDefault()
    {
        if (_offsets.IsFull(Count))
        {
            _offsets.Reserve(Count, 1);
        }

        _offsets.Put(Count, _text.Length);
    }

    protected override void AppendDefaults(int count) => _offsets.Add(Count, _text.Length, count);

    protected override void TruncateValues(int count) => _text.Truncate(_offsets.At(count));

    protected override ArrayData BuildValues(IArrowType arrowType, int count, int nulls, ArrowBuffer validity, ColumnBuffers? owner) =>
        new(arrowType, count, nulls, 0, [validity, _offsets.Build(count, owner), _text.Build(owner)]);

    protected override void ReleaseValues()
    {
        _offsets.Release();
        _text.Release();
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void Grow()
    {
        WriteWaiting();
        _offsets.Reserve(Count, 1);
        RoomTo = _offsets.Room;
    }
}
