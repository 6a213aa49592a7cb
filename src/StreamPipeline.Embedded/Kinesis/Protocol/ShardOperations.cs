namespace StreamPipeline.Embedded.Kinesis.Protocol;

/// <summary>Operations on the shards of a stream. A split or a merge is done when it answers, where Kinesis takes half a minute.</summary>
/// <param name="store">The streams.</param>
/// <param name="streams">Finds the stream of a request.</param>
internal sealed class ShardOperations(StreamStore store, StreamOperations streams)
{
    private const byte ListToken = (byte)'L';
    private const int ShardsDefault = 1_000;
    private const int ShardsPerPageMax = 10_000;

    public ValueTask<ListShardsAnswer> List(ListShardsRequest request)
    {
        var max = Check.Between("maxResults", request.MaxResults, ShardsDefault, 1, ShardsPerPageMax);
        var page = request.NextToken is { } token ? Continue(request, token) : Begin(request);
        var rest = page.Stream.Shards.Where(shard => shard.Index > page.After && page.Holds(shard)).Take(max + 1).ToArray();
        var next = rest.Length > max
            ? new OpaqueToken(ListToken, store.NowMs, page.Stream.CreatedMs, rest[max - 1].Index, (long)page.Filter, page.TimeMs, page.Stream.Name).Write()
            : null;
        return new(new ListShardsAnswer([.. rest.Take(max).Select(Describe)], next));
    }

    public async ValueTask<NoAnswer> Split(SplitShardRequest request)
    {
        var name = Check.Stream(request);
        var id = Check.Present("shardToSplit", request.ShardToSplit);
        var text = Check.Present("newStartingHashKey", request.NewStartingHashKey);
        if (!StreamState.TryParseHashKey(text, out var start))
        {
            throw KinesisFault.Validation("newStartingHashKey", text, @"Member must satisfy regular expression pattern: 0|([1-9]\d{0,38}), below 2^128");
        }

        var after = await store.Change(
            name, (state, ordinal, now) => (state ?? throw StreamOperations.Missing(name)).Split(state.Shard(id), start, ordinal, now));
        store.Report($"{name}: {id} is split into {after!.Shards[^2].Id} and {after.Shards[^1].Id}");
        return new NoAnswer();
    }

    public async ValueTask<NoAnswer> Merge(MergeShardsRequest request)
    {
        var name = Check.Stream(request);
        var id = Check.Present("shardToMerge", request.ShardToMerge);
        var adjacent = Check.Present("adjacentShardToMerge", request.AdjacentShardToMerge);
        var after = await store.Change(
            name, (state, ordinal, now) => (state ?? throw StreamOperations.Missing(name)).Merge(state.Shard(id), state.Shard(adjacent), ordinal, now));
        store.Report($"{name}: {id} and {adjacent} are merged into {after!.Shards[^1].Id}");
        return new NoAnswer();
    }

    public static ShardDescription Describe(ShardState shard) => new(
        shard.Id,
        shard.Parent is { } parent ? ShardState.IdOf(parent) : null,
        shard.AdjacentParent is { } adjacent ? ShardState.IdOf(adjacent) : null,
        Range(shard),
        new SequenceNumbers(shard.StartingSequence, shard.EndingSequence));

    public static HashKeys Range(ShardState shard) => new(StreamState.Text(shard.From), StreamState.Text(shard.To));

    private ListPage Begin(ListShardsRequest request)
    {
        var stream = streams.Existing(request).State;
        var after = request.ExclusiveStartShardId is { } id ? StreamOperations.ShardIndex(id) : -1;
        var trimHorizon = Math.Max(stream.CreatedMs, store.NowMs - stream.RetentionMs);
        return request.ShardFilter switch
        {
            null or { Type: "FROM_TRIM_HORIZON" } => new ListPage(stream, after, ListFilter.All, -1),
            { Type: "AFTER_SHARD_ID" } filter => new ListPage(stream, StreamOperations.ShardIndex(Check.Present("shardFilter.shardId", filter.ShardId)), ListFilter.All, -1),
            { Type: "AT_LATEST" } => new ListPage(stream, after, ListFilter.Open, -1),
            { Type: "AT_TRIM_HORIZON" } => new ListPage(stream, after, ListFilter.At, trimHorizon),
            { Type: "AT_TIMESTAMP" } filter => new ListPage(stream, after, ListFilter.At, Math.Max(trimHorizon, Check.Timestamp("ShardFilter.Timestamp", filter.Timestamp))),
            { Type: "FROM_TIMESTAMP" } filter => new ListPage(stream, after, ListFilter.From, Math.Max(trimHorizon, Check.Timestamp("ShardFilter.Timestamp", filter.Timestamp))),
            var filter => throw KinesisFault.Validation(
                "shardFilter.type",
                filter.Type,
                "Member must satisfy enum value set: [AFTER_SHARD_ID, AT_TRIM_HORIZON, FROM_TRIM_HORIZON, AT_LATEST, AT_TIMESTAMP, FROM_TIMESTAMP]"),
        };
    }

    private ListPage Continue(ListShardsRequest request, string text)
    {
        if (request.StreamName is not null || request.ExclusiveStartShardId is not null || request.StreamCreationTimestamp is not null)
        {
            throw KinesisFault.Argument("NextToken and StreamName, StreamCreationTimestamp or ExclusiveStartShardId cannot be provided together.");
        }

        if (!OpaqueToken.TryRead(text, ListToken, out var token) || store.Find(token.Stream)?.State is not { } stream || stream.CreatedMs != token.StreamCreatedMs)
        {
            throw KinesisFault.Argument("NextToken is invalid: it was changed, or its stream was deleted");
        }

        return token.IsExpired(store.NowMs)
            ? throw new KinesisFault("ExpiredNextTokenException", "NextToken has expired: it is good for 5 minutes")
            : new ListPage(stream, token.Shard, (ListFilter)token.Index, token.Extra);
    }

    private enum ListFilter
    {
        All,
        Open,

        /// <summary>Open at a time.</summary>
        At,

        /// <summary>Open at a time or later.</summary>
        From,
    }

    private readonly record struct ListPage(StreamState Stream, int After, ListFilter Filter, long TimeMs)
    {
        public bool Holds(ShardState shard) => Filter switch
        {
            ListFilter.Open => shard.IsOpen,
            ListFilter.At => shard.OpenedMs <= TimeMs && (shard.ClosedMs is not { } closed || closed > TimeMs),
            ListFilter.From => shard.ClosedMs is not { } closed || closed > TimeMs,
            _ => true,
        };
    }
}
