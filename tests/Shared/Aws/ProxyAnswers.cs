using System.Text;
using System.Text.Json.Nodes;

namespace StreamPipeline.Tests.Aws;

/// <summary>An HTTP answer of a service.</summary>
internal sealed record ProxyAnswer(int Status, string ContentType, byte[] Body);

/// <summary>Errors in the form in which each service answers them.</summary>
internal static class ProxyAnswers
{
    public static ProxyAnswer Throttle(ProxiedCall call) => call.Service switch
    {
        "dynamodb" => Json(400, "com.amazonaws.dynamodb.v20120810#ProvisionedThroughputExceededException", "The level of configured provisioned throughput for the table was exceeded."),
        "kinesis" => Json(400, "ProvisionedThroughputExceededException", "Rate exceeded for shard shardId-000000000000 in stream."),
        "firehose" => Json(500, "ServiceUnavailableException", "Slow down."),
        _ => Xml(503, "SlowDown", "Please reduce your request rate."),
    };

    public static ProxyAnswer ServerError(ProxiedCall call) => call.Service switch
    {
        "dynamodb" => Json(500, "com.amazonaws.dynamodb.v20120810#InternalServerError", "Internal server error"),
        "s3" => Xml(500, "InternalError", "We encountered an internal error. Please try again."),
        _ => Json(500, "InternalFailure", "Internal failure"),
    };

    /// <summary>What a transaction is told that met another one.</summary>
    public static ProxyAnswer Conflict(byte[] request)
    {
        var writes = JsonNode.Parse(request)!["TransactItems"]!.AsArray().Count;
        var reasons = new JsonArray([.. Enumerable.Range(0, writes).Select(i => new JsonObject
        {
            ["Code"] = i == 0 ? "TransactionConflict" : "None",
            ["Message"] = i == 0 ? "Transaction is ongoing for the item" : null,
        })]);
        return new ProxyAnswer(400, "application/x-amz-json-1.0", Encoding.UTF8.GetBytes(new JsonObject
        {
            ["__type"] = "com.amazonaws.dynamodb.v20120810#TransactionCanceledException",
            ["CancellationReasons"] = reasons,
            ["Message"] = "Transaction cancelled, please refer cancellation reasons for specific reasons [TransactionConflict]",
        }.ToJsonString()));
    }

    private static ProxyAnswer Json(int status, string type, string message) =>
        new(status, "application/x-amz-json-1.0", Encoding.UTF8.GetBytes(new JsonObject { ["__type"] = type, ["message"] = message }.ToJsonString()));

    private static ProxyAnswer Xml(int status, string code, string message) => new(
        status, "application/xml", Encoding.UTF8.GetBytes($"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>{code}</Code><Message>{message}</Message></Error>"));
}
