namespace StreamPipeline.Simulation.Tests.Source;

/// <summary>An event as a producer meant it.</summary>
/// <param name="Id">The deduplication key.</param>
/// <param name="TimeUs">Event time, microseconds since the epoch.</param>
/// <param name="Group">What metrics group by.</param>
/// <param name="Amount">What metrics sum. Negative: breaks the row rule.</param>
/// <param name="Broken">Not JSON.</param>
internal sealed record SourceEvent(string Id, long TimeUs, string Group, long Amount, bool Broken)
{
    public string Json()
    {
        if (Broken)
        {
            return $"{{\"id\":\"{Id}\",";
        }

        var time = DateTime.UnixEpoch.AddTicks(TimeUs * 10).ToString("yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'", System.Globalization.CultureInfo.InvariantCulture);
        return $"{{\"id\":\"{Id}\",\"at\":\"{time}\",\"group\":\"{Group}\",\"amount\":{Amount}}}";
    }
}

/// <summary>A record that the stream has accepted.</summary>
/// <param name="Sequence">Ascending within a shard.</param>
/// <param name="ArrivalUs">Microseconds since the epoch.</param>
/// <param name="Events">One, or several in a KPL aggregate.</param>
/// <param name="Data">The blob.</param>
internal sealed record SourceRecord(ulong Sequence, long ArrivalUs, IReadOnlyList<SourceEvent> Events, byte[] Data)
{
    /// <summary>The <c>_sequence</c> of an event of it.</summary>
    public string SequenceOf(int index) => Events.Count == 1 ? $"{Sequence}" : $"{Sequence}:{index}";
}
