using System.Text.Json;
using StreamPipeline.Benchmarks.Peers;

namespace StreamPipeline.Benchmarks.Tests;

public sealed class PeersTests
{
    [Fact]
    public void A_native_executable_that_is_older_than_the_product_is_told_of()
    {
        var folder = Directory.CreateTempSubdirectory("streampipeline-native-").FullName;
        try
        {
            Assert.Null(Contender.NativeIsOld(folder));
            var file = Path.Combine(folder, "StreamPipeline.Benchmarks.Native");
            File.WriteAllText(file, "");
            Assert.Null(Contender.NativeIsOld(folder));
            File.SetLastWriteTimeUtc(file, new DateTime(2020, 1, 2, 3, 4, 5, DateTimeKind.Utc));
            Assert.StartsWith("Native AOT was published 2020-01-02 03:04:05Z, before this build of ", Contender.NativeIsOld(folder), StringComparison.Ordinal);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public async Task The_race_runs_to_its_table_with_equal_results_from_lines_and_from_payloads()
    {
        using var output = new StringWriter();
        await PeersRun.Run(events: 3_000, rounds: 1, json: true, nativeFolder: "none", output, TextWriter.Null);

        using var report = JsonDocument.Parse(output.ToString());
        var tables = report.RootElement.GetProperty("tables"u8).EnumerateArray().ToList();
        Assert.Equal(4, tables.Count);
        Assert.All(tables, table =>
        {
            var figures = table.GetProperty("figures"u8).EnumerateArray().ToList();
            Assert.Equal(["DuckDB, threads = 1", "idiomatic .NET", "StreamPipeline, JIT"], figures.Select(figure => figure.GetProperty("name"u8).GetString()));
            var silver = figures.Select(figure => figure.GetProperty("silverRows"u8).GetInt64()).Distinct().Single();
            Assert.InRange(silver, table.GetProperty("events"u8).GetInt64() * 0.95, table.GetProperty("events"u8).GetInt64() * 0.995);
        });
    }

    [Fact]
    public void A_contender_that_lost_a_row_or_summed_otherwise_is_found_out()
    {
        var output = new JobOutput(10, 55, 1.5, 2, 10, 3, 4, 2, 1, 5);

        output.CheckEqual(output with { TemperatureSum = 1.5 + 1e-12 }, "one", "other");
        Assert.Throws<InvalidOperationException>(() => output.CheckEqual(output with { Silver = 9 }, "one", "other"));
        Assert.Throws<InvalidOperationException>(() => output.CheckEqual(output with { SequenceSum = 54 }, "one", "other"));
        Assert.Throws<InvalidOperationException>(() => output.CheckEqual(output with { SiteAvgSum = 4.001 }, "one", "other"));
    }
}
