namespace StreamPipeline.Embedded.Kinesis.Protocol;

/// <summary>Operations on records.</summary>
/// <param name="store">The streams.</param>
/// <param name="streams">Finds the stream of a request.</param>
internal sealed class RecordOperations(StreamStore store, StreamOperations streams)
{
    private const byte IteratorToken = (byte)'I';

    public async ValueTask<PutRecordAnswer> Put(PutRecordRequest request)
    {
        var name = streams.Existing(request).State.Name;
        var entry = Check.Record("", request.Data, request.PartitionKey, request.ExplicitHashKey);
        var outcome = (await store.Put(name, [entry]))[0];
        return outcome.IsThrottled
            ? throw KinesisFault.Throttled(RateExceeded(outcome.Shard, name))
            : new PutRecordAnswer(outcome.Shard.Id, outcome.Sequence, "NONE");
    }

    public async ValueTask<PutRecordsAnswer> PutAll(PutRecordsRequest request)
    {
        var name = streams.Existing(request).State.Name;
        var outcomes = await store.Put(name, Entries(request.Records));
        var answers = new PutRecordsAnswerEntry[outcomes.Length];
        var failed = 0;
        for (var i = 0; i < outcomes.Length; i++)
        {
            var outcome = outcomes[i];
            if (outcome.IsThrottled)
            {
                failed++;
                answers[i] = new PutRecordsAnswerEntry(null, null, KinesisFault.ThrottledType, RateExceeded(outcome.Shard, name));
            }
            else
            {
                answers[i] = new PutRecordsAnswerEntry(outcome.Sequence, outcome.Shard.Id, null, null);
            }
        }

        return new PutRecordsAnswer(failed, answers, "NONE");
    }

    public ValueTask<GetShardIteratorAnswer> GetIterator(GetShardIteratorRequest request)
    {
        var stream = streams.Existing(request);
        var shard = stream.State.Shard(Check.Present("shardId", request.ShardId));
        var traffic = stream.Traffic(shard);
        var index = request.ShardIteratorType switch
        {
            // As far as it is kept is decided when it is read.
            "TRIM_HORIZON" => 1,
            "LATEST" => traffic.LastVisible + 1,
            "AT_SEQUENCE_NUMBER" => Math.Max(1, Sequence(request, stream.State, traffic)),
            "AFTER_SEQUENCE_NUMBER" => After(Sequence(request, stream.State, traffic)),
            "AT_TIMESTAMP" => store.IndexAt(traffic, Check.Timestamp("Timestamp", request.Timestamp)),
            var type => throw KinesisFault.Validation(
                "shardIteratorType", type, "Member must satisfy enum value set: [AFTER_SEQUENCE_NUMBER, LATEST, AT_TIMESTAMP, AT_SEQUENCE_NUMBER, TRIM_HORIZON]"),
        };
        return new(new GetShardIteratorAnswer(Iterator(stream.State, shard, index)));
    }

    public ValueTask<GetRecordsAnswer> Get(GetRecordsRequest request)
    {
        var text = Check.Present("shardIterator", request.ShardIterator);
        var limit = Check.Between("limit", request.Limit, KinesisLimits.GetRecordsMax, 1, KinesisLimits.GetRecordsMax);
        if (!OpaqueToken.TryRead(text, IteratorToken, out var token))
        {
            throw KinesisFault.Argument("Invalid ShardIterator.");
        }

        var now = store.NowMs;
        if (token.IsExpired(now))
        {
            throw new KinesisFault(
                "ExpiredIteratorException",
                $"Iterator expired. The iterator was created {now - token.IssuedMs:N0} ms ago, while the maximum allowed is {KinesisLimits.IteratorLife.TotalMilliseconds:N0} ms; get a new one.");
        }

        if (store.Find(token.Stream) is not { } stream || stream.State.CreatedMs != token.StreamCreatedMs)
        {
            throw StreamOperations.Missing(token.Stream);
        }

        // The state before the position: once it says that the shard is closed, the position is its last.
        var shard = stream.State.Shard(ShardState.IdOf(token.Shard));
        var traffic = stream.Traffic(shard);
        if (store.IsThrottled && !traffic.TryRead(store.NowTicks))
        {
            throw KinesisFault.Throttled(RateExceeded(shard, stream.State.Name));
        }

        return new(Page(stream.State, shard, traffic, Math.Max(1, token.Index), limit, now));
    }

    private GetRecordsAnswer Page(StreamState stream, ShardState shard, ShardTraffic traffic, long from, int limit, long now)
    {
        var last = traffic.LastVisible;
        var expiredBefore = now - stream.RetentionMs;
        var records = from > last ? [] : store.Read(traffic, from, last, limit, KinesisLimits.GetBytesMax);
        if (records.Count > 0 && records[0].ArrivalMs < expiredBefore)
        {
            // Not yet trimmed, but no longer to be seen.
            from = store.IndexAt(traffic, expiredBefore);
            records = store.Read(traffic, from, last, limit, KinesisLimits.GetBytesMax);
        }

        traffic.Delivered(records.Sum(record => (long)record.Data.Length));
        var next = records.Count > 0 ? records[^1].Index + 1 : Math.Max(from, last + 1);
        var answers = records.ConvertAll(record => new RecordAnswer(
            new RecordPosition(shard.CreatedSeconds, shard.Index, record.Index, record.ArrivalMs / 1000).ToString(), record.ArrivalMs / 1000.0, record.Data, record.PartitionKey, "NONE"));

        // 0 says that there is nothing more to read, so a record of this very millisecond makes it 1.
        var behind = next > last || store.FirstArrival(traffic, next, last) is not { } following ? 0 : Math.Max(1, now - following.ArrivalMs);
        return shard.IsOpen || next <= last
            ? new GetRecordsAnswer([.. answers], Iterator(stream, shard, next), behind, null)
            : new GetRecordsAnswer([.. answers], null, 0, [.. stream.ChildrenOf(shard).Select(child => ChildOf(child))]);
    }

    private string Iterator(StreamState stream, ShardState shard, long index) =>
        new OpaqueToken(IteratorToken, store.NowMs, stream.CreatedMs, shard.Index, index, 0, stream.Name).Write();

    private static ChildShard ChildOf(ShardState child) => new(
        child.Id,
        [.. new[] { child.Parent, child.AdjacentParent }.OfType<int>().Select(ShardState.IdOf)],
        ShardOperations.Range(child));

    private static PutEntry[] Entries(PutRecordsEntry?[]? records)
    {
        if (records is null)
        {
            throw KinesisFault.Validation("records", null, "Member must not be null");
        }

        if (records.Length is 0 or > KinesisLimits.PutRecordsMax)
        {
            throw KinesisFault.Validation(
                "records",
                $"[{records.Length} records]",
                records.Length == 0 ? "Member must have length greater than or equal to 1" : $"Member must have length less than or equal to {KinesisLimits.PutRecordsMax}");
        }

        var entries = new PutEntry[records.Length];
        long bytes = 0;
        for (var i = 0; i < records.Length; i++)
        {
            var record = records[i] ?? throw KinesisFault.Validation($"records.{i + 1}.member", null, "Member must not be null");
            entries[i] = Check.Record($"records.{i + 1}.member.", record.Data, record.PartitionKey, record.ExplicitHashKey);
            bytes += entries[i].Bytes;
        }

        return bytes <= KinesisLimits.PutBytesMax
            ? entries
            : throw KinesisFault.Argument($"Records size exceeds 10 MB limit: they are {bytes:N0} bytes with their keys, at most {KinesisLimits.PutBytesMax:N0} are allowed");
    }

    /// <summary>The index of the sequence number to start at; 0 is where the shard starts.</summary>
    private static long Sequence(GetShardIteratorRequest request, StreamState stream, ShardTraffic traffic)
    {
        if (request.StartingSequenceNumber is not { } text)
        {
            throw KinesisFault.Argument($"Must either specify startingSequenceNumber or not use {request.ShardIteratorType}");
        }

        var shard = stream.Find(traffic.Shard.Index) ?? traffic.Shard;
        var isOfShard = RecordPosition.TryParse(text, out var position) && position.ShardIndex == shard.Index && position.CreatedSeconds == shard.CreatedSeconds;
        if (!isOfShard || (position.Index > traffic.LastVisible && (shard.IsOpen || position.Index != RecordPosition.EndIndex)))
        {
            throw KinesisFault.Argument(
                $"StartingSequenceNumber {KinesisFault.Shown(text)} used in GetShardIterator on shard {shard.Id} in stream {stream.Name} is invalid because it did not come from this shard.");
        }

        return position.Index;
    }

    /// <summary>The end of a closed shard has nothing after it.</summary>
    private static long After(long index) => index == RecordPosition.EndIndex ? index : index + 1;

    private static string RateExceeded(ShardState shard, string stream) =>
        $"Rate exceeded for shard {shard.Id} in stream {stream} under account 000000000000.";
}
