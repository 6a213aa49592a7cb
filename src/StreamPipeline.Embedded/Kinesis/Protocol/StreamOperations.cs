namespace StreamPipeline.Embedded.Kinesis.Protocol;

/// <summary>Operations on whole streams. They are done when they answer: a stream is ACTIVE at once, where Kinesis takes seconds.</summary>
/// <param name="store">The streams.</param>
internal sealed class StreamOperations(StreamStore store)
{
    /// <summary>Any will do in a request; these are in answers.</summary>
    private const string ArnPrefix = "arn:aws:kinesis:us-east-1:000000000000:stream/";

    /// <summary>What Kinesis gives a stream that is created on demand.</summary>
    private const int OnDemandShards = 4;

    private static readonly StreamModeDetails _provisioned = new("PROVISIONED");

    public async ValueTask<NoAnswer> Create(CreateStreamRequest request)
    {
        var name = Check.Name("streamName", request.StreamName);
        if (request.ShardCount is null && request.StreamModeDetails?.StreamMode != "ON_DEMAND")
        {
            throw KinesisFault.Validation("shardCount", null, "Member must not be null");
        }

        var shards = Check.Between("shardCount", request.ShardCount, OnDemandShards, 1, KinesisLimits.ShardsMax);
        await store.Create(name, shards);
        return new NoAnswer();
    }

    public async ValueTask<NoAnswer> Delete(StreamRequest request)
    {
        var name = Check.Stream(request);
        await store.Change(name, (state, _, _) => state is null ? throw Missing(name) : null);
        store.Report($"{name}: deleted");
        return new NoAnswer();
    }

    public ValueTask<DescribeStreamSummaryAnswer> Summarize(StreamRequest request)
    {
        var stream = Existing(request).State;
        return new(new DescribeStreamSummaryAnswer(new StreamSummary(
            stream.Name, ArnPrefix + stream.Name, "ACTIVE", _provisioned, stream.RetentionHours, stream.CreatedMs / 1000.0, [new EnhancedMonitoring([])], "NONE", stream.OpenShards, 0)));
    }

    public ValueTask<DescribeStreamAnswer> Describe(DescribeStreamRequest request)
    {
        var stream = Existing(request).State;
        var limit = Check.Between("limit", request.Limit, 100, 1, 10_000);
        var after = request.ExclusiveStartShardId is { } id ? ShardIndex(id) : -1;
        var rest = stream.Shards.Where(shard => shard.Index > after).ToArray();
        return new(new DescribeStreamAnswer(new StreamDescription(
            stream.Name,
            ArnPrefix + stream.Name,
            "ACTIVE",
            _provisioned,
            [.. rest.Take(limit).Select(ShardOperations.Describe)],
            rest.Length > limit,
            stream.RetentionHours,
            stream.CreatedMs / 1000.0,
            [new EnhancedMonitoring([])],
            "NONE")));
    }

    public ValueTask<ListStreamsAnswer> List(ListStreamsRequest request)
    {
        var limit = Check.Between("limit", request.Limit, 100, 1, 10_000);

        // The next token of this operation is the last name.
        var after = request.NextToken ?? request.ExclusiveStartStreamName ?? "";
        var rest = store.Streams.Where(stream => string.CompareOrdinal(stream.Name, after) > 0).Take(limit + 1).ToArray();
        var page = rest.Take(limit).ToArray();
        var hasMore = rest.Length > limit;
        return new(new ListStreamsAnswer(
            [.. page.Select(stream => stream.Name)],
            hasMore,
            hasMore ? page[^1].Name : null,
            [.. page.Select(stream => new StreamEntry(stream.Name, ArnPrefix + stream.Name, "ACTIVE", _provisioned, stream.CreatedMs / 1000.0))]));
    }

    public ValueTask<NoAnswer> IncreaseRetention(RetentionRequest request) => SetRetention(request, isIncrease: true);

    public ValueTask<NoAnswer> DecreaseRetention(RetentionRequest request) => SetRetention(request, isIncrease: false);

    public OpenStream Existing(IStreamRequest request)
    {
        var name = Check.Stream(request);
        return store.Find(name) ?? throw Missing(name);
    }

    public static int ShardIndex(string id) => ShardState.TryParseId(id, out var index)
        ? index
        : throw KinesisFault.Argument($"'{KinesisFault.Shown(id)}' is not the id of a shard, such as {ShardState.IdOf(0)}");

    public static KinesisFault Missing(string name) => KinesisFault.NotFound($"Stream {KinesisFault.Shown(name)} under account 000000000000 not found.");

    private async ValueTask<NoAnswer> SetRetention(RetentionRequest request, bool isIncrease)
    {
        var name = Check.Stream(request);
        if (request.RetentionPeriodHours is not { } hours)
        {
            throw KinesisFault.Validation("retentionPeriodHours", null, "Member must not be null");
        }

        if (hours is < KinesisLimits.RetentionHoursMin or > KinesisLimits.RetentionHoursMax)
        {
            throw KinesisFault.Argument($"RetentionPeriodHours {hours} is not {KinesisLimits.RetentionHoursMin} to {KinesisLimits.RetentionHoursMax} hours");
        }

        await store.Change(name, (state, _, _) =>
        {
            var before = state?.RetentionHours ?? throw Missing(name);
            return (isIncrease ? hours < before : hours > before)
                ? throw KinesisFault.Argument($"Requested retention period ({hours} hours) for stream {name} can not be {(isIncrease ? "shorter" : "longer")} than existing retention period ({before} hours).")
                : state with { RetentionHours = hours };
        });
        store.Report($"{name}: records are kept for {hours:N0} hours");
        return new NoAnswer();
    }
}
