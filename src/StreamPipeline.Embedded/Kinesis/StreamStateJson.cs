using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace StreamPipeline.Embedded.Kinesis;

/// <summary>A stream's state as it lies in the file.</summary>
internal static class StreamStateJson
{
    public static string Write(StreamState stream) => JsonSerializer.Serialize(
        new StreamRow(
            stream.Name,
            stream.CreatedMs,
            stream.RetentionHours,
            stream.NextIndex,
            [.. stream.Shards.Select(shard => new ShardRow(
                shard.Index, shard.Ordinal, StreamState.Text(shard.From), StreamState.Text(shard.To), shard.CreatedSeconds, shard.OpenedMs, shard.Parent, shard.AdjacentParent, shard.ClosedMs))]),
        StreamRowContext.Default.StreamRow);

    /// <exception cref="JsonException">The text is none that <see cref="Write"/> wrote.</exception>
    public static StreamState Read(string text)
    {
        var row = JsonSerializer.Deserialize(text, StreamRowContext.Default.StreamRow) ?? throw new JsonException("a stream's state is null");
        return new StreamState(row.Name, row.CreatedMs, row.RetentionHours, [.. row.Shards.Select(ShardOf)], row.NextIndex);
    }

    private static ShardState ShardOf(ShardRow row) =>
        StreamState.TryParseHashKey(row.From, out var from) && StreamState.TryParseHashKey(row.To, out var to)
            ? new ShardState(row.Index, row.Ordinal, from, to, row.CreatedSeconds, row.OpenedMs) { Parent = row.Parent, AdjacentParent = row.AdjacentParent, ClosedMs = row.ClosedMs }
            : throw new JsonException($"shard {row.Index} has a hash key that is not a number");
}

internal sealed record StreamRow(string Name, long CreatedMs, int RetentionHours, int NextIndex, ImmutableArray<ShardRow> Shards);

internal sealed record ShardRow(
    int Index, int Ordinal, string From, string To, long CreatedSeconds, long OpenedMs, int? Parent, int? AdjacentParent, long? ClosedMs);

[JsonSourceGenerationOptions(RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(StreamRow))]
internal sealed partial class StreamRowContext : JsonSerializerContext;
