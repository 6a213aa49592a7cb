using System.Collections;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;

namespace StreamPipeline.Core.Decoding;

/// <summary>
/// The records of a batch, side by side in one array, so that a loop over them neither calls through an interface nor copies what it does not need.
/// Who fills it may clear and fill it again once the batch is done with: so its memory serves batch after batch.
/// </summary>
[CollectionBuilder(typeof(StreamRecords), nameof(Of))]
public sealed class StreamRecords : IReadOnlyList<StreamRecord>
{
    private StreamRecord[] _records;

    /// <param name="capacity">Records that there is room for at once; more grow it.</param>
    public StreamRecords(int capacity = 0) => _records = capacity == 0 ? [] : new StreamRecord[capacity];

    public int Count { get; private set; }

    /// <summary>Valid until the list is changed.</summary>
    public ReadOnlySpan<StreamRecord> Span => _records.AsSpan(0, Count);

    /// <param name="index">Below <see cref="Count"/>.</param>
    public ref readonly StreamRecord this[int index]
    {
        get
        {
            if ((uint)index >= (uint)Count)
            {
                ThrowOutside(index);
            }

            return ref _records[index];
        }
    }

    StreamRecord IReadOnlyList<StreamRecord>.this[int index] => this[index];

    public static StreamRecords Of(ReadOnlySpan<StreamRecord> records)
    {
        var list = new StreamRecords(records.Length);
        list.Add(records);
        return list;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Add(in StreamRecord record)
    {
        if (Count == _records.Length)
        {
            Grow(Count + 1);
        }

        _records[Count++] = record;
    }

    /// <summary>Adds a record whose data are bytes of an array.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Add(in SequenceNumber sequence, byte[] buffer, int offset, int length, long arrivalUs)
    {
        if (Count == _records.Length)
        {
            Grow(Count + 1);
        }

        _records[Count++] = new StreamRecord(sequence, new ReadOnlyMemory<byte>(buffer, offset, length), arrivalUs);
    }

    public void Add(ReadOnlySpan<StreamRecord> records)
    {
        if (_records.Length - Count < records.Length)
        {
            Grow(Count + records.Length);
        }

        records.CopyTo(_records.AsSpan(Count));
        Count += records.Length;
    }

    /// <summary>Makes room for more records at once.</summary>
    internal void Reserve(int records)
    {
        if (_records.Length - Count < records)
        {
            Grow(Count + records);
        }
    }

    /// <summary>Forgets the records and keeps the room. What they referred to stays referred to until it is overwritten.</summary>
    public void Clear() => Count = 0;

    public Enumerator GetEnumerator() => new(this);

    IEnumerator<StreamRecord> IEnumerable<StreamRecord>.GetEnumerator() => GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    private void Grow(int atLeast) => Array.Resize(ref _records, Math.Max(atLeast, Math.Max(16, (int)Math.Min(Array.MaxLength, _records.Length * 2L))));

    [DoesNotReturn]
    private void ThrowOutside(int index) => throw new ArgumentOutOfRangeException(nameof(index), index, $"the batch has {Count} records");

    /// <summary>Walks over the records as <c>foreach</c> does.</summary>
    [SuppressMessage("Design", "CA1034:Nested types should not be visible", Justification = "As the enumerators of .NET's own collections.")]
    public struct Enumerator : IEnumerator<StreamRecord>
    {
        private readonly StreamRecords _records;
        private int _index;

        internal Enumerator(StreamRecords records)
        {
            _records = records;
            _index = -1;
        }

        public readonly StreamRecord Current => _records[_index];

        readonly object IEnumerator.Current => Current;

        public bool MoveNext() => ++_index < _records.Count;

        public void Reset() => _index = -1;

        public readonly void Dispose()
        {
        }
    }
}
