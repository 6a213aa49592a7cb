using System.Text.Json;
using System.Text.Json.Serialization;

namespace StreamPipeline.Core.Lake;

/// <summary>A table version as it lies in <c>metadata/v….json</c>. Human-readable; unknown members are ignored.</summary>
internal sealed record TableManifest
{
    public const int CurrentFormat = 1;

    // Nested contracts nest their schema twice as deep in JSON.
    private const int DepthMax = 512;

    public required int Format { get; init; }

    public required string Table { get; init; }

    public required long Version { get; init; }

    public JsonElement? Schema { get; init; }

    public required IReadOnlyList<TableFile> Files { get; init; }

    public required IReadOnlyList<string> Superseded { get; init; }

    public required IReadOnlyDictionary<string, long> Folded { get; init; }

    public required IReadOnlyDictionary<string, string> Properties { get; init; }

    public static byte[] Encode(string table, TableSnapshot snapshot)
    {
        using var schema = snapshot.Schema is null
            ? null
            : JsonDocument.Parse(SchemaJson.Write(snapshot.Schema), new JsonDocumentOptions { MaxDepth = DepthMax });
        var manifest = new TableManifest
        {
            Format = CurrentFormat,
            Table = table,
            Version = snapshot.Version,
            Schema = schema?.RootElement,
            Files = snapshot.Files,
            Superseded = snapshot.Superseded,
            Folded = snapshot.Folded,
            Properties = snapshot.Properties,
        };
        return JsonSerializer.SerializeToUtf8Bytes(manifest, TableManifestJson.Default.TableManifest);
    }

    /// <exception cref="InvalidDataException">Not a manifest, or one of a newer format.</exception>
    public static TableSnapshot Decode(byte[] content, string key)
    {
        TableManifest? manifest;
        try
        {
            manifest = JsonSerializer.Deserialize(content, TableManifestJson.Default.TableManifest);
        }
        catch (JsonException error)
        {
            throw new InvalidDataException($"table manifest '{key}' is damaged: {error.Message}", error);
        }

        if (manifest is null || manifest.Format != CurrentFormat)
        {
            throw new InvalidDataException(
                $"table manifest '{key}' has format {manifest?.Format}; this version reads format {CurrentFormat}: use the newer program that wrote it");
        }

        var schema = manifest.Schema is { ValueKind: JsonValueKind.Array } json ? SchemaJson.Read(json) : null;
        return new TableSnapshot(manifest.Version, schema, manifest.Files, manifest.Superseded, manifest.Folded, manifest.Properties);
    }
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    WriteIndented = true,
    MaxDepth = 512)]
[JsonSerializable(typeof(TableManifest))]
internal sealed partial class TableManifestJson : JsonSerializerContext;
