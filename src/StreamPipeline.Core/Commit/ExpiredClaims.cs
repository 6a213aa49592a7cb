using System.Globalization;
using System.Text;
using StreamPipeline.Core.Configuration;

namespace StreamPipeline.Core.Commit;

/// <summary>
/// Deletes the claims of <c>dedup.scope: stream</c> that have expired for every record that may still come, in stores that do not delete by the clock themselves. What is
/// expired for an arrival bars nobody who arrives then or later, whether it is there or not; and it is deleted only as it was judged, so a claim that takes its place stays.
/// <para>
/// Each pass reads all claims. So one is made only once a quarter of the horizon has gone by since the last: each claim is read some four times in its life, and at most a quarter
/// more are there than have to be.
/// </para>
/// </summary>
internal sealed class ExpiredClaims(Pipeline pipeline, IStateStore state, IAttemptIds attempts)
{
    private const int PassesPerHorizon = 4;

    private readonly string _stream = pipeline.Settings.Stream;

    /// <param name="untilUs">No record arrives before this, microseconds since the epoch.</param>
    /// <param name="dryRun">Only count.</param>
    /// <param name="cancellation">What was deleted stays deleted.</param>
    /// <returns>How many.</returns>
    public async Task<long> Delete(long untilUs, bool dryRun, CancellationToken cancellation)
    {
        if (pipeline.Settings.Dedup is not { Scope: DedupScope.Stream } dedup || untilUs <= 0)
        {
            return 0;
        }

        var pk = StateKeys.StreamPk(_stream);
        var passUs = dedup.Horizon.Ticks / TimeSpan.TicksPerMicrosecond / PassesPerHorizon;
        if (await state.Read(pk, StateKeys.ClaimsExpired, cancellation) is { } last && untilUs - UsOf(last) < passUs)
        {
            return 0;
        }

        long deleted = 0;
        for (var partition = 0; partition < StateKeys.ClaimPartitions; partition++)
        {
            if (await state.DeleteExpired(StateKeys.ClaimPk(_stream, (byte)partition), untilUs, dryRun, cancellation) is not { } expired)
            {
                return 0;
            }

            deleted += expired;
        }

        if (!dryRun)
        {
            var body = Encoding.UTF8.GetBytes(untilUs.ToString(CultureInfo.InvariantCulture));
            await state.Put([new StateItem(pk, StateKeys.ClaimsExpired, 1, attempts.Next(), body)], cancellation);
        }

        return deleted;
    }

    private static long UsOf(StateItem item) => long.TryParse(item.Body.Span, NumberStyles.None, CultureInfo.InvariantCulture, out var us)
        ? us
        : throw new InvalidDataException($"state item '{item.Pk}' / '{item.Sk}' is no time: delete it, and expired claims are looked for again");
}
