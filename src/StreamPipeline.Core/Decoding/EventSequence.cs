using System.Globalization;

namespace StreamPipeline.Core.Decoding;

/// <summary>
/// The <c>_sequence</c> of an event: its record's sequence number, and <c>:n</c> behind it when the record holds several events,
/// n from 0. With the shard it names the event for good.
/// </summary>
internal static class EventSequence
{
    public const int BytesMax = SequenceNumber.DigitsMax + 1 + 11;

    /// <summary>Writes ASCII and returns its length.</summary>
    public static int Format(SequenceNumber record, int index, int eventsInRecord, Span<byte> destination)
    {
        var length = record.Format(destination);
        return eventsInRecord > 1 ? length + FormatEvent(index, destination[length..]) : length;
    }

    /// <summary>Writes the part behind the record's sequence number and returns its length.</summary>
    public static int FormatEvent(int index, Span<byte> destination)
    {
        destination[0] = (byte)':';
        index.TryFormat(destination[1..], out var written, default, CultureInfo.InvariantCulture);
        return written + 1;
    }
}
