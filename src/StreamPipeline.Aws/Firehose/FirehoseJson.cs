using System.Text.Json.Serialization;
using Amazon.KinesisFirehose.Model;
using StreamPipeline.Aws.Json;

namespace StreamPipeline.Aws.Firehose;

/// <summary>The wire format, source-generated: nothing is found by reflection.</summary>
[JsonSourceGenerationOptions(DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull, Converters = [typeof(BlobConverter)])]
[JsonSerializable(typeof(PutRecordRequest))]
[JsonSerializable(typeof(PutRecordResponse))]
[JsonSerializable(typeof(PutRecordBatchRequest))]
[JsonSerializable(typeof(PutRecordBatchResponse))]
internal sealed partial class FirehoseJson : JsonSerializerContext;
