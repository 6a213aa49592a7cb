namespace StreamPipeline.Aws.Putting;

/// <summary>
/// Which records may be sent next, in order. A record with a key waits until the one before it of the same key has been taken, so that none is overtaken:
/// a call can take a later record and turn away an earlier one, hence a key is in a call at most once.
/// </summary>
internal sealed class PendingRecords
{
    // By index: what failed goes before all that comes after it.
    private readonly PriorityQueue<int, int> _ready;
    private readonly int[] _nextOfKey;

    /// <param name="count">Records 0 to count − 1.</param>
    /// <param name="keyOf">The key that orders a record; null: it has none, and may be sent beside any other.</param>
    public PendingRecords(int count, Func<int, string?> keyOf)
    {
        _ready = new PriorityQueue<int, int>(count);
        _nextOfKey = new int[count];
        var lastOfKey = new Dictionary<string, int>(StringComparer.Ordinal);
        for (var i = 0; i < count; i++)
        {
            _nextOfKey[i] = -1;
            if (keyOf(i) is not { } key)
            {
                _ready.Enqueue(i, i);
                continue;
            }

            if (lastOfKey.TryGetValue(key, out var previous))
            {
                _nextOfKey[previous] = i;
            }
            else
            {
                _ready.Enqueue(i, i);
            }

            lastOfKey[key] = i;
        }
    }

    /// <summary>Whether nothing is left to send that is not being sent.</summary>
    public bool IsEmpty => _ready.Count == 0;

    /// <summary>Moves the next records into an empty list, as many as fit in a call.</summary>
    public void Take(List<int> call, PutLimits limits, Func<int, int> bytesOf)
    {
        long bytes = 0;
        while (call.Count < limits.RecordsMax && _ready.TryPeek(out var next, out _) && bytes + bytesOf(next) <= limits.BytesMax)
        {
            bytes += bytesOf(next);
            call.Add(_ready.Dequeue());
        }
    }

    public void Taken(int record)
    {
        if (_nextOfKey[record] is >= 0 and var next)
        {
            _ready.Enqueue(next, next);
        }
    }

    public void Failed(int record) => _ready.Enqueue(record, record);
}
