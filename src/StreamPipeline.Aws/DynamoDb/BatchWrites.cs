using Amazon.DynamoDBv2;
using Amazon.DynamoDBv2.Model;

namespace StreamPipeline.Aws.DynamoDb;

/// <summary>Unconditional puts and deletes in calls of 25. What a call leaves unprocessed, because of a throttle, is sent again.</summary>
internal sealed class BatchWrites(IAmazonDynamoDB dynamo, string table, StateCalls calls, WriteUnitCounter units)
{
    // https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchWriteItem.html; 25 items of 400 KB are below its 16 MB.
    private const int RequestsMax = 25;

    /// <param name="what">For people.</param>
    /// <param name="writes">With their keys: DynamoDB takes a key once per call, so one that comes again starts another call, in order.</param>
    /// <param name="cancellation">Cancels the call and the waits.</param>
    public async ValueTask Write(string what, IEnumerable<((string Pk, string Sk) Key, WriteRequest Request)> writes, CancellationToken cancellation)
    {
        var chunk = new List<WriteRequest>(RequestsMax);
        var keys = new HashSet<(string, string)>(RequestsMax);
        foreach (var (key, request) in writes)
        {
            if (chunk.Count == RequestsMax || !keys.Add(key))
            {
                await Send(what, chunk, cancellation);
                chunk = new List<WriteRequest>(RequestsMax);
                keys.Clear();
                keys.Add(key);
            }

            chunk.Add(request);
        }

        if (chunk.Count > 0)
        {
            await Send(what, chunk, cancellation);
        }
    }

    private async ValueTask Send(string what, List<WriteRequest> left, CancellationToken cancellation)
    {
        for (var failures = 0; left.Count > 0;)
        {
            var request = new BatchWriteItemRequest
            {
                RequestItems = new Dictionary<string, List<WriteRequest>> { [table] = left },
                ReturnConsumedCapacity = ReturnConsumedCapacity.TOTAL,
            };

            // To write the same under the same names again changes nothing.
            var response = await calls.Write(what, () => dynamo.BatchWriteItemAsync(request, cancellation), isRepeatable: true, cancellation);
            units.Add(response.ConsumedCapacity);
            var unprocessed = response.UnprocessedItems?.Values.SelectMany(requests => requests).ToList() ?? [];
            if (unprocessed.Count > 0)
            {
                failures = unprocessed.Count < left.Count ? 1 : failures + 1;
                await calls.WaitOrGiveUp(
                    failures, what, $"{unprocessed.Count} items are left unprocessed: the table is throttled (raise its capacity, or make it on-demand)", cancellation);
            }

            left = unprocessed;
        }
    }
}
