namespace StreamPipeline.Cli.Put;

/// <summary>What became of the lines so far. Every line that was read is sent, unsendable or failed.</summary>
internal sealed class PutTally
{
    /// <summary>Lines that a shard has taken.</summary>
    public long Sent { get; set; }

    /// <summary>Lines that no stream takes: too large.</summary>
    public long Unsendable { get; set; }

    /// <summary>Lines that were turned away until the retries were used up, or had no answer when the command was interrupted.</summary>
    public long Failed { get; set; }

    /// <summary>Bytes of the lines sent.</summary>
    public long Bytes { get; set; }

    /// <summary>Kinesis records that were taken: fewer than lines when aggregated.</summary>
    public long KinesisRecords { get; set; }

    public long Calls { get; set; }

    /// <summary>Records sent again because a shard was throttled or a call had no answer, once per time.</summary>
    public long Retried { get; set; }

    public long Records => Sent + Unsendable + Failed;
}
