using System.Text.Json;

namespace StreamPipeline.Core.Commit;

/// <summary>How far gold is final.</summary>
/// <param name="ClosedThroughUs">Windows whose end + allowed lateness is at or before this are in gold for good.</param>
/// <param name="Shards">Shard → its generation when all its windows, open ones included, were last rolled.</param>
/// <param name="ClosingThroughUs">
/// How far a roll that may be under way will close: at or after <paramref name="ClosedThroughUs"/>. A shard that starts now starts at this watermark, so that it
/// cannot add to a window that is about to close.
/// </param>
/// <param name="Activity">Shard → since when it has had no further valid event, as far as rolls have seen; for the shards that are not final.</param>
public sealed record RollHead(
    long ClosedThroughUs, IReadOnlyDictionary<string, long> Shards, long ClosingThroughUs, IReadOnlyDictionary<string, ShardActivity> Activity)
{
    /// <summary>Before the first roll.</summary>
    internal static RollHead None { get; } = new(long.MinValue, new Dictionary<string, long>(), long.MinValue, new Dictionary<string, ShardActivity>());

    /// <summary>Null before the first roll.</summary>
    public static async ValueTask<RollHead?> Read(IStateStore state, string stream, CancellationToken cancellation) =>
        (await ReadItem(state, stream, cancellation))?.Head;

    internal static async ValueTask<(RollHead Head, long Version)?> ReadItem(IStateStore state, string stream, CancellationToken cancellation)
    {
        var item = await state.Read(StateKeys.RollPk(stream), StateKeys.Head, cancellation);
        return item is null ? null : (JsonSerializer.Deserialize(item.Body.Span, StateJson.Default.RollHead)!, item.Version);
    }

    internal byte[] ToJson() => JsonSerializer.SerializeToUtf8Bytes(this, StateJson.Default.RollHead);
}

/// <param name="Events">Valid events in the shard's head, copies included; 0 without one.</param>
/// <param name="SinceUs">When a roll first saw so many, microseconds since the epoch.</param>
public readonly record struct ShardActivity(long Events, long SinceUs);
