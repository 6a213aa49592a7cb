using StreamPipeline.Core.Decoding;
using StreamPipeline.Simulation.Tests.Oracle;

namespace StreamPipeline.Simulation.Tests.Source;

/// <summary>A shard of the simulated stream, with what the event source knows of it.</summary>
internal sealed class SourceShard(string id, IReadOnlyList<SourceShard> parents, int low, int high)
{
    private readonly List<SourceRecord> _records = [];
    private readonly Dictionary<string, int> _indexes = new(StringComparer.Ordinal);

    public string Id => id;

    public IReadOnlyList<SourceShard> Parents => parents;

    /// <summary>Takes the points of the hash range from this on.</summary>
    public int Low => low;

    /// <summary>Takes the points of the hash range below this.</summary>
    public int High => high;

    /// <summary>Judges the records as they are committed; null before the shard's first commit.</summary>
    public ShardOracle? Oracle { get; set; }

    public IReadOnlyList<SourceRecord> Records => _records;

    /// <summary>Split or merged: no further record comes.</summary>
    public bool Closed { get; set; }

    /// <summary>Records whose batches were answered: the checkpoint.</summary>
    public int Acked { get; set; }

    /// <summary>A child was read from already: this shard's reader is gone.</summary>
    public bool Finished { get; set; }

    /// <summary>The invocation whose answer moves the checkpoint.</summary>
    public Invocation? Active { get; set; }

    /// <summary>After a failed batch: half of it.</summary>
    public int NextSizeMax { get; set; } = int.MaxValue;

    /// <summary>A shard is read once its parents are read to their end.</summary>
    public bool Readable => Parents.All(parent => parent is { Closed: true, Active: null, HasMore: false } && parent.Readable);

    public bool HasMore => Acked < _records.Count;

    public int IndexOf(string sequence) => _indexes.GetValueOrDefault(sequence, -1);

    public void Accept(SourceRecord record)
    {
        _indexes.Add(record.Sequence.ToString(System.Globalization.CultureInfo.InvariantCulture), _records.Count);
        _records.Add(record);
    }

    public MicroBatch Batch(int from, int to) => new(
        id, [.. _records[from..to].Select(record => new StreamRecord(SequenceNumber.From(record.Sequence), record.Data, record.ArrivalUs))]);
}

/// <summary>A batch handed to a process; each invocation is itself, also when it is made twice.</summary>
internal sealed class Invocation(SourceShard shard, int from, int to, string process)
{
    public SourceShard Shard => shard;

    /// <summary>Index of the first record.</summary>
    public int From => from;

    /// <summary>Index behind the last record.</summary>
    public int To => to;

    public string Process => process;
}
