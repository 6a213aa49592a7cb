using System.Text.Json;
using System.Text.Json.Serialization;
using StreamPipeline.Core.Commit;

namespace StreamPipeline.Embedded.Mapping;

/// <summary>How far a mapping has come in a shard.</summary>
/// <param name="Sequence">All records up to it are committed or discarded.</param>
/// <param name="Ended">The shard has ended and all of it is settled.</param>
/// <param name="TipUs">Without a sequence number: when the shard was begun at its tip, microseconds since the epoch by the clock of the process that did.</param>
internal sealed record MappingCheckpoint(string? Sequence, bool Ended, long? TipUs = null);

/// <summary>
/// The checkpoints of the mapping of one stream, in the state table under <c>MAPPING#stream</c> / shard. They only save reading: a record that is
/// read again is a replay by its sequence number. What they alone know is what was discarded, which shards have ended, and since when one is read that was begun at its tip.
/// </summary>
internal sealed class MappingCheckpoints(IStateStore state, string stream, IAttemptIds attempts)
{
    private readonly string _pk = "MAPPING#" + stream;

    public async ValueTask<MappingCheckpoint?> Read(string shard, CancellationToken cancellation) =>
        await state.Read(_pk, shard, cancellation) is { } item
            ? JsonSerializer.Deserialize(item.Body.Span, MappingJson.Default.MappingCheckpoint)
            : null;

    public ValueTask Write(string shard, MappingCheckpoint checkpoint, CancellationToken cancellation) =>
        state.Put([new StateItem(_pk, shard, 1, attempts.Next(), JsonSerializer.SerializeToUtf8Bytes(checkpoint, MappingJson.Default.MappingCheckpoint))], cancellation);
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(MappingCheckpoint))]
internal sealed partial class MappingJson : JsonSerializerContext;
