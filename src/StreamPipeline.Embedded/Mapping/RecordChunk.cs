using StreamPipeline.Core.Decoding;

namespace StreamPipeline.Embedded.Mapping;

/// <summary>Consecutive records of one shard. Owner: the lane that receives it, which disposes it once every record of it is committed.</summary>
/// <param name="Records">Ascending by sequence number. The lane copies them: when the buffer is disposed the list may be filled again.</param>
/// <param name="Buffer">Keeps the records' bytes alive.</param>
internal readonly record struct RecordChunk(StreamRecords Records, IDisposable Buffer);
