using StreamPipeline.Benchmarks.Stages;

namespace StreamPipeline.Benchmarks.Peers;

/// <summary>
/// One payload of 5 MB through processes that have done it before: for the product to a durable, committed batch (staged, not folded yet), for the others
/// to their files. DuckDB keeps its database open.
/// </summary>
internal static class WarmRace
{
    /// <summary>The JIT needs 30 calls for its best code.</summary>
    private const int WarmUps = 32;

    /// <param name="native">The executable; null: it is left out.</param>
    /// <param name="payload">A Lambda event.</param>
    /// <param name="rounds">Measured, odd.</param>
    /// <param name="folder">New folders are made in it.</param>
    /// <param name="progress">A line per contender.</param>
    /// <exception cref="InvalidOperationException">Two contenders found a different number of rows.</exception>
    public static async Task<List<PeerFigure>> Run(string? native, string payload, int rounds, string folder, TextWriter progress)
    {
        using var database = DuckDbJob.Open();
        using var consumer = new WarmConsumer(payload, New(folder, "warm-jit"));
        using var process = native is null ? null : new NativeJob(native);
        var (duckFolder, idiomaticFolder) = (New(folder, "warm-duckdb"), New(folder, "warm-idiomatic"));
        List<(string Name, Func<Task<(JobTime, long?)>> Run)> contenders =
        [
            (PeersRun.DuckDb, () => Here(() =>
            {
                DuckDbJob.FromPayloads(database, payload, duckFolder);
                return Task.FromResult<long?>(null);
            })),
            (PeersRun.Idiomatic, () => Here(async () =>
            {
                await IdiomaticJob.FromPayloads([payload], idiomaticFolder);
                return null;
            })),
            (PeersRun.Jit, () =>
            {
                consumer.Renew();
                return Here(async () => await consumer.Commit());
            }),
        ];
        if (process is not null)
        {
            await process.Tell("warm", payload, New(folder, "warm-native"));
            contenders.Add((PeersRun.Native, async () =>
            {
                var (time, _, rows) = await process.Tell("commit");
                return (time, rows);
            }));
        }

        var times = contenders.ConvertAll(_ => new List<JobTime>());
        var silver = new long?[contenders.Count];
        for (var round = -WarmUps; round < rounds; round++)
        {
            for (var i = 0; i < contenders.Count; i++)
            {
                GC.Collect();
                var (time, rows) = await contenders[i].Run();
                silver[i] = rows;
                if (round >= 0)
                {
                    times[i].Add(time);
                }
            }
        }

        var written = JobOutput.Read(Path.Combine(duckFolder, "silver.parquet"), Path.Combine(duckFolder, "by_site.parquet"), Path.Combine(duckFolder, "by_firmware.parquet")).Silver;
        foreach (var (contender, i) in contenders.Select((contender, i) => (contender.Name, i)))
        {
            await progress.WriteLineAsync($"warm: {contender} {Measured.Median(times[i].Select(time => time.CpuSeconds)):0.0000} s of processor time");
            if (silver[i] is { } rows && rows != written)
            {
                throw new InvalidOperationException($"{contender} has {rows} rows of silver, {PeersRun.DuckDb} {written}");
            }
        }

        return [.. contenders.Select((contender, i) => PeerFigure.Of(contender.Name, times[i], silver[i] ?? written, silverBytes: 0, output: null))];
    }

    private static async Task<(JobTime Time, long? SilverRows)> Here(Func<Task<long?>> job)
    {
        long? rows = null;
        var time = await JobTime.Of(async () =>
        {
            rows = await job();
            return null;
        });
        return (time, rows);
    }

    private static string New(string folder, string name) => Directory.CreateDirectory(Path.Combine(folder, name)).FullName;
}
