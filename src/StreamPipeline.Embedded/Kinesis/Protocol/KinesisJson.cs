using System.Text.Json.Serialization;

namespace StreamPipeline.Embedded.Kinesis.Protocol;

/// <summary>The JSON of requests and answers. The deepest request has three levels.</summary>
[JsonSourceGenerationOptions(DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull, MaxDepth = 16)]
[JsonSerializable(typeof(CreateStreamRequest))]
[JsonSerializable(typeof(StreamRequest))]
[JsonSerializable(typeof(DescribeStreamRequest))]
[JsonSerializable(typeof(ListStreamsRequest))]
[JsonSerializable(typeof(RetentionRequest))]
[JsonSerializable(typeof(ListShardsRequest))]
[JsonSerializable(typeof(SplitShardRequest))]
[JsonSerializable(typeof(MergeShardsRequest))]
[JsonSerializable(typeof(PutRecordRequest))]
[JsonSerializable(typeof(PutRecordsRequest))]
[JsonSerializable(typeof(GetShardIteratorRequest))]
[JsonSerializable(typeof(GetRecordsRequest))]
[JsonSerializable(typeof(NoAnswer))]
[JsonSerializable(typeof(FaultAnswer))]
[JsonSerializable(typeof(DescribeStreamAnswer))]
[JsonSerializable(typeof(DescribeStreamSummaryAnswer))]
[JsonSerializable(typeof(ListStreamsAnswer))]
[JsonSerializable(typeof(ListShardsAnswer))]
[JsonSerializable(typeof(PutRecordAnswer))]
[JsonSerializable(typeof(PutRecordsAnswer))]
[JsonSerializable(typeof(GetShardIteratorAnswer))]
[JsonSerializable(typeof(GetRecordsAnswer))]
internal sealed partial class KinesisJson : JsonSerializerContext;
