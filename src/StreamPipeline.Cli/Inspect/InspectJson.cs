using System.Buffers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using StreamPipeline.Cli.Output;

namespace StreamPipeline.Cli.Inspect;

/// <summary>A <see cref="LakeSummary"/> as one JSON object; its members are the record's, in camel case.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(LakeSummary))]
internal sealed partial class InspectJson : JsonSerializerContext
{
    public static string Of(LakeSummary lake)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer, JsonText.Options))
        {
            JsonSerializer.Serialize(json, lake, Default.LakeSummary);
        }

        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }
}
