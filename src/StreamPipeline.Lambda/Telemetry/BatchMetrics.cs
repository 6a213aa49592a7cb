using System.Buffers;
using System.Text.Json;
using StreamPipeline.Core.Commit;

namespace StreamPipeline.Lambda.Telemetry;

/// <summary>
/// What one invocation of the consumer did, as one line of CloudWatch's embedded metric format: metrics without a call, extracted from the log.
/// Namespace <c>StreamPipeline</c>, dimension <c>Stream</c>; shard, function and request id are properties of the line, to search by, since each value of a
/// dimension is billed as metrics of its own. Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
/// Owner: the consume function, which reuses it; not thread-safe.
/// </summary>
internal sealed class BatchMetrics(string stream, string function, TimeProvider time)
{
    public const string Namespace = "StreamPipeline";

    private readonly ArrayBufferWriter<byte> _line = new(2048);
    private readonly List<(string Name, string Unit, double Value)> _metrics = new(32);
    private readonly List<string> _shards = [];
    private readonly double[] _stagesMs = new double[Enum.GetValues<BatchStage>().Length];
    private Counts _counts;
    private long _records;
    private long _bytes;
    private long _replayed;
    private int _uncommitted;
    private double? _score;
    private long _lastArrivalUs;
    private long _watermarkUs;

    /// <summary>Forgets the last invocation.</summary>
    public void Begin()
    {
        _shards.Clear();
        Array.Clear(_stagesMs);
        (_counts, _records, _bytes, _replayed, _uncommitted, _score) = (default, 0, 0, 0, 0, null);
        (_lastArrivalUs, _watermarkUs) = (long.MinValue, long.MaxValue);
    }

    public void Add(string shard, int records, long bytes, long lastArrivalUs)
    {
        _shards.Add(shard);
        _records += records;
        _bytes += bytes;
        _lastArrivalUs = Math.Max(_lastArrivalUs, lastArrivalUs);
    }

    public void Committed(in BatchReport report, ShardHead? head)
    {
        _counts += report.Counts;
        _replayed += report.Replayed;
        if (report.Batch?.Score is { } score)
        {
            // Of several shards the worst: an alarm is to see it.
            _score = Math.Min(_score ?? double.MaxValue, score);
        }

        if (head is { WatermarkUs: > long.MinValue })
        {
            _watermarkUs = Math.Min(_watermarkUs, head.WatermarkUs);
        }
    }

    public void NotCommitted() => _uncommitted++;

    public void Took(StageTimes times)
    {
        for (var stage = 0; stage < _stagesMs.Length; stage++)
        {
            _stagesMs[stage] += times.MillisecondsOf((BatchStage)stage);
        }
    }

    /// <summary>Writes the line.</summary>
    /// <param name="output">Standard output of the function.</param>
    /// <param name="requestId">Of the invocation.</param>
    /// <param name="writeUnits">DynamoDB write units used; null when they are not known.</param>
    public void Write(Stream output, string requestId, double? writeUnits)
    {
        var now = time.GetUtcNow();
        Collect(writeUnits, (now - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond);
        _line.ResetWrittenCount();
        using (var json = new Utf8JsonWriter(_line))
        {
            json.WriteStartObject();
            WriteDirective(json, now);
            json.WriteString("Stream"u8, stream);
            json.WriteString("Function"u8, function);
            json.WriteString("Shard"u8, string.Join(',', _shards));
            json.WriteString("RequestId"u8, requestId);
            foreach (var (name, _, value) in _metrics)
            {
                json.WriteNumber(name, value);
            }

            json.WriteEndObject();
        }

        _line.Write("\n"u8);
        output.Write(_line.WrittenSpan);
        output.Flush();
    }

    private void Collect(double? writeUnits, long nowUs)
    {
        _metrics.Clear();
        _metrics.Add(("Records", "Count", _records));
        _metrics.Add(("Bytes", "Bytes", _bytes));
        _metrics.Add(("Events", "Count", _counts.Records));
        _metrics.Add(("Silver", "Count", _counts.Silver));
        _metrics.Add(("Duplicates", "Count", _counts.Duplicates));
        _metrics.Add(("Quarantined", "Count", _counts.Quarantined));
        _metrics.Add(("Late", "Count", _counts.Late));
        _metrics.Add(("Replayed", "Count", _replayed));
        _metrics.Add(("UncommittedBatches", "Count", _uncommitted));
        Add("Score", "None", _score);
        Add("WriteUnits", "Count", writeUnits);
        Add("LagMs", "Milliseconds", _lastArrivalUs == long.MinValue ? null : (nowUs - _lastArrivalUs) / 1000.0);
        Add("WatermarkAgeMs", "Milliseconds", _watermarkUs == long.MaxValue ? null : (nowUs - _watermarkUs) / 1000.0);
        for (var stage = 0; stage < _stagesMs.Length; stage++)
        {
            _metrics.Add(((BatchStage)stage + "Ms", "Milliseconds", Math.Round(_stagesMs[stage], 3)));
        }
    }

    /// <summary>A metric that is not known is left out: a 0 would be a measurement.</summary>
    private void Add(string name, string unit, double? value)
    {
        if (value is { } known && double.IsFinite(known))
        {
            _metrics.Add((name, unit, known));
        }
    }

    private void WriteDirective(Utf8JsonWriter json, DateTimeOffset now)
    {
        json.WriteStartObject("_aws"u8);
        json.WriteNumber("Timestamp"u8, now.ToUnixTimeMilliseconds());
        json.WriteStartArray("CloudWatchMetrics"u8);
        json.WriteStartObject();
        json.WriteString("Namespace"u8, Namespace);
        json.WriteStartArray("Dimensions"u8);
        json.WriteStartArray();
        json.WriteStringValue("Stream"u8);
        json.WriteEndArray();
        json.WriteEndArray();
        json.WriteStartArray("Metrics"u8);
        foreach (var (name, unit, _) in _metrics)
        {
            json.WriteStartObject();
            json.WriteString("Name"u8, name);
            json.WriteString("Unit"u8, unit);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
        json.WriteEndArray();
        json.WriteEndObject();
    }
}
