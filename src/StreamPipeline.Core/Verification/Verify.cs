using System.Globalization;
using StreamPipeline.Core.Commit;
using StreamPipeline.Core.Lake;

namespace StreamPipeline.Core.Verification;

/// <summary>
/// Recounts a lake from its bronze, silver, quarantine, state and gold, and holds each against the others. Reads only. Memory is bounded by a slice of
/// <c>sliceRecords</c> records, the windows that are open at a time, and one name per file.
/// </summary>
/// <param name="pipeline">The pipeline that the lake was made with.</param>
/// <param name="state">The state table.</param>
/// <param name="objects">The lake.</param>
/// <param name="catalog">The stream's shards.</param>
/// <param name="sliceRecords">Records replayed at a time. Default 250,000; a slice has at least one batch of each shard.</param>
public sealed class Verify(Pipeline pipeline, IStateStore state, IObjectStore objects, StreamCatalog catalog, long sliceRecords = 250_000)
{
    private const int AttemptsMax = 3;

    /// <summary>Verifies. What a run commits meanwhile is left out; when it gets in the way all the same, the verification starts again.</summary>
    /// <param name="progress">Told now and then; null: nobody watches.</param>
    /// <param name="cancellation">Stops it; there is nothing to clean up.</param>
    /// <exception cref="InvalidDataException">A manifest or a head cannot be read at all; the message names it.</exception>
    public async Task<VerifyReport> Run(IProgress<VerifyProgress>? progress, CancellationToken cancellation)
    {
        for (var attempt = 1; ; attempt++)
        {
            var before = await Position(cancellation);
            var report = await new VerifyRun(pipeline, state, objects, catalog, sliceRecords, progress).Run(cancellation);
            if (report.IsOk || await Position(cancellation) == before)
            {
                return report;
            }

            if (attempt == AttemptsMax)
            {
                return report with { Notes = [.. report.Notes, "a run is active and changed the lake while it was verified: the differences may be its work; verify again when it is done"] };
            }
        }
    }

    /// <summary>Changes whenever a commit, a fold or a roll does something.</summary>
    private async Task<string> Position(CancellationToken cancellation)
    {
        var stream = pipeline.Settings.Stream;
        var parts = new List<string>();
        foreach (var shard in await catalog.Shards(cancellation))
        {
            // The item, not what is in it: that may be damaged.
            var head = await state.Read(StateKeys.ShardPk(stream, shard.Shard), StateKeys.Head, cancellation);
            parts.Add($"{shard.Shard} {head?.Attempt}");
        }

        string[] tables = [$"silver/{stream}", $"quarantine/{stream}", .. pipeline.Metrics.Metrics.Select(metric => $"gold/{metric.Name}")];
        foreach (var table in tables)
        {
            var snapshot = await new LakeTable(objects, table).Load(cancellation);
            parts.Add(string.Create(CultureInfo.InvariantCulture, $"{table} {snapshot.Version}"));
        }

        return string.Join('\n', parts);
    }
}
