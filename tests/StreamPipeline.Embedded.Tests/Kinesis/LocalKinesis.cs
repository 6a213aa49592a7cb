using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Amazon.Kinesis;
using Amazon.Kinesis.Model;
using Amazon.Runtime;
using Microsoft.Extensions.Time.Testing;
using StreamPipeline.Embedded.Kinesis;
using Record = Amazon.Kinesis.Model.Record;

namespace StreamPipeline.Embedded.Tests.Kinesis;

/// <summary>An endpoint on a free port with a clock that stands still, a client of ours, and a plain one for what no client would send.</summary>
internal sealed class LocalKinesis : IAsyncDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly List<string> _reports = [];
    private readonly bool _isThrottled;
    private KinesisEndpoint _endpoint = null!;
    private HttpClient _http = null!;

    private LocalKinesis(bool isThrottled) => _isThrottled = isThrottled;

    public FakeTimeProvider Time { get; } = new(new DateTimeOffset(2026, 3, 1, 12, 0, 0, TimeSpan.Zero));

    public IAmazonKinesis Client { get; private set; } = null!;

    public Uri Uri => _endpoint.Uri;

    public string File => Path.Combine(_folder.Path, "kinesis.db");

    public IReadOnlyList<string> Reports
    {
        get
        {
            lock (_reports)
            {
                return [.. _reports];
            }
        }
    }

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public static async Task<LocalKinesis> Start(bool isThrottled = true, params InitialStream[] streams)
    {
        var local = new LocalKinesis(isThrottled);
        await local.StartEndpoint(streams);
        return local;
    }

    /// <summary>Stops the endpoint and starts another one on the same file, on another port.</summary>
    public async Task Restart()
    {
        await StopEndpoint();
        await StartEndpoint([]);
    }

    public async Task StopEndpoint()
    {
        Client.Dispose();
        _http.Dispose();
        await _endpoint.DisposeAsync();
    }

    public async Task<(int Status, string? Type, JsonElement Body, HttpResponseHeaders Headers)> Post(
        string? operation, byte[] body, string contentType = "application/x-amz-json-1.1", params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, (Uri?)null) { Content = new ByteArrayContent(body) };
        request.Content.Headers.TryAddWithoutValidation("Content-Type", contentType);
        if (operation is not null)
        {
            request.Headers.TryAddWithoutValidation("X-Amz-Target", operation.Contains('.', StringComparison.Ordinal) ? operation : $"Kinesis_20131202.{operation}");
        }

        foreach (var (name, value) in headers)
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }

        using var response = await _http.SendAsync(request, Cancellation);
        var bytes = await response.Content.ReadAsByteArrayAsync(Cancellation);
        var json = bytes.Length > 0 && bytes[0] == '{' ? JsonDocument.Parse(bytes).RootElement : default;
        var type = json.ValueKind == JsonValueKind.Object && json.TryGetProperty("__type", out var name0) ? name0.GetString() : null;
        return ((int)response.StatusCode, type, json, response.Headers);
    }

    public Task<(int Status, string? Type, JsonElement Body, HttpResponseHeaders Headers)> Post(string? operation, string body) =>
        Post(operation, Encoding.UTF8.GetBytes(body));

    public async Task<byte[]> PostForBytes(string operation, byte[] body, string contentType)
    {
        using var content = new ByteArrayContent(body);
        content.Headers.TryAddWithoutValidation("Content-Type", contentType);
        content.Headers.TryAddWithoutValidation("X-Amz-Target", $"Kinesis_20131202.{operation}");
        using var response = await _http.PostAsync((Uri?)null, content, Cancellation);
        return await response.Content.ReadAsByteArrayAsync(Cancellation);
    }

    public Task<PutRecordsResponse> Put(string stream, params IEnumerable<(string Key, string Data)> records) => Client.PutRecordsAsync(
        new PutRecordsRequest
        {
            StreamName = stream,
            Records = [.. records.Select(record => new PutRecordsRequestEntry { PartitionKey = record.Key, Data = new MemoryStream(Encoding.UTF8.GetBytes(record.Data)) })],
        },
        Cancellation);

    public async Task<List<Shard>> Shards(string stream) =>
        (await Client.ListShardsAsync(new ListShardsRequest { StreamName = stream }, Cancellation)).Shards!;

    public async Task<string> Iterator(string stream, string shard, string type = "TRIM_HORIZON", string? sequence = null, DateTime? at = null) =>
        (await Client.GetShardIteratorAsync(
            new GetShardIteratorRequest { StreamName = stream, ShardId = shard, ShardIteratorType = type, StartingSequenceNumber = sequence, Timestamp = at }, Cancellation)).ShardIterator!;

    public Task<GetRecordsResponse> Get(string iterator, int? limit = null) =>
        Client.GetRecordsAsync(new GetRecordsRequest { ShardIterator = iterator, Limit = limit }, Cancellation);

    /// <summary>What is in a shard, from its beginning.</summary>
    public async Task<List<Record>> Read(string stream, string shard) => (await Get(await Iterator(stream, shard))).Records!;

    public static string Text(Record record) => Encoding.UTF8.GetString(record.Data!.ToArray());

    public async ValueTask DisposeAsync()
    {
        await StopEndpoint();
        _folder.Dispose();
    }

    private async Task StartEndpoint(InitialStream[] streams)
    {
        _endpoint = await KinesisEndpoint.Start(
            new KinesisEndpointSettings
            {
                File = File,
                Port = 0,
                IsThrottled = _isThrottled,
                Streams = streams,
                Report = line =>
                {
                    lock (_reports)
                    {
                        _reports.Add(line);
                    }
                },
            },
            Time);
        _http = new HttpClient { BaseAddress = _endpoint.Uri };
        Client = new AmazonKinesisClient(
            new BasicAWSCredentials("local", "local"),
            new AmazonKinesisConfig { ServiceURL = _endpoint.Uri.ToString(), AuthenticationRegion = "us-east-1", MaxErrorRetry = 0 });
    }
}
