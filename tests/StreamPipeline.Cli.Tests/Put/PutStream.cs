using System.Globalization;
using System.Text;
using System.Text.Json;
using Amazon.Kinesis;
using Amazon.Kinesis.Model;
using Amazon.Runtime;
using StreamPipeline.Cli.Commands;
using StreamPipeline.Core.Configuration;
using StreamPipeline.Core.Decoding;
using StreamPipeline.Embedded.Kinesis;
using StreamPipeline.Embedded.Sources;
using Record = Amazon.Kinesis.Model.Record;

namespace StreamPipeline.Cli.Tests.Put;

/// <summary>A stream of an endpoint in this process, and the command <c>put</c> on it.</summary>
internal sealed class PutStream : IAsyncDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("streampipeline-");
    private KinesisEndpoint _endpoint = null!;

    public JumpingTime Time { get; } = new();

    public TestClient Client { get; private set; } = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public static async Task<PutStream> Start(int shards)
    {
        var stream = new PutStream();
        stream._endpoint = await KinesisEndpoint.Start(
            new KinesisEndpointSettings { File = stream.Path("kinesis.db"), Port = 0, Streams = [new InitialStream("s", shards)] }, stream.Time.ClockOnly);
        stream.Client = new TestClient(stream._endpoint.Uri);
        return stream;
    }

    public string Path(string name) => System.IO.Path.Combine(_folder.FullName, name);

    /// <summary>Runs <c>put</c> on the lines.</summary>
    public async Task<(int Code, JsonElement Counts, string Error)> Put(IEnumerable<string> lines, params string[] options)
    {
        var file = Path("input.ndjson");
        await File.WriteAllLinesAsync(file, lines, Cancellation);
        using var terminal = new TestTerminal(time: Time);
        var code = await terminal.RunAsync(PutCommand.Create(terminal.Terminal, _ => new TestClient(Client)), ["put", "--stream", "s", "--input", file, "--output", "json", .. options]);
        return (code, terminal.Out.Length == 0 ? default : JsonDocument.Parse(terminal.Out).RootElement, terminal.Error);
    }

    public async Task<List<Shard>> Shards() => (await Client.ListShardsAsync(new ListShardsRequest { StreamName = "s" }, Cancellation)).Shards!;

    /// <summary>What a shard holds, in order, each record as its lines.</summary>
    public async Task<List<string[]>> Read(Shard shard)
    {
        var records = new List<string[]>();
        var iterator = (await Client.GetShardIteratorAsync(
            new GetShardIteratorRequest { StreamName = "s", ShardId = shard.ShardId, ShardIteratorType = "TRIM_HORIZON" }, Cancellation)).ShardIterator;
        while (iterator is not null)
        {
            // The throttle of readers: this clock moves when it is waited for.
            await Task.Delay(TimeSpan.FromSeconds(6), Time, Cancellation);
            var page = await Client.GetRecordsAsync(new GetRecordsRequest { ShardIterator = iterator }, Cancellation);
            records.AddRange(page.Records!.Select(Lines));
            iterator = page.MillisBehindLatest > 0 ? page.NextShardIterator : null;
        }

        return records;
    }

    /// <summary>Whether a line belongs to a shard by the MD5 of its key, reckoned here anew.</summary>
    public static bool IsOf(Shard shard, string key)
    {
        var hash = PartitionKeyReader.HashKey(Encoding.UTF8.GetBytes(key));
        return UInt128.Parse(shard.HashKeyRange!.StartingHashKey!, CultureInfo.InvariantCulture) <= hash
            && hash <= UInt128.Parse(shard.HashKeyRange.EndingHashKey!, CultureInfo.InvariantCulture);
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await _endpoint.DisposeAsync();
        _folder.Delete(recursive: true);
    }

    private static string[] Lines(Record record)
    {
        using var decoder = new EnvelopeDecoder(new DecodeLimits());
        var payloads = new List<Payload>();
        decoder.Unwrap(new StreamRecord(SequenceNumber.Parse(record.SequenceNumber!), record.Data!.ToArray(), 0), payloads);
        return [.. payloads.Select(payload => Encoding.UTF8.GetString(payload.Bytes.Span))];
    }
}

/// <summary>The client of the command, which a test can listen in to.</summary>
internal sealed class TestClient : AmazonKinesisClient
{
    private readonly TestClient? _owner;
    private readonly Uri _uri;

    public TestClient(Uri uri)
        : base(new BasicAWSCredentials("local", "local"), new AmazonKinesisConfig { ServiceURL = uri.ToString(), AuthenticationRegion = "us-east-1", MaxErrorRetry = 0 }) => _uri = uri;

    /// <summary>Another one, as the command disposes its own, with the same listener.</summary>
    public TestClient(TestClient owner)
        : this(owner._uri) => _owner = owner;

    /// <summary>Called with the number of each PutRecords of the command, before it is sent.</summary>
    public Func<int, Task>? BeforePut { get; set; }

    private int Puts { get; set; }

    public override async Task<PutRecordsResponse> PutRecordsAsync(PutRecordsRequest request, CancellationToken cancellationToken = default)
    {
        if (_owner?.BeforePut is { } listener)
        {
            await listener(++Puts);
        }

        return await base.PutRecordsAsync(request, cancellationToken);
    }
}
