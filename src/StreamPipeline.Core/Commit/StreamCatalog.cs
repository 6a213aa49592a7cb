using System.Text.Json;
using StreamPipeline.Core.Lake;

namespace StreamPipeline.Core.Commit;

/// <summary>What all shards of a stream share.</summary>
/// <param name="Seed">Seed of the fingerprints, random per table: a producer cannot craft collisions.</param>
/// <param name="NextOrdinal">Ordinal of the next finite input.</param>
/// <param name="NextShard">Number of the next virtual shard.</param>
/// <param name="Lanes">The virtual shards that finite inputs are cut over at present.</param>
public sealed record StreamHead(ulong Seed, int NextOrdinal, int NextShard, IReadOnlyList<string> Lanes);

/// <param name="Shard">Shard id.</param>
/// <param name="Parents">The shards it was split or merged from; empty for an original one.</param>
public sealed record ShardEntry(string Shard, IReadOnlyList<string> Parents);

/// <summary>The stream's items in the state table: head, shards, inputs, and how far the one that is being processed was read.</summary>
/// <param name="state">The state table.</param>
/// <param name="stream">Stream name.</param>
/// <param name="attempts">Names for the writes.</param>
public sealed class StreamCatalog(IStateStore state, string stream, IAttemptIds attempts)
{
    private const int SwapAttemptsMax = 100;
    private readonly string _pk = StateKeys.StreamPk(stream);

    /// <summary>The stream's head; makes it with <paramref name="newSeed"/> when the stream is new to the lake.</summary>
    public async ValueTask<StreamHead> Open(ulong newSeed, CancellationToken cancellation)
    {
        for (var attempt = 0; attempt < SwapAttemptsMax; attempt++)
        {
            if (await ReadHead(cancellation) is { } found)
            {
                return found.Head;
            }

            var head = new StreamHead(newSeed, NextOrdinal: 1, NextShard: 0, Lanes: []);
            await state.Swap([new StateWrite(HeadItem(head, 1), ExpectedVersion: 0)], cancellation);
        }

        throw Contended();
    }

    /// <summary>The streams with rows that are staged and not yet folded, which may have no table.</summary>
    public static async ValueTask<IReadOnlySet<string>> Staged(IObjectStore objects, CancellationToken cancellation)
    {
        var streams = new HashSet<string>(StringComparer.Ordinal);
        await foreach (var item in objects.List(StagedName.Prefix, cancellation))
        {
            if (StagedName.StreamOf(item.Key) is { } stream)
            {
                streams.Add(stream);
            }
        }

        return streams;
    }

    public async ValueTask<StreamHead?> Find(CancellationToken cancellation) => (await ReadHead(cancellation))?.Head;

    /// <summary>Writes the shard's entry unless it is there: its parents are settled once. Must come before the shard's first record.</summary>
    public async ValueTask Register(ShardEntry shard, CancellationToken cancellation)
    {
        for (var attempt = 0; attempt < SwapAttemptsMax; attempt++)
        {
            // Lost means that it is there, or that the store cancelled the transaction: a shard that only seems registered would lose its lineage.
            if (await state.Swap([new StateWrite(ShardItem(shard), ExpectedVersion: 0)], cancellation) == SwapOutcome.Committed
                || await state.Read(_pk, StateKeys.Shard(shard.Shard), cancellation) is not null)
            {
                return;
            }
        }

        throw Contended();
    }

    /// <summary>The shard's entry; null when it was never registered.</summary>
    public async ValueTask<ShardEntry?> Find(string shard, CancellationToken cancellation) =>
        await state.Read(_pk, StateKeys.Shard(shard), cancellation) is { } item
            ? JsonSerializer.Deserialize(item.Body.Span, StateJson.Default.ShardEntry)
            : null;

    public async ValueTask<IReadOnlyList<ShardEntry>> Shards(CancellationToken cancellation)
    {
        var shards = new List<ShardEntry>();
        await foreach (var item in state.Query(_pk, "SHARD#", "SHARD#" + StateKeys.PrefixEnd, cancellation))
        {
            shards.Add(JsonSerializer.Deserialize(item.Body.Span, StateJson.Default.ShardEntry)!);
        }

        return shards;
    }

    public async ValueTask<IReadOnlyList<InputEntry>> Inputs(CancellationToken cancellation)
    {
        var inputs = new List<InputEntry>();
        await foreach (var item in state.Query(_pk, "INPUT#", "INPUT#" + StateKeys.PrefixEnd, cancellation))
        {
            inputs.Add(JsonSerializer.Deserialize(item.Body.Span, StateJson.Default.InputEntry)!);
        }

        return inputs;
    }

    /// <summary>
    /// The input's entry, made when its content is new. Its lanes are the stream's, or new ones that inherit from them when
    /// <paramref name="laneCount"/> differs (a reshard). Inputs are processed one after the other: the fence of a shard
    /// knows one position, so an unfinished input must be finished before the next one starts. An entry without a content id is the input's only
    /// if what was read of it (<see cref="ReadReach"/>) is what the input begins with, which is for the caller to see to.
    /// </summary>
    /// <exception cref="InputRefusedException">The same content with another number of lanes, or an unfinished input.</exception>
    public async ValueTask<InputEntry> Enter(InputContent content, int laneCount, long nowUs, CancellationToken cancellation)
    {
        for (var attempt = 0; attempt < SwapAttemptsMax; attempt++)
        {
            // The head first: whoever enters an input after the others were looked through changes it, and this one looks again.
            var head = await OpenHead(cancellation);
            var inputs = await Inputs(cancellation);
            if (content.Beginning is null || inputs.Any(each => each.ContentId is not null && each.MayBegin(content.Beginning)))
            {
                await content.Identify(cancellation);
            }

            if (Find(inputs, content) is { } known)
            {
                return known.Lanes.Count == laneCount ? known : throw new InputRefusedException(
                    $"{content.Name}: this input is in the lake with --shards {known.Lanes.Count} (as {known.Name}); with --shards {laneCount} its records would take other lanes and count twice: use --shards {known.Lanes.Count}, or another lake");
            }

            if (await TryAdd(head, content.Id, content.Beginning ?? content.Id, content.Name, laneCount, nowUs, cancellation) is { } entry)
            {
                return entry;
            }
        }

        throw Contended();
    }

    /// <summary>The entry of an input that cannot be read twice, and so is never met again.</summary>
    /// <inheritdoc cref="Enter"/>
    public async ValueTask<InputEntry> EnterOnce(string id, string name, int laneCount, long nowUs, CancellationToken cancellation)
    {
        for (var attempt = 0; attempt < SwapAttemptsMax; attempt++)
        {
            var head = await OpenHead(cancellation);
            RefuseWhileUnfinished(await Inputs(cancellation), name);
            if (await TryAdd(head, id, id, name, laneCount, nowUs, cancellation) is { } entry)
            {
                return entry;
            }
        }

        throw Contended();
    }

    /// <summary>How far an input without a content id was read, and the version of that; null when nothing of it was committed.</summary>
    public async ValueTask<(InputReach Reach, long Version)?> ReadReach(InputEntry input, CancellationToken cancellation) =>
        await state.Read(_pk, StateKeys.InputReach(input.Ordinal), cancellation) is { } item
            ? (JsonSerializer.Deserialize(item.Body.Span, StateJson.Default.InputReach)!, item.Version)
            : null;

    /// <summary>
    /// Writes how far an input was read. Invariant: nothing of an input without a content id is committed before what is written here covers it, by a process whose
    /// content begins with that. So whoever takes the entry up again, or has it at the same time, can tell whether it has the same input. The last one stays.
    /// </summary>
    /// <param name="input">The input.</param>
    /// <param name="reach">At least what was read of what will be committed.</param>
    /// <param name="version">Of what is there and the writer knows to be what its content begins with; 0: there is none.</param>
    /// <param name="cancellation">Stops waiting; the write may have been applied.</param>
    public ValueTask<SwapOutcome> WriteReach(InputEntry input, InputReach reach, long version, CancellationToken cancellation)
    {
        var body = JsonSerializer.SerializeToUtf8Bytes(reach, StateJson.Default.InputReach);
        return state.PutIf(new StateWrite(new StateItem(_pk, StateKeys.InputReach(input.Ordinal), version + 1, attempts.Next(), body), version), cancellation);
    }

    /// <summary>Marks the input complete: every record of it is committed, and if it had no content id, it is written that all of it was read.</summary>
    /// <param name="input">Its entry.</param>
    /// <param name="contentId">What it was found to be.</param>
    /// <param name="records">How many it had.</param>
    /// <param name="cancellation">Stops waiting.</param>
    public ValueTask Complete(InputEntry input, string contentId, long records, CancellationToken cancellation) =>
        state.Put([InputItem(input with { ContentId = contentId, Complete = true, Records = records }, 2)], cancellation);

    private static InputEntry? Find(IReadOnlyList<InputEntry> inputs, InputContent content)
    {
        if (content.Id is { } id && inputs.FirstOrDefault(each => each.ContentId == id) is { } same)
        {
            return same;
        }

        if (inputs.FirstOrDefault(each => !each.Complete) is { ContentId: null } unfinished && unfinished.Beginning == content.Beginning)
        {
            return unfinished;
        }

        RefuseWhileUnfinished(inputs, content.Name);
        return null;
    }

    private static void RefuseWhileUnfinished(IReadOnlyList<InputEntry> inputs, string name)
    {
        if (inputs.FirstOrDefault(each => !each.Complete) is { } unfinished)
        {
            throw new InputRefusedException(
                $"{name}: {unfinished.Name} was interrupted and is not finished: run it again first (it goes on where it stopped), then this one");
        }
    }

    private async ValueTask<(StreamHead Head, long Version)> OpenHead(CancellationToken cancellation) =>
        await ReadHead(cancellation) ?? throw new InvalidOperationException("the stream was not opened");

    /// <summary>Null when the head was changed by another process since it was read.</summary>
    private async ValueTask<InputEntry?> TryAdd(
        (StreamHead Head, long Version) found, string? contentId, string? beginning, string name, int laneCount, long nowUs, CancellationToken cancellation)
    {
        var head = found.Head;
        var lanes = head.Lanes;
        var added = new List<ShardEntry>();
        if (lanes.Count != laneCount)
        {
            (lanes, added) = Relay(head, laneCount);
        }

        var entry = new InputEntry(contentId, name, head.NextOrdinal, lanes, nowUs, Complete: false, Beginning: beginning);
        var next = head with { NextOrdinal = head.NextOrdinal + 1, NextShard = head.NextShard + added.Count, Lanes = lanes };
        StateWrite[] writes =
        [
            new(HeadItem(next, found.Version + 1), found.Version),
            new(InputItem(entry, 1), ExpectedVersion: 0),

            // In the same transaction: the attempt that loses must not leave a shard with other parents.
            .. added.Select(shard => new StateWrite(ShardItem(shard), ExpectedVersion: null)),
        ];
        return await state.Swap(writes, cancellation) == SwapOutcome.Committed ? entry : null;
    }

    /// <summary>New lanes over the hash-key range; each inherits from the old lanes whose ranges overlap its own.</summary>
    private static (IReadOnlyList<string> Lanes, List<ShardEntry> Entries) Relay(StreamHead head, int laneCount)
    {
        var entries = new List<ShardEntry>(laneCount);
        for (var i = 0; i < laneCount; i++)
        {
            var parents = new List<string>();
            for (var j = 0; j < head.Lanes.Count; j++)
            {
                // [i/n, (i+1)/n) and [j/m, (j+1)/m) overlap.
                if ((long)i * head.Lanes.Count < (long)(j + 1) * laneCount && (long)j * laneCount < (long)(i + 1) * head.Lanes.Count)
                {
                    parents.Add(head.Lanes[j]);
                }
            }

            entries.Add(new ShardEntry(ShardName(head.NextShard + i), parents));
        }

        return ([.. entries.Select(e => e.Shard)], entries);
    }

    /// <summary>Not a Kinesis name: records of a Lambda event in the same stream must not meet the fence of a file's lane.</summary>
    private static string ShardName(int number) => string.Create(System.Globalization.CultureInfo.InvariantCulture, $"lane-{number:D12}");

    private async ValueTask<(StreamHead Head, long Version)?> ReadHead(CancellationToken cancellation)
    {
        var item = await state.Read(_pk, StateKeys.Head, cancellation);
        return item is null ? null : (JsonSerializer.Deserialize(item.Body.Span, StateJson.Default.StreamHead)!, item.Version);
    }

    private StateItem ShardItem(ShardEntry shard) =>
        new(_pk, StateKeys.Shard(shard.Shard), 1, attempts.Next(), JsonSerializer.SerializeToUtf8Bytes(shard, StateJson.Default.ShardEntry));

    private StateItem HeadItem(StreamHead head, long version) =>
        new(_pk, StateKeys.Head, version, attempts.Next(), JsonSerializer.SerializeToUtf8Bytes(head, StateJson.Default.StreamHead));

    private StateItem InputItem(InputEntry input, long version) =>
        new(_pk, input.Key, version, attempts.Next(), JsonSerializer.SerializeToUtf8Bytes(input, StateJson.Default.InputEntry));

    private InvalidOperationException Contended() =>
        new($"the head of stream {stream} changed {SwapAttemptsMax} times while it was being written: too many processes start on this lake at once");
}

/// <summary>An input that cannot be run into this lake; the message says why and what to do.</summary>
public sealed class InputRefusedException(string message) : Exception(message);
