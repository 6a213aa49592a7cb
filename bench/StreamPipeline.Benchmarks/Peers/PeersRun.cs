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
            var native = NativeJob.Find(nativeFolder);
            var lines = Path.Combine(folder, "events.ndjson");
            PeerInputs.WriteLines(lines, events);
            var payloads = Directory.CreateDirectory(Path.Combine(folder, "payloads")).FullName;
            var payloadEvents = PeerInputs.WritePayloads(payloads, events);
            var one = Directory.CreateDirectory(Path.Combine(folder, "one")).FullName;
            var oneEvents = PeerInputs.WritePayloads(one, 1);
            var tables = new List<PeerTable>
            {
                new("lines of JSON in a file", events, await PeerRace.Run(Contenders(native, lines, payloads: false), rounds, folder, progress)),
                new("Lambda payloads of 5 MB", payloadEvents, await PeerRace.Run(Contenders(native, payloads, payloads: true), rounds, folder, progress)),
                new("one Lambda payload of 5 MB, a new lake", oneEvents, await PeerRace.Run(Contenders(native, one, payloads: true), rounds, folder, progress)),
            };
            var report = new PeerReport(Cpu(), RuntimeInformation.FrameworkDescription, Versions(), rounds, tables);
            await output.WriteLineAsync(json ? JsonSerializer.Serialize(report, PeerJson.Default.PeerReport) : Text(report));
            if (native is null && !json)
            {
                await output.WriteLineAsync($"Native AOT is not in the table: dotnet publish -c Release bench/StreamPipeline.Benchmarks.Native -o {nativeFolder}");
            }

            return 0;
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static List<Contender> Contenders(string? native, string input, bool payloads)
    {
        var files = payloads ? Directory.GetFiles(input).Order(StringComparer.Ordinal).ToList() : [];
        List<Contender> contenders =
        [
            new(
                "DuckDB, threads = 1",
                output =>
                {
                    if (payloads)
                    {
                        DuckDbJob.FromPayloads(Path.Combine(input, "*.json"), output);
                    }
                    else
                    {
                        DuckDbJob.FromLines(input, output);
                    }

                    return Task.FromResult<JobTime?>(null);
                },
                Contender.PlainFiles),
            new(
                "idiomatic .NET",
                async output =>
                {
                    await (payloads ? IdiomaticJob.FromPayloads(files, output) : IdiomaticJob.FromLines(input, output));
                    return null;
                },
                Contender.PlainFiles),
            new(
                "StreamPipeline, JIT",
                async output =>
                {
                    await ProductJob.Run(input, output, TimeProvider.System);
                    return null;
                },
                Contender.LakeFiles),
        ];
        if (native is not null)
        {
            contenders.Add(new("StreamPipeline, Native AOT", output => NativeJob.Run(native, input, output), Contender.LakeFiles));
        }

        return contenders;
    }

    private static string Text(PeerReport report)
    {
        var text = new StringWriter(CultureInfo.InvariantCulture);
        text.WriteLine($"{report.Cpu}; {report.Runtime}; {string.Join(", ", report.Versions.Select(version => $"{version.Key} {version.Value}"))}");
        text.WriteLine($"medians of {report.Rounds} interleaved rounds; results checked equal; ratios of processor time, DuckDB = 1.0 (higher is faster)");
        foreach (var table in report.Tables)
        {
            text.WriteLine();
            text.WriteLine($"| {table.Input}: {table.Events:N0} events | ratio | ns/event | seconds | processor s | silver MB |");
            text.WriteLine("|---|---|---|---|---|---|");
            foreach (var figure in table.Figures)
            {
                text.WriteLine(string.Create(
                    CultureInfo.InvariantCulture,
                    $"| {figure.Name} | {table.Figures[0].CpuSeconds / figure.CpuSeconds:0.00} | {figure.CpuSeconds * 1e9 / table.Events:N0} | {figure.Seconds:0.000} | {figure.CpuSeconds:0.000} | {figure.SilverBytes / 1e6:0.0} |"));
            }
        }

        return text.ToString();
    }

    private static string Cpu()
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
