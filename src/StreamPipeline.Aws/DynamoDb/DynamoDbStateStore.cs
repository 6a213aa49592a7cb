using System.Runtime.CompilerServices;
using Amazon.DynamoDBv2;
using Amazon.DynamoDBv2.Model;
using StreamPipeline.Aws.Retrying;
using StreamPipeline.Core.Commit;

namespace StreamPipeline.Aws.DynamoDb;

/// <summary>
/// The state table in DynamoDB: one table with the string keys <c>pk</c> and <c>sk</c>, and TTL on the attribute <c>expires</c>. Reads are strongly
/// consistent. Safe for several threads.
/// </summary>
/// <remarks>Sort keys come in the order of their UTF-8 bytes, which is the ordinal order of .NET for all characters below U+10000.</remarks>
public sealed class DynamoDbStateStore : IStateStore
{
    // A claim is a call of its own; this many are under way at once.
    private const int ClaimsAtOnce = 32;

    private readonly IAmazonDynamoDB _dynamo;
    private readonly string _table;
    private readonly StateCalls _calls;
    private readonly WriteUnitCounter _units = new();
    private readonly BatchWrites _batches;
    private readonly SwapTransaction _swaps;

    /// <param name="dynamo">Not disposed here. Its timeout and retries bound a call.</param>
    /// <param name="table">Name or ARN.</param>
    /// <param name="instance">Not used by any other store, ever: an attempt id. Transactions are told apart by it.</param>
    /// <param name="backoff">Bounds how long throttles are waited out.</param>
    public DynamoDbStateStore(IAmazonDynamoDB dynamo, string table, string instance, Backoff backoff)
    {
        ArgumentException.ThrowIfNullOrEmpty(table);
        ArgumentException.ThrowIfNullOrEmpty(instance);
        _dynamo = dynamo;
        _table = table;
        _calls = new StateCalls(table, backoff);
        _batches = new BatchWrites(dynamo, table, _calls, _units);
        _swaps = new SwapTransaction(dynamo, table, instance, _calls, _units);
    }

    /// <summary>
    /// Write units consumed by this store so far, as DynamoDB reported them. Those of writes whose condition failed are not reported, and not in it.
    /// </summary>
    public double WriteUnits => _units.Total;

    /// <inheritdoc/>
    public async ValueTask<StateItem?> Read(string pk, string sk, CancellationToken cancellation)
    {
        StateAttributes.CheckKey(pk, sk);
        var request = new GetItemRequest { TableName = _table, Key = StateAttributes.Key(pk, sk), ConsistentRead = true };
        var response = await _calls.Read("read state", () => _dynamo.GetItemAsync(request, cancellation), cancellation);
        return response.Item is { Count: > 0 } item ? StateAttributes.ToItem(item) : null;
    }

    /// <inheritdoc/>
    public async IAsyncEnumerable<StateItem> Query(
        string pk, string skFrom, string skTo, [EnumeratorCancellation] CancellationToken cancellation)
    {
        if (string.CompareOrdinal(skFrom, skTo) >= 0)
        {
            yield break;
        }

        var request = QueryOf(pk, skFrom, skTo);
        do
        {
            var page = await _calls.Read("query state", () => _dynamo.QueryAsync(request, cancellation), cancellation);
            foreach (var attributes in page.Items ?? [])
            {
                // BETWEEN has both ends, and a key condition cannot leave one out.
                if (StateAttributes.ToItem(attributes) is var item && item.Sk != skTo)
                {
                    yield return item;
                }
            }

            request.ExclusiveStartKey = page.LastEvaluatedKey;
        }
        while (request.ExclusiveStartKey is { Count: > 0 });
    }

    /// <inheritdoc/>
    public ValueTask Put(IReadOnlyList<StateItem> items, CancellationToken cancellation)
    {
        foreach (var item in items)
        {
            StateAttributes.Check(item);
        }

        return _batches.Write(
            "write state",
            items.Select(item => ((item.Pk, item.Sk), new WriteRequest { PutRequest = new PutRequest { Item = StateAttributes.Of(item) } })),
            cancellation);
    }

    /// <inheritdoc/>
    public ValueTask<SwapOutcome> Swap(IReadOnlyList<StateWrite> writes, CancellationToken cancellation) => _swaps.Run(writes, cancellation);

    /// <inheritdoc/>
    public async ValueTask<IReadOnlyList<StateItem?>> Claim(IReadOnlyList<StateClaim> claims, CancellationToken cancellation)
    {
        foreach (var claim in claims)
        {
            StateAttributes.Check(claim.Item);
        }

        var holders = new StateItem?[claims.Count];
        await Parallel.ForAsync(
            0,
            claims.Count,
            new ParallelOptions { MaxDegreeOfParallelism = ClaimsAtOnce, CancellationToken = cancellation },
            async (i, token) => holders[i] = await Claim(claims[i], token));
        return holders;
    }

    /// <inheritdoc/>
    public ValueTask Delete(IReadOnlyList<(string Pk, string Sk)> keys, CancellationToken cancellation)
    {
        foreach (var (pk, sk) in keys)
        {
            StateAttributes.CheckKey(pk, sk);
        }

        return _batches.Write(
            "delete state",
            keys.Select(key => (key, new WriteRequest { DeleteRequest = new DeleteRequest { Key = StateAttributes.Key(key.Pk, key.Sk) } })),
            cancellation);
    }

    private QueryRequest QueryOf(string pk, string skFrom, string skTo)
    {
        var request = new QueryRequest
        {
            TableName = _table,
            ConsistentRead = true,
            KeyConditionExpression = "#pk = :pk AND #sk BETWEEN :from AND :to",
            ExpressionAttributeNames = new() { ["#pk"] = StateAttributes.Pk, ["#sk"] = StateAttributes.Sk },
            ExpressionAttributeValues = new() { [":pk"] = new() { S = pk }, [":from"] = new() { S = skFrom }, [":to"] = new() { S = skTo } },
        };
        if (skFrom.Length == 0)
        {
            // An empty string is no key value; no key is below it.
            request.KeyConditionExpression = "#pk = :pk AND #sk < :to";
            request.ExpressionAttributeValues.Remove(":from");
        }

        return request;
    }

    /// <summary>The rule of <see cref="ClaimRule"/> as a condition, judged where the item is. A repetition finds its own attempt, and is written again.</summary>
    private async ValueTask<StateItem?> Claim(StateClaim claim, CancellationToken cancellation)
    {
        var request = new PutItemRequest
        {
            TableName = _table,
            Item = StateAttributes.Of(claim.Item),
            ConditionExpression = "attribute_not_exists(#pk) OR #expiresUs <= :arrival OR #attempt = :own"
                + (claim.Over is null ? "" : " OR #attempt = :over"),
            ExpressionAttributeNames = new()
            {
                ["#pk"] = StateAttributes.Pk,
                ["#expiresUs"] = StateAttributes.ExpiresUs,
                ["#attempt"] = StateAttributes.Attempt,
            },
            ExpressionAttributeValues = new()
            {
                [":arrival"] = StateAttributes.Number(claim.ArrivalUs),
                [":own"] = new() { S = claim.Item.Attempt },
            },
            ReturnValuesOnConditionCheckFailure = ReturnValuesOnConditionCheckFailure.ALL_OLD,
            ReturnConsumedCapacity = ReturnConsumedCapacity.TOTAL,
        };
        if (claim.Over is { } over)
        {
            request.ExpressionAttributeValues[":over"] = new() { S = over };
        }

        try
        {
            var response = await _calls.Write("claim a key", () => _dynamo.PutItemAsync(request, cancellation), isRepeatable: true, cancellation);
            _units.Add(response.ConsumedCapacity);
            return null;
        }
        catch (ConditionalCheckFailedException barred)
        {
            return barred.Item is { Count: > 0 } item ? StateAttributes.ToItem(item) : throw new IOException(
                $"table '{_table}' refused a claim and did not return the item that bars it: it must support ReturnValuesOnConditionCheckFailure", barred);
        }
    }
}
