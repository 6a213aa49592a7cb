using System.Text.Json;
using StreamPipeline.Embedded.Kinesis;

namespace StreamPipeline.Embedded.Tests.Kinesis;

/// <summary>Clients that are not ours: what they send and expect is what AWS made them for.</summary>
public sealed class ProducerTests
{
    private const string Python =
        """
        import boto3, json, sys
        from botocore.config import Config
        kinesis = boto3.client('kinesis', endpoint_url=sys.argv[1], config=Config(retries={'max_attempts': 0}))
        kinesis.create_stream(StreamName='s', ShardCount=2)
        kinesis.get_waiter('stream_exists').wait(StreamName='s')
        sent = [f'{{"n":{i}}}' for i in range(900)]
        for start in range(0, 900, 300):
            records = [dict(PartitionKey=f'key {i}', Data=sent[i]) for i in range(start, start + 300)]
            assert kinesis.put_records(StreamName='s', Records=records)['FailedRecordCount'] == 0
            if start == 0:
                shard = kinesis.list_shards(StreamName='s')['Shards'][1]
                middle = (int(shard['HashKeyRange']['StartingHashKey']) + int(shard['HashKeyRange']['EndingHashKey'])) // 2
                kinesis.split_shard(StreamName='s', ShardToSplit=shard['ShardId'], NewStartingHashKey=str(middle))
            if start == 300:
                kinesis.merge_shards(StreamName='s', ShardToMerge='shardId-000000000000', AdjacentShardToMerge='shardId-000000000002')
        got, closed, stamps = [], [], set()
        def shards():
            page = kinesis.list_shards(StreamName='s', MaxResults=2)
            yield from page['Shards']
            while 'NextToken' in page:
                page = kinesis.list_shards(NextToken=page['NextToken'], MaxResults=2)
                yield from page['Shards']
        for shard in shards():
            iterator = kinesis.get_shard_iterator(StreamName='s', ShardId=shard['ShardId'], ShardIteratorType='TRIM_HORIZON')['ShardIterator']
            last = 0
            while iterator:
                answer = kinesis.get_records(ShardIterator=iterator, Limit=200)
                for record in answer['Records']:
                    assert int(record['SequenceNumber']) > last
                    last = int(record['SequenceNumber'])
                    got.append(record['Data'].decode())
                    stamps.add(record['ApproximateArrivalTimestamp'].isoformat())
                iterator = answer.get('NextShardIterator')
                if iterator is None:
                    closed.append([shard['ShardId'], [child['ShardId'] for child in answer['ChildShards']]])
                elif answer['MillisBehindLatest'] == 0:
                    break
        errors = []
        for call in (lambda: kinesis.create_stream(StreamName='s', ShardCount=1),
                     lambda: kinesis.put_record(StreamName='none', PartitionKey='k', Data=b'x'),
                     lambda: kinesis.get_records(ShardIterator='nonsense')):
            try:
                call()
            except kinesis.exceptions.ClientError as error:
                errors.append(type(error).__name__)
        summary = kinesis.describe_stream_summary(StreamName='s')['StreamDescriptionSummary']
        print(json.dumps(dict(same=sorted(got) == sorted(sent), closed=closed, errors=errors, open=summary['OpenShardCount'], stamps=len(stamps))))
        """;

    [Fact]
    public async Task Boto3_creates_a_stream_writes_reshards_and_reads_all_of_it()
    {
        await ExternalTool.Require("needs python3 with boto3 (pip install boto3)", "python3", "-c", "import boto3");
        await using var kinesis = await LocalKinesis.Start(isThrottled: false);
        using var result = JsonDocument.Parse(await ExternalTool.Run("python3", "-c", Python, kinesis.Uri.ToString()));
        Assert.Equal(
            """{"same": true, "closed": [["shardId-000000000000", ["shardId-000000000004"]], ["shardId-000000000001", ["shardId-000000000002", "shardId-000000000003"]], ["shardId-000000000002", ["shardId-000000000004"]]], "errors": ["ResourceInUseException", "ResourceNotFoundException", "InvalidArgumentException"], "open": 2, "stamps": 1}""",
            result.RootElement.GetRawText());
    }

    [Fact]
    public async Task The_AWS_CLI_puts_records_and_lists_streams()
    {
        await ExternalTool.Require("needs the AWS CLI (pip install awscli)", "aws", "--version");
        await using var kinesis = await LocalKinesis.Start(streams: new InitialStream("flights", 1));
        var isVersion1 = (await ExternalTool.Run("aws", "--version")).StartsWith("aws-cli/1", StringComparison.Ordinal);
        string[] raw = isVersion1 ? [] : ["--cli-binary-format", "raw-in-base64-out"];
        var put = await ExternalTool.Run(
        [
            "aws", "kinesis", "put-records", "--endpoint-url", kinesis.Uri.ToString(), "--stream-name", "flights", .. raw,
            "--records", """[{"PartitionKey":"k1","Data":"{\"id\":1}"},{"PartitionKey":"k2","Data":"{\"id\":2}"}]""", "--query", "FailedRecordCount",
        ]);
        Assert.Equal("0", put.Trim());
        Assert.Equal(["{\"id\":1}", "{\"id\":2}"], (await kinesis.Read("flights", "shardId-000000000000")).Select(LocalKinesis.Text));
        var streams = await ExternalTool.Run("aws", "kinesis", "list-streams", "--endpoint-url", kinesis.Uri.ToString(), "--query", "StreamNames", "--output", "text");
        Assert.Equal("flights", streams.Trim());
    }
}
