using System.Runtime.CompilerServices;
using StreamPipeline.Core.Lake;
using StreamPipeline.Simulation.Tests.Scheduling;

namespace StreamPipeline.Simulation.Tests.Stores;

/// <summary>One process's way to the object store: every call waits for the pump.</summary>
internal sealed class ObjectPort(ObjectTable table, Pump pump, Trace trace, Actor actor) : IObjectStore
{
    private const int PageObjects = 20;

    public async ValueTask Put(string key, ReadOnlyMemory<byte> content, CancellationToken cancellation)
    {
        var bytes = content.ToArray();
        await pump.Call(actor, CallKind.ObjectWrite, $"put {key}", () =>
        {
            trace.Content(bytes);
            table.Put(key, bytes);
            return true;
        });
    }

    /// <summary>A part of the object is there from the beginning of the call on, and stays when the process dies or the call fails.</summary>
    public ValueTask Stage(string key, ReadOnlyMemory<byte> content, CancellationToken cancellation)
    {
        table.PutPart(key, content[..(content.Length / 2)].ToArray());
        return Put(key, content, cancellation);
    }

    public async ValueTask<bool> PutIfAbsent(string key, ReadOnlyMemory<byte> content, CancellationToken cancellation)
    {
        var bytes = content.ToArray();
        return await pump.Call(
            actor,
            CallKind.ObjectPutIfAbsent,
            $"put if absent {key}",
            () =>
            {
                trace.Content(bytes);
                return table.PutIfAbsent(key, bytes);
            },
            () => false);
    }

    public async ValueTask<byte[]?> Get(string key, CancellationToken cancellation) =>
        await pump.Call(actor, CallKind.ObjectRead, $"get {key}", () => table.Get(key));

    public async IAsyncEnumerable<ObjectInfo> List(string prefix, [EnumeratorCancellation] CancellationToken cancellation)
    {
        var after = "";
        while (true)
        {
            var from = after;
            var page = await pump.Call(actor, CallKind.ObjectRead, $"list {prefix}", () => table.Page(prefix, from, PageObjects));
            foreach (var item in page)
            {
                yield return item;
            }

            if (page.Count < PageObjects)
            {
                yield break;
            }

            after = page[^1].Key;
        }
    }

    public async ValueTask<bool> Move(string from, string to, CancellationToken cancellation) =>
        await pump.Call(actor, CallKind.ObjectMove, $"move {from} to {to}", () => table.Move(from, to));

    public async ValueTask Delete(string key, CancellationToken cancellation) =>
        await pump.Call(actor, CallKind.ObjectWrite, $"delete {key}", () =>
        {
            table.Delete(key);
            return true;
        });
}
