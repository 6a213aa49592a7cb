using System.Runtime.CompilerServices;
using StreamPipeline.Core.Lake;

namespace StreamPipeline.Tests;

/// <summary>Objects in memory. <see cref="CallsUntilCrash"/> makes it stop like a killed process does: that call and all later ones fail.</summary>
public sealed class MemoryObjectStore : IObjectStore
{
    private readonly Lock _lock = new();
    private readonly SortedDictionary<string, byte[]> _objects = new(StringComparer.Ordinal);

    /// <summary>Null: never. 0: the next call fails before it does anything.</summary>
    public int? CallsUntilCrash { get; set; }

    public int Calls { get; private set; }

    /// <summary>Runs after each change, outside of crashes: an observer of every state that a reader could see.</summary>
    public Action<IReadOnlyCollection<string>>? OnChange { get; set; }

    public ValueTask Put(string key, ReadOnlyMemory<byte> content, CancellationToken cancellation)
    {
        Change(key, () => _objects[key] = content.ToArray());
        return ValueTask.CompletedTask;
    }

    public ValueTask<bool> PutIfAbsent(string key, ReadOnlyMemory<byte> content, CancellationToken cancellation)
    {
        var added = false;
        Change(key, () => added = _objects.TryAdd(key, content.ToArray()));
        return ValueTask.FromResult(added);
    }

    public ValueTask<byte[]?> Get(string key, CancellationToken cancellation)
    {
        byte[]? content = null;
        Change(key, () => content = _objects.GetValueOrDefault(key)?.ToArray());
        return ValueTask.FromResult(content);
    }

    public async IAsyncEnumerable<ObjectInfo> List(string prefix, [EnumeratorCancellation] CancellationToken cancellation)
    {
        await Task.CompletedTask;
        ObjectInfo[] found = [];
        Change("x", () => found = [.. _objects.Where(o => o.Key.StartsWith(prefix, StringComparison.Ordinal)).Select(o => new ObjectInfo(o.Key, o.Value.Length, 0))]);
        foreach (var item in found)
        {
            yield return item;
        }
    }

    public ValueTask<bool> Move(string from, string to, CancellationToken cancellation)
    {
        var moved = false;
        ObjectKey.Check(to);
        Change(from, () =>
        {
            moved = _objects.Remove(from, out var content);
            if (moved)
            {
                _objects[to] = content!;
            }
        });
        return ValueTask.FromResult(moved);
    }

    public ValueTask Delete(string key, CancellationToken cancellation)
    {
        Change(key, () => _objects.Remove(key));
        return ValueTask.CompletedTask;
    }

    private void Change(string key, Action action)
    {
        ObjectKey.Check(key);
        lock (_lock)
        {
            if (CallsUntilCrash is { } left)
            {
                CallsUntilCrash = Math.Max(0, left - 1);
                if (left == 0)
                {
                    throw new CrashException();
                }
            }

            Calls++;
            action();
            OnChange?.Invoke(_objects.Keys);
        }
    }
}

public sealed class CrashException : Exception;
