using StreamPipeline.Benchmarks.Stages;

namespace StreamPipeline.Benchmarks.Peers;

/// <summary>Who does the job: the executable of a <see cref="PeerServer"/>.</summary>
/// <param name="Name">As in the table.</param>
/// <param name="Executable">Its path.</param>
/// <param name="Arguments">Of it.</param>
/// <param name="Tables">Below its output: globs of silver, of the metric by site, of the metric by firmware.</param>
internal sealed record Contender(string Name, string Executable, IReadOnlyList<string> Arguments, (string Silver, string Sites, string Firmware) Tables)
{
    private static readonly (string, string, string) _files = ("silver.parquet", "by_site.parquet", "by_firmware.parquet");
    private static readonly (string, string, string) _lake = ("silver/iot/data/**/*.parquet", "gold/by_site/data/**/*.parquet", "gold/by_firmware/data/**/*.parquet");

    /// <summary>All of them, DuckDB first.</summary>
    /// <param name="native">The folder with the native executable; without one in it there is no such contender.</param>
    public static List<Contender> All(string native)
    {
        List<Contender> contenders =
        [
            InThisProgram("DuckDB, threads = 1", "duckdb", _files),
            InThisProgram("idiomatic .NET", "idiomatic", _files),
            InThisProgram("StreamPipeline, JIT", "product", _lake),
        ];
        if (Native(native) is { } contender)
        {
            contenders.Add(contender);
            contenders.Add(contender with { Name = contender.Name + ", without bronze", Arguments = [ProductPeer.WithoutBronze] });
        }

        return contenders;
    }

    /// <summary>Null when it has not been published.</summary>
    public static Contender? Native(string folder)
    {
        var file = Path.Combine(folder, "StreamPipeline.Benchmarks.Native");
        return File.Exists(file) ? new Contender("StreamPipeline, Native AOT", file, [], _lake) : null;
    }

    /// <summary>Null, or that the native executable was published before the product beside this program was built, so that its figures may be of another version.</summary>
    public static string? NativeIsOld(string folder)
    {
        var published = File.GetLastWriteTimeUtc(Path.Combine(folder, "StreamPipeline.Benchmarks.Native"));
        var built = new[] { typeof(Core.Pipeline), typeof(Embedded.SqliteStateStore) }.Max(type => File.GetLastWriteTimeUtc(type.Assembly.Location));
        return Native(folder) is null || published >= built
            ? null
            : $"Native AOT was published {published:u}, before this build of {built:u}, and may be another version: dotnet publish -c Release bench/StreamPipeline.Benchmarks.Native -o {folder}";
    }

    /// <summary>What <c>serve</c> serves.</summary>
    public static IPeer Peer(string name) => name switch
    {
        "duckdb" => new DuckDbPeer(),
        "idiomatic" => new IdiomaticPeer(),
        "product" => new ProductPeer(bronze: true),
        _ => throw new ArgumentException($"'{name}' is no peer"),
    };

    private static Contender InThisProgram(string name, string peer, (string, string, string) tables) =>
        new(name, Path.ChangeExtension(typeof(Contender).Assembly.Location, null), ["serve", peer], tables);
}

/// <summary>What a run took.</summary>
/// <param name="Seconds">From start to end.</param>
/// <param name="CpuSeconds">Processor time of all threads.</param>
/// <param name="PeakBytes">The most memory that the process had resident so far.</param>
internal readonly record struct JobTime(double Seconds, double CpuSeconds, long PeakBytes);

/// <summary>The figures of a contender.</summary>
/// <param name="Name">As in the table.</param>
/// <param name="Seconds">Median.</param>
/// <param name="CpuSeconds">Median; what the ratios are made of.</param>
/// <param name="PeakBytes">The most memory that was resident.</param>
/// <param name="SilverRows">Rows of silver.</param>
/// <param name="SilverBytes">Size of the silver files; 0 when they are not written yet.</param>
/// <param name="Output">What it wrote; null when it is not in tables yet.</param>
internal sealed record PeerFigure(string Name, double Seconds, double CpuSeconds, long PeakBytes, long SilverRows, long SilverBytes, JobOutput? Output)
{
    public static PeerFigure Of(string name, IReadOnlyList<JobTime> rounds, long silverRows, long silverBytes, JobOutput? output) => new(
        name,
        Measured.Median(rounds.Select(time => time.Seconds)),
        Measured.Median(rounds.Select(time => time.CpuSeconds)),
        rounds.Max(time => time.PeakBytes),
        silverRows,
        silverBytes,
        output);
}
