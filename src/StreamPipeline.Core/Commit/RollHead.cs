using System.Text.Json;

namespace StreamPipeline.Core.Commit;

/// <summary>How far gold is final.</summary>
/// <param name="ClosedThroughUs">Windows whose end + allowed lateness is at or before this are in gold for good.</param>
/// <param name="Shards">Shard → its generation when all its windows, open ones included, were last rolled.</param>
public sealed record RollHead(long ClosedThroughUs, IReadOnlyDictionary<string, long> Shards)
{
    internal static async ValueTask<RollHead?> Read(IStateStore state, string stream, CancellationToken cancellation) =>
        (await ReadItem(state, stream, cancellation))?.Head;

    internal static async ValueTask<(RollHead Head, long Version)?> ReadItem(IStateStore state, string stream, CancellationToken cancellation)
    {
        var item = await state.Read(StateKeys.RollPk(stream), StateKeys.Head, cancellation);
        return item is null ? null : (JsonSerializer.Deserialize(item.Body.Span, StateJson.Default.RollHead)!, item.Version);
    }

    internal byte[] ToJson() => JsonSerializer.SerializeToUtf8Bytes(this, StateJson.Default.RollHead);
}
