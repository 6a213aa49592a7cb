using System.Text.Json;
using StreamPipeline.Core.Decoding;

namespace StreamPipeline.Benchmarks.Baselines;

/// <summary>Source-generated System.Text.Json into objects.</summary>
internal static class PocoDecoder
{
    /// <summary>Null when it is no such event.</summary>
    public static IotEvent? ReadIot(ReadOnlySpan<byte> json)
    {
        try
        {
            var read = JsonSerializer.Deserialize(json, EventJson.Default.IotEvent);
            return read is { Device: not null, IsValid: true } ? read : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <summary>Null when it is no such event.</summary>
    public static FlightEvent? ReadFlight(ReadOnlySpan<byte> json)
    {
        try
        {
            var read = JsonSerializer.Deserialize(json, EventJson.Default.FlightEvent);
            return read is { IsValid: true } ? read : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <summary>The valid ones of a batch.</summary>
    public static List<IotEvent> ReadAllIot(MicroBatch batch)
    {
        var valid = new List<IotEvent>(batch.Records.Count);
        for (var i = 0; i < batch.Records.Count; i++)
        {
            if (ReadIot(batch.Records[i].Data.Span) is { } read)
            {
                valid.Add(read);
            }
        }

        return valid;
    }

    /// <summary>The valid ones of a batch.</summary>
    public static List<FlightEvent> ReadAllFlights(MicroBatch batch)
    {
        var valid = new List<FlightEvent>(batch.Records.Count);
        for (var i = 0; i < batch.Records.Count; i++)
        {
            if (ReadFlight(batch.Records[i].Data.Span) is { } read)
            {
                valid.Add(read);
            }
        }

        return valid;
    }
}
