using System.Runtime.CompilerServices;
using StreamPipeline.Core.Commit;
using StreamPipeline.Simulation.Tests.Running;
using StreamPipeline.Simulation.Tests.Scheduling;

namespace StreamPipeline.Simulation.Tests.Stores;

/// <summary>One process's way to the state table: every call waits for the pump.</summary>
internal sealed class StatePort(StateTable table, Pump pump, Trace trace, FaultPlan faults, Actor actor) : IStateStore
{
    private const int PageItems = 4;

    public async ValueTask<StateItem?> Read(string pk, string sk, CancellationToken cancellation) =>
        await pump.Call(actor, CallKind.StateRead, $"read {pk} {sk}", () => table.Read(pk, sk));

    public async IAsyncEnumerable<StateItem> Query(
        string pk, string skFrom, string skTo, [EnumeratorCancellation] CancellationToken cancellation)
    {
        var from = skFrom;
        while (true)
        {
            var at = from;
            var page = await pump.Call(actor, CallKind.StateRead, $"query {pk} {at}..", () => table.Page(pk, at, skTo, PageItems));
            foreach (var item in page)
            {
                yield return item;
            }

            if (page.Count < PageItems)
            {
                yield break;
            }

            from = page[^1].Sk + "\0";
        }
    }

    public async ValueTask Put(IReadOnlyList<StateItem> items, CancellationToken cancellation)
    {
        // Not atomic together: each item is a call of its own, which may arrive after its caller is gone and with it the memory of the body.
        StateItem[] sent = [.. items.Select(item => item with { Body = item.Body.ToArray() })];
        foreach (var item in sent)
        {
            await pump.Call(actor, CallKind.StateWrite, $"put {item.Pk} {item.Sk}", () =>
            {
                trace.Content(item.Body.Span);
                table.Put([item]);
                return true;
            });
        }
    }

    public async ValueTask<SwapOutcome> Swap(IReadOnlyList<StateWrite> writes, CancellationToken cancellation) =>
        await pump.Call(actor, CallKind.StateSwap, $"swap {writes[0].Item.Pk} {writes[0].Item.Sk} {writes[0].ExpectedVersion}→{writes[0].Item.Version}", () =>
        {
            if (faults.Happens(Fault.SwapCancelled))
            {
                return SwapOutcome.Lost;
            }

            foreach (var write in writes)
            {
                trace.Content(write.Item.Body.Span);
            }

            return table.Swap(writes);
        });

    public async ValueTask<IReadOnlyList<StateItem?>> Claim(IReadOnlyList<StateClaim> claims, CancellationToken cancellation)
    {
        var answers = new List<StateItem?>(claims.Count);
        foreach (var claim in claims)
        {
            answers.Add(await pump.Call(actor, CallKind.StateWrite, $"claim {claim.Item.Pk} {claim.Item.Sk}", () => table.Claim(claim)));
        }

        return answers;
    }

    public async ValueTask Delete(IReadOnlyList<(string Pk, string Sk)> keys, CancellationToken cancellation)
    {
        foreach (var key in keys)
        {
            await pump.Call(actor, CallKind.StateWrite, $"delete {key.Pk} {key.Sk}", () =>
            {
                table.Delete([key]);
                return true;
            });
        }
    }
}
