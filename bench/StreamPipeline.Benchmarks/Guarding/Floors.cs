using System.Text.Json;
using System.Text.Json.Serialization;

namespace StreamPipeline.Benchmarks.Guarding;

/// <summary>How fast a stage must at least be, as a ratio within one run.</summary>
/// <param name="Stage">A stage's name.</param>
/// <param name="Baseline">Another's, measured in the same run.</param>
/// <param name="Floor">Least accepted time of the baseline / time of the stage.</param>
/// <param name="Target">Where it is to get; shown, not checked.</param>
internal sealed record RatioFloor(string Stage, string Baseline, double Floor, double? Target);

/// <summary>How much a stage may allocate.</summary>
/// <param name="Stage">A stage's name.</param>
/// <param name="Ceiling">Most accepted bytes per record.</param>
/// <param name="Target">Where it is to get; shown, not checked.</param>
internal sealed record AllocationCeiling(string Stage, double Ceiling, double? Target);

/// <summary>The committed floors: <c>bench/floors.json</c>.</summary>
internal sealed record Floors(IReadOnlyList<RatioFloor> Ratios, IReadOnlyList<AllocationCeiling> Allocated)
{
    /// <exception cref="InvalidDataException">Not such a file; the message says where.</exception>
    public static Floors Read(ReadOnlySpan<byte> json)
    {
        try
        {
            return JsonSerializer.Deserialize(json, FloorsJson.Default.Floors) is { Ratios.Count: > 0, Allocated.Count: > 0 } floors
                ? floors
                : throw new InvalidDataException("floors.json names no ratios or no allocations: there would be nothing to guard");
        }
        catch (JsonException error)
        {
            throw new InvalidDataException($"floors.json cannot be read: {error.Message}", error);
        }
    }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow, RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(Floors))]
internal sealed partial class FloorsJson : JsonSerializerContext;
