using System.Text.Json.Serialization;

namespace StreamPipeline.Benchmarks.Peers;

/// <summary>A row of the metric by site.</summary>
internal sealed class SiteMinute
{
    [JsonPropertyName("window_start")]
    public DateTime WindowStart { get; set; }

    [JsonPropertyName("site")]
    public string Site { get; set; } = "";

    [JsonPropertyName("events")]
    public long Events { get; set; }

    [JsonIgnore]
    public double TemperatureSum { get; set; }

    [JsonPropertyName("temperature_avg")]
    public double TemperatureAvg => TemperatureSum / Events;

    [JsonPropertyName("temperature_max")]
    public double TemperatureMax { get; set; }
}

/// <summary>A row of the metric by firmware.</summary>
internal sealed class FirmwareMinute
{
    [JsonPropertyName("window_start")]
    public DateTime WindowStart { get; set; }

    [JsonPropertyName("firmware")]
    public string Firmware { get; set; } = "";

    [JsonPropertyName("events")]
    public long Events { get; set; }

    [JsonIgnore]
    public double HumiditySum { get; set; }

    [JsonPropertyName("humidity_avg")]
    public double HumidityAvg => HumiditySum / Events;

    [JsonPropertyName("battery_min")]
    public double? BatteryMin { get; set; }
}
