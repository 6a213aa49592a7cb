using StreamPipeline.Core.Configuration;
using StreamPipeline.Core.Dedup;

namespace StreamPipeline.Cli.Commands;

/// <summary>Tells whether a stream's keys of one dedup horizon fit into what a shard remembers.</summary>
internal static class HorizonWarning
{
    /// <summary>Null when they fit.</summary>
    /// <param name="dedup">The horizon and the bound.</param>
    /// <param name="ratePerSecond">Events of the whole stream.</param>
    public static string? Of(DedupSettings dedup, double ratePerSecond)
    {
        var keys = Math.Ceiling(ratePerSecond * dedup.Horizon.TotalSeconds);
        if (keys <= dedup.KeysMax)
        {
            return null;
        }

        var seconds = Math.Floor(dedup.KeysMax / ratePerSecond);
        return FormattableString.Invariant(
            $"{ratePerSecond:#,0.##} events/s × dedup.horizon {dedup.Horizon.TotalSeconds:N0} s = {keys:N0} keys, dedup.maxKeys is {dedup.KeysMax:N0} per shard: on one shard copies are recognised for {seconds:N0} s only. Use at least {Math.Ceiling(keys / dedup.KeysMax):N0} shards, a shorter dedup.horizon, or a dedup.maxKeys of up to {SeenSet.KeysLimit:N0}");
    }
}
