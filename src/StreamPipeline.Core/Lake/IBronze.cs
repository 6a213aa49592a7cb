using System.Globalization;
using StreamPipeline.Core.Decoding;

namespace StreamPipeline.Core.Lake;

/// <summary>Raw records on their way into bronze.</summary>
/// <param name="Stream">Stream name.</param>
/// <param name="Batch">Their data lives until the write has ended.</param>
/// <param name="FirstRecord">The first one that is new; those before it are in bronze already.</param>
/// <param name="Attempt">Set where records of two attempts may bear the same numbers: it must then be part of the name.</param>
public readonly record struct BronzeRecords(string Stream, MicroBatch Batch, int FirstRecord, string? Attempt = null);

/// <summary>
/// Takes the raw records of a batch before it is committed: the lake's objects (<see cref="ObjectBronze"/>), or Firehose on AWS. The same
/// records may be written again after a crash, so readers take each (shard, sequence number) once.
/// </summary>
public interface IBronze
{
    /// <summary>Whether to begin before the batch is processed, so that both go on at once. The commit waits for the end of both.</summary>
    bool IsBesideProcessing { get; }

    /// <summary>When it returns, the records cannot be lost any more.</summary>
    /// <returns>What the batch item keeps as <see cref="Commit.BatchItem.Bronze"/>: an object's key, or a <see cref="BronzeDelivery"/>.</returns>
    /// <exception cref="IOException">They could not be handed over; the message says why. Call again.</exception>
    ValueTask<string> Write(BronzeRecords records, CancellationToken cancellation);
}

/// <summary>One object a batch, named by the records it holds: a batch that is written again replaces it.</summary>
public sealed class ObjectBronze(IObjectStore objects) : IBronze
{
    // Lanes may share this object; each write takes what is there, or makes its own.
    private BronzeEncoder? _spare;

    public bool IsBesideProcessing => false;

    public async ValueTask<string> Write(BronzeRecords records, CancellationToken cancellation)
    {
        var key = BronzeFile.Key(records.Stream, records.Batch, records.FirstRecord, records.Attempt);
        var encoder = Interlocked.Exchange(ref _spare, null) ?? new BronzeEncoder();
        var file = encoder.Encode(records.Batch, records.FirstRecord);
        Interlocked.Exchange(ref _spare, encoder)?.Dispose();
        await objects.PutPooled(key, file, cancellation);
        return key;
    }
}

/// <summary>
/// The name of bronze that a delivery stream brings later, into objects whose names only it knows:
/// <c>firehose:&lt;delivery stream&gt;#&lt;records&gt;</c>. The number tells a reader when all of them have come.
/// </summary>
public static class BronzeDelivery
{
    private const string Prefix = "firehose:";

    public static string Name(string deliveryStream, int records) =>
        string.Create(CultureInfo.InvariantCulture, $"{Prefix}{deliveryStream}#{records}");

    /// <summary>False for the key of an object.</summary>
    public static bool TryParse(string name, out int records)
    {
        var hash = name.LastIndexOf('#');
        records = 0;
        return name.StartsWith(Prefix, StringComparison.Ordinal) && hash > 0
            && int.TryParse(name.AsSpan(hash + 1), NumberStyles.None, CultureInfo.InvariantCulture, out records);
    }
}
