using System.Text;
using System.Text.Json.Nodes;

namespace StreamPipeline.Tests.Aws;

/// <summary>
/// A batch call of which the service takes only some entries: forwards those, and puts the others into the answer in the way each operation has.
/// </summary>
internal sealed class PartialBatch
{
    private readonly string _operation;
    private readonly JsonObject _request;
    private readonly List<bool> _isTaken;

    private PartialBatch(string operation, JsonObject request, List<bool> isTaken)
    {
        _operation = operation;
        _request = request;
        _isTaken = isTaken;
    }

    public bool IsAnyTaken => _isTaken.Contains(true);

    /// <summary>Null: the call is no batch. At least one entry is not taken.</summary>
    public static PartialBatch? Of(ProxiedCall call, byte[] body, Func<int, int> dice)
    {
        if (call.Operation is not ("PutRecords" or "PutRecordBatch" or "BatchWriteItem"))
        {
            return null;
        }

        var request = JsonNode.Parse(body)!.AsObject();
        var count = Entries(call.Operation, request).Count;
        var isTaken = Enumerable.Range(0, count).Select(_ => dice(2) == 0).ToList();
        isTaken[dice(count)] = false;
        return new PartialBatch(call.Operation, request, isTaken);
    }

    /// <summary>The request with the entries that are taken.</summary>
    public byte[] Request()
    {
        var request = _request.DeepClone().AsObject();
        var entries = Entries(_operation, request);
        for (var i = _isTaken.Count - 1; i >= 0; i--)
        {
            if (!_isTaken[i])
            {
                entries.RemoveAt(i);
            }
        }

        return Encoding.UTF8.GetBytes(request.ToJsonString());
    }

    /// <summary>The answer to the whole, from the service's answer to what was forwarded; null when nothing was.</summary>
    public byte[] Answer(byte[]? answer)
    {
        var whole = answer is null ? [] : JsonNode.Parse(answer)!.AsObject();
        if (_operation == "BatchWriteItem")
        {
            var table = _request["RequestItems"]!.AsObject().First();
            var unprocessed = table.Value!.AsArray().Where((_, i) => !_isTaken[i]).Select(entry => entry!.DeepClone());
            whole["UnprocessedItems"] = new JsonObject { [table.Key] = new JsonArray([.. unprocessed]) };
        }
        else
        {
            var (list, count) = _operation == "PutRecords" ? ("Records", "FailedRecordCount") : ("RequestResponses", "FailedPutCount");
            var code = _operation == "PutRecords" ? "ProvisionedThroughputExceededException" : "ServiceUnavailableException";
            var taken = whole[list]?.AsArray().Select(entry => entry!.DeepClone()).ToArray() ?? [];
            var next = 0;
            whole[list] = new JsonArray([.. _isTaken.Select(wasTaken => wasTaken ? taken[next++] : new JsonObject { ["ErrorCode"] = code, ["ErrorMessage"] = "Slow down." })]);
            whole[count] = _isTaken.Count(wasTaken => !wasTaken);
        }

        return Encoding.UTF8.GetBytes(whole.ToJsonString());
    }

    private static JsonArray Entries(string operation, JsonObject request) => operation == "BatchWriteItem"
        ? request["RequestItems"]!.AsObject().First().Value!.AsArray()
        : request["Records"]!.AsArray();
}
