namespace StreamPipeline.Lambda.Runtime;

/// <summary>One event that Lambda hands over.</summary>
/// <param name="RequestId">Of this try; a retry has another one.</param>
/// <param name="Deadline">When Lambda kills the process if there is no answer.</param>
/// <param name="TraceId">X-Ray's header value; null when tracing is off.</param>
/// <param name="FunctionArn">The function, version or alias that was invoked; null outside Lambda.</param>
/// <param name="Payload">The event. Valid until the next one is asked for: the buffer is used again.</param>
internal readonly record struct Invocation(
    string RequestId, DateTimeOffset Deadline, string? TraceId, string? FunctionArn, ReadOnlyMemory<byte> Payload);
