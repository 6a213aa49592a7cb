using StreamPipeline.Benchmarks.Baselines;

namespace StreamPipeline.Benchmarks.Stages;

/// <summary>The stages by name, and the baselines that are measured beside them.</summary>
internal static class StageList
{
    public const string Decode = "decode";
    public const string Poco = "baseline: source-generated POCO";
    public const string Reader = "baseline: Utf8JsonReader into columns";
    public const string Flights = "flights: decode";
    public const string FlightsPoco = "flights: baseline: source-generated POCO";
    public const string Envelope = "envelope (Lambda event to records)";
    public const string Quality = "event time, quality";
    public const string Dedupe = "dedupe";
    public const string Silver = "enrich, silver columns";
    public const string Windows = "windows (two metrics, encoded)";
    public const string Staged = "staged file";
    public const string Bronze = "bronze file";
    public const string TableFile = "table file (Parquet, in the fold)";
    public const string MicroBatch = "MicroBatch (5 MB payload to commit)";

    public static List<Stage> Of(StageInputs iot, StageInputs flights)
    {
        var reader = new ReaderIntoColumns();
        return
        [
            new(Poco, iot.Records, () => PocoDecoder.ReadAllIot(iot.Batch).Count),
            new(Reader, iot.Records, () => reader.Decode(iot.Batch)),
            new(Decode, iot.Records, () => iot.Decode()),
            new(FlightsPoco, flights.Records, () => PocoDecoder.ReadAllFlights(flights.Batch).Count),
            new(Flights, flights.Records, () => flights.Decode()),
            new(Envelope, iot.Records, () => iot.Envelope()),
            new(Quality, iot.Records, () => iot.Quality()),
            new(Dedupe, iot.Records, () => iot.Dedupe()),
            new(Silver, iot.Records, () => iot.BuildSilverRows()),
            new(Windows, iot.Records, () => iot.Windows()),
            new(Staged, iot.Records, () => iot.EncodeStaged()),
            new(Bronze, iot.Records, () => iot.EncodeBronze()),
            new(MicroBatch, iot.Records, iot.MicroBatch),
            new(TableFile, iot.Records, () => iot.EncodeParquet().GetAwaiter().GetResult()),
        ];
    }
}
