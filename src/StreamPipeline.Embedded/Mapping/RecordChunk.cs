using StreamPipeline.Core.Decoding;

namespace StreamPipeline.Embedded.Mapping;

/// <summary>Consecutive records of one shard. Owner: the lane that receives it, which disposes it once every record of it is committed.</summary>
/// <param name="Records">Ascending by sequence number. The list may be filled again when the buffer is disposed.</param>
/// <param name="Buffer">Keeps the records and their bytes alive.</param>
internal readonly record struct RecordChunk(StreamRecords Records, IDisposable Buffer);
