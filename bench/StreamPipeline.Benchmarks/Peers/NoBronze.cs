using StreamPipeline.Core.Lake;

namespace StreamPipeline.Benchmarks.Peers;

/// <summary>Keeps no raw records, as the peers keep none: what the rest of the job takes.</summary>
internal sealed class NoBronze : IBronze
{
    public bool IsBesideProcessing => false;

    public ValueTask<string> Write(BronzeRecords records, CancellationToken cancellation) =>
        ValueTask.FromResult(BronzeDelivery.Name("none", records.Batch.Records.Count - records.FirstRecord));
}
