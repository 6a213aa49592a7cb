using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text.Json.Serialization;
using DuckDB.NET.Data;

namespace StreamPipeline.Benchmarks.Peers;

/// <summary>A finished race.</summary>
/// <param name="Input">What the job was.</param>
/// <param name="Events">In the input.</param>
/// <param name="Figures">One per contender; the first is DuckDB.</param>
internal sealed record PeerTable(string Input, long Events, IReadOnlyList<PeerFigure> Figures);

/// <summary>All races and where they ran.</summary>
internal sealed record PeerReport(string Cpu, string Runtime, IReadOnlyDictionary<string, string> Versions, int Rounds, IReadOnlyList<PeerTable> Tables);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true)]
[JsonSerializable(typeof(PeerReport))]
internal sealed partial class PeerJson : JsonSerializerContext;

/// <summary><c>peers</c>: the whole job beside what one would otherwise use.</summary>
internal static class PeersRun
{
    public static async Task<int> Run(long events, int rounds, bool json, string nativeFolder, TextWriter output, TextWriter progress)
    {
        var folder = Directory.CreateTempSubdirectory("streampipeline-peers-").FullName;
        try
        {
            var contenders = Contender.All(nativeFolder);
            var lines = Path.Combine(folder, "events.ndjson");
            PeerInputs.WriteLines(lines, events);
            var payloads = Directory.CreateDirectory(Path.Combine(folder, "payloads")).FullName;
            var payloadEvents = PeerInputs.WritePayloads(payloads, events);
            var one = Directory.CreateDirectory(Path.Combine(folder, "one")).FullName;
            var oneEvents = PeerInputs.WritePayloads(one, 1);
            var tables = new List<PeerTable>
            {
                new("lines of JSON in a file", events, await PeerRace.Run(contenders, lines, rounds, Path.Combine(folder, "lines-runs"), progress)),
                new("Lambda payloads of 5 MB", payloadEvents, await PeerRace.Run(contenders, payloads, rounds, Path.Combine(folder, "payloads-runs"), progress)),
                new("one Lambda payload of 5 MB, a new lake", oneEvents, await PeerRace.Run(contenders, one, rounds, Path.Combine(folder, "one-runs"), progress)),
                new("one Lambda payload of 5 MB, to a committed batch", oneEvents, await PeerRace.RunWarm(contenders, one, rounds, folder)),
            };
            var report = new PeerReport(Cpu(), RuntimeInformation.FrameworkDescription, Versions(), rounds, tables);
            await output.WriteLineAsync(json ? JsonSerializer.Serialize(report, PeerJson.Default.PeerReport) : Text(report));
            if (Contender.Native(nativeFolder) is null && !json)
            {
                await output.WriteLineAsync($"Native AOT is not in the table: dotnet publish -c Release bench/StreamPipeline.Benchmarks.Native -o {nativeFolder}");
            }

            if (Contender.NativeIsOld(nativeFolder) is { } old)
            {
                await progress.WriteLineAsync(old);
            }

            return 0;
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static string Text(PeerReport report)
    {
        var text = new StringWriter(CultureInfo.InvariantCulture);
        text.WriteLine($"{report.Cpu}; {report.Runtime}; {string.Join(", ", report.Versions.Select(version => $"{version.Key} {version.Value}"))}");
        text.WriteLine($"medians of {report.Rounds} interleaved rounds, each contender in a process of its own that has done the job before; results checked equal; ratios of processor time, DuckDB = 1.0 (higher is faster)");
        foreach (var table in report.Tables)
        {
            text.WriteLine();
            text.WriteLine($"| {table.Input}: {table.Events:N0} events | ratio | ns/event | seconds | processor s | silver MB | peak RSS MB |");
            text.WriteLine("|---|---|---|---|---|---|---|");
            foreach (var figure in table.Figures)
            {
                text.WriteLine(string.Create(
                    CultureInfo.InvariantCulture,
                    $"| {figure.Name} | {table.Figures[0].CpuSeconds / figure.CpuSeconds:0.00} | {figure.CpuSeconds * 1e9 / table.Events:N0} | {figure.Seconds:0.000} | {figure.CpuSeconds:0.000} | {Megabytes(figure.SilverBytes)} | {Megabytes(figure.PeakBytes)} |"));
            }
        }

        return text.ToString();
    }

    private static string Megabytes(long bytes) => bytes == 0 ? "–" : (bytes / 1e6).ToString("0.0", CultureInfo.InvariantCulture);

    /// <summary>The processor, for the table's head.</summary>
    internal static string Cpu()
    {
        const string CpuInfo = "/proc/cpuinfo";
        var model = File.Exists(CpuInfo) ? File.ReadLines(CpuInfo).FirstOrDefault(line => line.StartsWith("model name", StringComparison.Ordinal)) : null;
        return $"{model?.Split(':', 2)[1].Trim() ?? RuntimeInformation.ProcessArchitecture.ToString()}, {Environment.ProcessorCount} cores";
    }

    private static SortedDictionary<string, string> Versions()
    {
        using var connection = new DuckDBConnection("DataSource=:memory:");
        connection.Open();
        return new(StringComparer.Ordinal)
        {
            ["DuckDB"] = connection.ServerVersion,
            ["Parquet.Net"] = typeof(Parquet.ParquetWriter).Assembly.GetName().Version?.ToString(3) ?? "unknown",
        };
    }
}
