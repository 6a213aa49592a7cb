namespace StreamPipeline.Benchmarks.Input;

/// <summary>What kind of events.</summary>
internal enum EventShape
{
    /// <summary>Nested, about 280 bytes.</summary>
    Iot,

    /// <summary>Flat, about 140 bytes.</summary>
    Flights,
}
