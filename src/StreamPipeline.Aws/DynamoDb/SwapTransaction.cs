using System.Globalization;
using System.IO.Hashing;
using System.Text;
using Amazon.DynamoDBv2;
using Amazon.DynamoDBv2.Model;
using StreamPipeline.Core.Commit;

namespace StreamPipeline.Aws.DynamoDb;

/// <summary>
/// The commit: one TransactWriteItems. A transaction that was applied is never reported as lost, since whoever hears that deletes what it wrote.
/// </summary>
/// <remarks>
/// <para>
/// The SDK repeats a call that got no answer, and by then its conditions fail: because of itself. Two things guard against that. Every swap has a
/// client request token of its own, under which DynamoDB answers a repetition with success for ten minutes. And when conditions fail the old
/// items come back: one that is what this swap would write proves that all of it was applied, since a transaction is
/// atomic and an attempt writes a version once. That holds for a process that was suspended for longer.
/// </para>
/// <para>
/// A transaction that was cancelled by a conflict with another one, or by a throttle, says nothing of the conditions, so it is repeated. The one that
/// it conflicted with has usually won by then, and the repetition says so.
/// </para>
/// </remarks>
internal sealed class SwapTransaction(IAmazonDynamoDB dynamo, string table, string instance, StateCalls calls, WriteUnitCounter units)
{
    /// <summary>https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html</summary>
    public const int WritesMax = 100;

    private const int BytesMax = 4 * 1_024 * 1_024;

    // A token has at most 36 characters: 22 for who, 14 for which.
    private readonly string _tokenPrefix = Convert.ToBase64String(XxHash128.Hash(Encoding.UTF8.GetBytes(instance)))[..22];
    private long _swaps;

    public async ValueTask<SwapOutcome> Run(IReadOnlyList<StateWrite> writes, CancellationToken cancellation)
    {
        Check(writes);
        if (writes.Count == 0)
        {
            return SwapOutcome.Committed;
        }

        var request = new TransactWriteItemsRequest
        {
            ClientRequestToken = string.Create(CultureInfo.InvariantCulture, $"{_tokenPrefix}{Interlocked.Increment(ref _swaps):x14}"),
            ReturnConsumedCapacity = ReturnConsumedCapacity.TOTAL,
            TransactItems = [.. writes.Select(write => new TransactWriteItem { Put = PutOf(write) })],
        };
        for (var failures = 1; ; failures++)
        {
            try
            {
                var response = await calls.Write("commit", () => dynamo.TransactWriteItemsAsync(request, cancellation), isRepeatable: false, cancellation);
                units.Add(response.ConsumedCapacity);
                return SwapOutcome.Committed;
            }
            catch (TransactionCanceledException cancelled)
            {
                var reasons = cancelled.CancellationReasons ?? [];
                if (reasons.Exists(reason => reason.Code == "ConditionalCheckFailed"))
                {
                    return IsOwn(writes, reasons) ? SwapOutcome.Committed : SwapOutcome.Lost;
                }

                await WaitFor(failures, reasons, cancelled, cancellation);
            }
        }
    }

    private async Task WaitFor(int failures, List<CancellationReason> reasons, TransactionCanceledException cancelled, CancellationToken cancellation)
    {
        // Only codes: the text of a reason may quote an item.
        var codes = string.Join(", ", reasons.Select(reason => reason.Code).Where(code => code is not (null or "None")).Distinct());
        if (reasons.Exists(reason => reason.Code is "TransactionConflict" or "ProvisionedThroughputExceeded" or "ThrottlingError"))
        {
            await calls.WaitOrGiveUp(failures, "commit", $"the transaction was cancelled each time: {codes}", cancellation);
            return;
        }

        throw new IOException($"cannot commit in table '{table}': the transaction was cancelled: {(codes.Length > 0 ? codes : "no reason given")}", cancelled);
    }

    private static bool IsOwn(IReadOnlyList<StateWrite> writes, List<CancellationReason> reasons)
    {
        for (var i = 0; i < Math.Min(writes.Count, reasons.Count); i++)
        {
            if (reasons[i].Item is { Count: > 0 } attributes && IsSame(StateAttributes.ToItem(attributes), writes[i].Item))
            {
                return true;
            }
        }

        return false;
    }

    private static bool IsSame(StateItem there, StateItem written) =>
        there.Attempt == written.Attempt && there.Version == written.Version && there.Body.Span.SequenceEqual(written.Body.Span);

    private static void Check(IReadOnlyList<StateWrite> writes)
    {
        if (writes.Count > WritesMax)
        {
            throw new ArgumentException($"a transaction of {writes.Count} writes; at most {WritesMax} are allowed", nameof(writes));
        }

        var keys = new HashSet<(string, string)>();
        var bytes = 0;
        foreach (var write in writes)
        {
            StateAttributes.Check(write.Item);
            bytes += StateAttributes.SizeOf(write.Item);
            if (!keys.Add((write.Item.Pk, write.Item.Sk)))
            {
                throw new ArgumentException($"a transaction writes '{write.Item.Pk}' / '{write.Item.Sk}' twice", nameof(writes));
            }
        }

        if (bytes > BytesMax)
        {
            throw new ArgumentException(
                string.Create(CultureInfo.InvariantCulture, $"a transaction of {bytes:N0} bytes; DynamoDB allows {BytesMax:N0}"), nameof(writes));
        }
    }

    private Put PutOf(StateWrite write)
    {
        var put = new Put
        {
            TableName = table,
            Item = StateAttributes.Of(write.Item),
            ReturnValuesOnConditionCheckFailure = ReturnValuesOnConditionCheckFailure.ALL_OLD,
        };
        if (write.ExpectedVersion is 0)
        {
            put.ConditionExpression = "attribute_not_exists(#pk)";
            put.ExpressionAttributeNames = new() { ["#pk"] = StateAttributes.Pk };
        }
        else if (write.ExpectedVersion is { } expected)
        {
            put.ConditionExpression = "#version = :expected";
            put.ExpressionAttributeNames = new() { ["#version"] = StateAttributes.Version };
            put.ExpressionAttributeValues = new() { [":expected"] = StateAttributes.Number(expected) };
        }

        return put;
    }
}
