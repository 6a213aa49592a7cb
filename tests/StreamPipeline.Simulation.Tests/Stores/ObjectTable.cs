using StreamPipeline.Core.Lake;

namespace StreamPipeline.Simulation.Tests.Stores;

/// <summary>The simulated object store: what is durable.</summary>
/// <param name="nowUs">The store's clock, microseconds since the epoch.</param>
internal sealed class ObjectTable(Func<long> nowUs)
{
    private readonly SortedDictionary<string, (byte[] Content, long ModifiedUs)> _objects = new(StringComparer.Ordinal);
    private readonly HashSet<string> _parts = new(StringComparer.Ordinal);

    /// <summary>Sees every object before it appears or is replaced.</summary>
    public Action<string, byte[]>? Writing { get; set; }

    /// <summary>Sees every object before it is gone.</summary>
    public Action<string>? Deleting { get; set; }

    public IEnumerable<string> Keys => _objects.Keys;

    public bool Exists(string key) => _objects.ContainsKey(key);

    public bool IsWhole(string key) => Exists(key) && !_parts.Contains(key);

    public byte[]? Get(string key) => _objects.TryGetValue(key, out var found) ? found.Content : null;

    public void Put(string key, byte[] content)
    {
        Writing?.Invoke(key, content);
        _objects[key] = (content, nowUs());
        _parts.Remove(key);
    }

    /// <summary>An object that is there and not all written.</summary>
    public void PutPart(string key, byte[] content)
    {
        Put(key, content);
        _parts.Add(key);
    }

    public bool PutIfAbsent(string key, byte[] content)
    {
        if (_objects.ContainsKey(key))
        {
            return false;
        }

        Put(key, content);
        return true;
    }

    public bool Move(string from, string to)
    {
        if (!_objects.TryGetValue(from, out var found))
        {
            return false;
        }

        var isPart = _parts.Contains(from);
        Put(to, found.Content);
        Delete(from);
        if (isPart)
        {
            _parts.Add(to);
        }

        return true;
    }

    public void Delete(string key)
    {
        if (_objects.ContainsKey(key))
        {
            Deleting?.Invoke(key);
            _objects.Remove(key);
            _parts.Remove(key);
        }
    }

    public List<ObjectInfo> Page(string prefix, string after, int limit)
    {
        var page = new List<ObjectInfo>();
        foreach (var (key, found) in _objects)
        {
            if (page.Count < limit && key.StartsWith(prefix, StringComparison.Ordinal) && string.CompareOrdinal(key, after) > 0)
            {
                page.Add(new ObjectInfo(key, found.Content.Length, found.ModifiedUs));
            }
        }

        return page;
    }
}
