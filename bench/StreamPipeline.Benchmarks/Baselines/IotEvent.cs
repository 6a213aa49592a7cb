using System.Text.Json.Serialization;

namespace StreamPipeline.Benchmarks.Baselines;

/// <summary>The event as one would write it in .NET.</summary>
internal sealed class IotEvent
{
    [JsonRequired]
    public Guid EventId { get; set; }

    [JsonRequired]
    public DateTime MeasuredAt { get; set; }

    [JsonRequired]
    public IotDevice Device { get; set; } = null!;

    [JsonRequired]
    public long Sequence { get; set; }

    [JsonRequired]
    public double Temperature { get; set; }

    [JsonRequired]
    public double Humidity { get; set; }

    public double? Battery { get; set; }

    public bool? Online { get; set; }

    public IotPosition? Position { get; set; }

    /// <summary>What the contract and the row rules ask for beyond types and presence.</summary>
    [JsonIgnore]
    public bool IsValid =>
        Device.Site is "north" or "south" or "harbor" or "airport"
        && Device.Id.Length is >= 1 and <= 32 && Device.Firmware.Length <= 16
        && Sequence >= 0 && Temperature is > -50 and < 90 && Humidity is >= 0 and <= 100 && Battery is null or (>= 0 and <= 1);
}

internal sealed class IotDevice
{
    public string Id { get; set; } = "";

    public string Site { get; set; } = "";

    public string Firmware { get; set; } = "";
}

internal sealed class IotPosition
{
    public double Lat { get; set; }

    public double Lon { get; set; }
}

internal sealed class FlightEvent
{
    public string FlightId { get; set; } = "";

    public DateTime Scheduled { get; set; }

    public long Delay { get; set; }

    public long Distance { get; set; }

    public string Origin { get; set; } = "";

    public string Destination { get; set; } = "";

    [JsonIgnore]
    public bool IsValid => FlightId.Length is >= 1 and <= 64 && Distance > 0 && Delay is > -1441 and < 3000 && IsCode(Origin) && IsCode(Destination);

    private static bool IsCode(string text) => text.Length == 3 && char.IsAsciiLetterUpper(text[0]) && char.IsAsciiLetterUpper(text[1]) && char.IsAsciiLetterUpper(text[2]);
}

/// <summary>A record of Lambda's Kinesis event, as far as one needs it: Amazon.Lambda.KinesisEvents has the same members.</summary>
internal sealed class KinesisEvent
{
    [JsonPropertyName("Records")]
    public List<KinesisEventRecord> Records { get; set; } = [];
}

internal sealed class KinesisEventRecord
{
    [JsonPropertyName("kinesis")]
    public KinesisRecord Kinesis { get; set; } = null!;

    [JsonPropertyName("eventID")]
    public string EventId { get; set; } = "";

    [JsonPropertyName("eventSourceARN")]
    public string EventSourceArn { get; set; } = "";
}

internal sealed class KinesisRecord
{
    [JsonPropertyName("sequenceNumber")]
    public string SequenceNumber { get; set; } = "";

    [JsonPropertyName("data")]
    public byte[] Data { get; set; } = [];

    [JsonPropertyName("approximateArrivalTimestamp")]
    public double ApproximateArrivalTimestamp { get; set; }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(IotEvent))]
[JsonSerializable(typeof(FlightEvent))]
[JsonSerializable(typeof(KinesisEvent))]
internal sealed partial class EventJson : JsonSerializerContext;
