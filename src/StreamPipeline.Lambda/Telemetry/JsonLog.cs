using System.Buffers;
using System.Text.Json;

namespace StreamPipeline.Lambda.Telemetry;

/// <summary>
/// Structured logs, one JSON object a line: <c>timestamp, level, event, id, message, requestId</c> and what belongs to the event. The ids are stable: alarms
/// and queries rely on them. Never a record's content, never a key.
/// </summary>
internal sealed class JsonLog(Stream output, TimeProvider time)
{
    private readonly ArrayBufferWriter<byte> _line = new(512);
    private readonly Lock _lock = new();

    /// <summary>The invocation that is going on.</summary>
    public string? RequestId { get; set; }

    public void Started(string function, string stream) =>
        Write("INFO", 1000, "started", $"function '{function}' serves stream '{stream}'", error: null);

    public void ShardRegistered(string shard, int parents) =>
        Write("INFO", 1001, "shard_registered", $"shard {shard} is new to the lake and has {parents} parents", error: null);

    public void BatchNotCommitted(string shard, string fromSequence, Exception error) =>
        Write("ERROR", 1002, "batch_not_committed", $"shard {shard}: nothing from sequence number {fromSequence} on is committed; Lambda delivers it again", error);

    public void StoppedBeforeDeadline(string what) =>
        Write("WARN", 1003, "stopped_before_deadline", $"{what} stopped before the deadline; what is committed stays, the next invocation goes on", error: null);

    public void BatchGated(string shard, long generation, double score) =>
        Write("WARN", 1004, "batch_gated", $"batch {generation} of shard {shard} has score {score:0.####} and was quarantined whole", error: null);

    public void InvocationFailed(Exception error) => Write("ERROR", 1005, "invocation_failed", "the invocation failed", error);

    public void InitFailed(string message) => Write("ERROR", 1006, "init_failed", message, error: null);

    private void Write(string level, int id, string name, string message, Exception? error)
    {
        lock (_lock)
        {
            _line.ResetWrittenCount();
            using (var json = new Utf8JsonWriter(_line))
            {
                json.WriteStartObject();
                json.WriteString("timestamp"u8, time.GetUtcNow());
                json.WriteString("level"u8, level);
                json.WriteString("event"u8, name);
                json.WriteNumber("id"u8, id);
                json.WriteString("message"u8, message);
                if (RequestId is { } requestId)
                {
                    json.WriteString("requestId"u8, requestId);
                }

                if (error is not null)
                {
                    json.WriteString("errorType"u8, error.GetType().Name);
                    json.WriteString("error"u8, error.Message);
                    json.WriteString("stackTrace"u8, error.StackTrace);
                }

                json.WriteEndObject();
            }

            _line.Write("\n"u8);
            output.Write(_line.WrittenSpan);
            output.Flush();
        }
    }
}
