using System.Text.Json.Serialization;
using Amazon.Kinesis;
using Amazon.Kinesis.Model;
using StreamPipeline.Aws.Json;

namespace StreamPipeline.Aws.Kinesis;

/// <summary>The wire format, source-generated: nothing is found by reflection.</summary>
[JsonSourceGenerationOptions(
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    Converters = [
        typeof(BlobConverter), typeof(EpochSecondsConverter),
        typeof(ShardIteratorTypeConverter),
        typeof(ShardFilterTypeConverter),
        typeof(StreamStatusConverter),
        typeof(StreamModeConverter),
        typeof(EncryptionTypeConverter)
    ])]
[JsonSerializable(typeof(CreateStreamRequest))]
[JsonSerializable(typeof(DeleteStreamRequest))]
[JsonSerializable(typeof(DescribeStreamSummaryRequest))]
[JsonSerializable(typeof(DescribeStreamSummaryResponse))]
[JsonSerializable(typeof(GetRecordsRequest))]
[JsonSerializable(typeof(GetRecordsResponse))]
[JsonSerializable(typeof(GetShardIteratorRequest))]
[JsonSerializable(typeof(GetShardIteratorResponse))]
[JsonSerializable(typeof(ListShardsRequest))]
[JsonSerializable(typeof(ListShardsResponse))]
[JsonSerializable(typeof(MergeShardsRequest))]
[JsonSerializable(typeof(PutRecordRequest))]
[JsonSerializable(typeof(PutRecordResponse))]
[JsonSerializable(typeof(PutRecordsRequest))]
[JsonSerializable(typeof(PutRecordsResponse))]
[JsonSerializable(typeof(SplitShardRequest))]
internal sealed partial class KinesisJson : JsonSerializerContext;

internal sealed class ShardIteratorTypeConverter() : ConstantConverter<ShardIteratorType>(ShardIteratorType.FindValue);

internal sealed class ShardFilterTypeConverter() : ConstantConverter<ShardFilterType>(ShardFilterType.FindValue);

internal sealed class StreamStatusConverter() : ConstantConverter<StreamStatus>(StreamStatus.FindValue);

internal sealed class StreamModeConverter() : ConstantConverter<StreamMode>(StreamMode.FindValue);

internal sealed class EncryptionTypeConverter() : ConstantConverter<EncryptionType>(EncryptionType.FindValue);
