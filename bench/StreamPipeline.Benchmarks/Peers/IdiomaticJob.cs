using System.IO.Compression;
using System.Runtime.InteropServices;
using System.Text.Json;
using Parquet;
using Parquet.Serialization;
using StreamPipeline.Benchmarks.Baselines;

namespace StreamPipeline.Benchmarks.Peers;

/// <summary>The whole job as one writes it in .NET: source-generated objects, a HashSet, a Dictionary, and Parquet.Net's class serializer.</summary>
internal static class IdiomaticJob
{
    private const int GroupRows = 131_072;

    public static async Task FromLines(string file, string output)
    {
        var job = new Job();
        await using (job.Open(output))
        {
            await using var input = File.OpenRead(file);
            using var lines = new StreamReader(input);
            while (await lines.ReadLineAsync() is { } line)
            {
                await job.Add(Read(line));
            }

            await job.Finish(output);
        }
    }

    public static async Task FromPayloads(IEnumerable<string> files, string output)
    {
        var job = new Job();
        await using (job.Open(output))
        {
            foreach (var file in files)
            {
                var read = JsonSerializer.Deserialize(await File.ReadAllBytesAsync(file), EventJson.Default.KinesisEvent)!;
                foreach (var record in read.Records)
                {
                    await job.Add(PocoDecoder.ReadIot(record.Kinesis.Data));
                }
            }

            await job.Finish(output);
        }
    }

    /// <summary>Parquet.Net's own default is zstd 19, which would make this a comparison with a setting nobody should use.</summary>
    private static ParquetOptions Options(bool append) =>
        new() { CompressionMethod = CompressionMethod.Zstd, CompressionLevel = CompressionLevel.Fastest, Append = append, RowGroupSize = GroupRows };

    private static IotEvent? Read(string line)
    {
        try
        {
            var read = JsonSerializer.Deserialize(line, EventJson.Default.IotEvent);
            return read is { Device: not null, IsValid: true } ? read : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private sealed class Job
    {
        private readonly HashSet<Guid> _seen = [];
        private readonly List<IotEvent> _rows = [];
        private readonly Dictionary<(DateTime Minute, string Site), SiteMinute> _sites = [];
        private readonly Dictionary<(DateTime Minute, string Firmware), FirmwareMinute> _firmware = [];
        private FileStream? _silver;
        private bool _append;

        public FileStream Open(string output) => _silver = File.Create(Path.Combine(output, "silver.parquet"));

        public async ValueTask Add(IotEvent? read)
        {
            if (read is null || !_seen.Add(read.EventId))
            {
                return;
            }

            var minute = new DateTime(read.MeasuredAt.Ticks - (read.MeasuredAt.Ticks % TimeSpan.TicksPerMinute), DateTimeKind.Utc);
            ref var site = ref CollectionsMarshal.GetValueRefOrAddDefault(_sites, (minute, read.Device.Site), out _);
            site ??= new SiteMinute { WindowStart = minute, Site = read.Device.Site, TemperatureMax = double.MinValue };
            site.Events++;
            site.TemperatureSum += read.Temperature;
            site.TemperatureMax = Math.Max(site.TemperatureMax, read.Temperature);
            ref var firmware = ref CollectionsMarshal.GetValueRefOrAddDefault(_firmware, (minute, read.Device.Firmware), out _);
            firmware ??= new FirmwareMinute { WindowStart = minute, Firmware = read.Device.Firmware };
            firmware.Events++;
            firmware.HumiditySum += read.Humidity;
            firmware.BatteryMin = read.Battery is { } battery ? Math.Min(battery, firmware.BatteryMin ?? battery) : firmware.BatteryMin;
            _rows.Add(read);
            if (_rows.Count == GroupRows)
            {
                await Flush();
            }
        }

        public async Task Finish(string output)
        {
            await Flush();
            await using var sites = File.Create(Path.Combine(output, "by_site.parquet"));
            await ParquetSerializer.SerializeAsync(_sites.Values, sites, Options(append: false));
            await using var firmware = File.Create(Path.Combine(output, "by_firmware.parquet"));
            await ParquetSerializer.SerializeAsync(_firmware.Values, firmware, Options(append: false));
        }

        private async Task Flush()
        {
            await ParquetSerializer.SerializeAsync(_rows, _silver!, Options(_append));
            _append = true;
            _rows.Clear();
        }
    }
}
