using System.Globalization;
using DuckDB.NET.Data;

namespace StreamPipeline.Benchmarks.Peers;

/// <summary>What a contender wrote, read back by DuckDB: enough that two of them can only be equal by having done the same job.</summary>
/// <param name="Silver">Rows.</param>
/// <param name="SequenceSum">Over silver: which rows they are.</param>
/// <param name="TemperatureSum">Over silver.</param>
/// <param name="SiteRows">Rows of the metric by site.</param>
/// <param name="SiteEvents">Their counts.</param>
/// <param name="SiteMaxSum">Their maxima.</param>
/// <param name="SiteAvgSum">Their averages.</param>
/// <param name="FirmwareRows">Rows of the metric by firmware.</param>
/// <param name="FirmwareMinSum">Their minima.</param>
/// <param name="FirmwareAvgSum">Their averages.</param>
internal sealed record JobOutput(
    long Silver, decimal SequenceSum, double TemperatureSum, long SiteRows, long SiteEvents, double SiteMaxSum, double SiteAvgSum, long FirmwareRows, double FirmwareMinSum, double FirmwareAvgSum)
{
    /// <summary>Floating-point sums are in another order for each contender.</summary>
    private const double Tolerance = 1e-9;

    public static JobOutput Read(string silver, string sites, string firmware)
    {
        using var connection = new DuckDBConnection("DataSource=:memory:");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = $"""
            SELECT * FROM (SELECT count(*), sum(sequence)::DOUBLE, sum(temperature) FROM read_parquet('{silver}')),
            (SELECT count(*), sum(events)::BIGINT, sum(temperature_max), sum(temperature_avg) FROM read_parquet('{sites}')),
            (SELECT count(*), sum(battery_min), sum(humidity_avg) FROM read_parquet('{firmware}'))
            """;
        using var row = command.ExecuteReader();
        row.Read();
        return new JobOutput(
            row.GetInt64(0), (decimal)row.GetDouble(1), row.GetDouble(2), row.GetInt64(3), row.GetInt64(4), row.GetDouble(5), row.GetDouble(6), row.GetInt64(7), row.GetDouble(8), row.GetDouble(9));
    }

    /// <exception cref="InvalidOperationException">They are not the same job's.</exception>
    public void CheckEqual(JobOutput other, string name, string otherName)
    {
        if (Silver != other.Silver || SequenceSum != other.SequenceSum || SiteRows != other.SiteRows || SiteEvents != other.SiteEvents || FirmwareRows != other.FirmwareRows
            || !Close(TemperatureSum, other.TemperatureSum) || !Close(SiteMaxSum, other.SiteMaxSum) || !Close(SiteAvgSum, other.SiteAvgSum)
            || !Close(FirmwareMinSum, other.FirmwareMinSum) || !Close(FirmwareAvgSum, other.FirmwareAvgSum))
        {
            throw new InvalidOperationException(string.Create(CultureInfo.InvariantCulture, $"the results differ: {name} has {this}, {otherName} has {other}"));
        }
    }

    private static bool Close(double left, double right) => Math.Abs(left - right) <= Tolerance * Math.Max(Math.Abs(left), Math.Abs(right));
}
