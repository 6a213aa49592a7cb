using System.Globalization;
using System.Text;
using Amazon.Kinesis;
using Amazon.Kinesis.Model;
using Amazon.Runtime;
using StreamPipeline.Cli.Output;
using StreamPipeline.Embedded.Sources;

namespace StreamPipeline.Cli.Put;

/// <summary>An open shard and its hash keys, both ends included.</summary>
internal readonly record struct ShardRange(string Id, UInt128 From, UInt128 To);

/// <summary>The open shards of a stream, to tell where a record will go.</summary>
internal sealed class ShardRanges
{
    /// <summary>At most so many pages of ListShards, 1,000 shards each.</summary>
    private const int PagesMax = 1_000;

    private const int KeyCharsMax = 256;
    private const int TextCharsMax = 300;

    private readonly ShardRange[] _shards;

    private ShardRanges(ShardRange[] shards) => _shards = shards;

    public int Count => _shards.Length;

    public ShardRange this[int shard] => _shards[shard];

    /// <exception cref="CommandException">There is no such stream, or the endpoint cannot be reached; the message says so.</exception>
    public static async Task<ShardRanges> List(IAmazonKinesis kinesis, string stream, CancellationToken cancellation)
    {
        var shards = new List<ShardRange>();
        string? token = null;
        try
        {
            for (var page = 0; page < PagesMax && (page == 0 || token is not null); page++)
            {
                var request = token is null ? new ListShardsRequest { StreamName = stream } : new ListShardsRequest { NextToken = token };
                var answer = await kinesis.ListShardsAsync(request, cancellation);
                shards.AddRange((answer.Shards ?? []).Where(shard => shard.SequenceNumberRange?.EndingSequenceNumber is null).Select(RangeOf));
                token = answer.NextToken;
            }
        }
        catch (ResourceNotFoundException error)
        {
            throw new CommandException($"there is no stream '{stream}': {error.Message.TrimEnd('.')}; create it, or check --stream, --region and --endpoint-url");
        }
        catch (Exception error) when (error is AmazonServiceException or AmazonClientException or HttpRequestException)
        {
            throw new CommandException($"cannot list the shards of '{stream}': {Explain(error)}; check --endpoint-url, --region and the credentials");
        }

        var ranges = shards.OrderBy(shard => shard.From).ToArray();
        return ranges.Length > 0 && ranges[0].From == 0 && ranges[^1].To == UInt128.MaxValue && ranges.Zip(ranges.Skip(1)).All(pair => pair.First.To + 1 == pair.Second.From)
            ? new ShardRanges(ranges)
            : throw new CommandException($"the open shards of '{stream}' do not cover all hash keys, as they should; if the stream is being resharded, try again when it is ACTIVE");
    }

    /// <summary>Which of the shards a partition key belongs to: the one whose range holds its MD5.</summary>
    public int ShardOf(string partitionKey)
    {
        Span<byte> key = stackalloc byte[KeyCharsMax * 3];
        var hash = PartitionKeyReader.HashKey(key[..Encoding.UTF8.GetBytes(partitionKey, key)]);
        var (low, high) = (0, _shards.Length - 1);
        while (low < high)
        {
            var middle = (low + high + 1) / 2;
            (low, high) = _shards[middle].From <= hash ? (middle, high) : (low, middle - 1);
        }

        return low;
    }

    /// <summary>One line: of missing credentials the SDK tells at length where it looked.</summary>
    private static string Explain(Exception error)
    {
        var text = (error.InnerException ?? error).Message.Split('\n')[0].TrimEnd('.', ' ', '\r');
        return text.StartsWith("Failed to resolve AWS credentials", StringComparison.Ordinal)
            ? "no AWS credentials were found: set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"
            : PlainText.Of(text, TextCharsMax);
    }

    private static ShardRange RangeOf(Shard shard) =>
        UInt128.TryParse(shard.HashKeyRange?.StartingHashKey, NumberStyles.None, CultureInfo.InvariantCulture, out var from)
        && UInt128.TryParse(shard.HashKeyRange?.EndingHashKey, NumberStyles.None, CultureInfo.InvariantCulture, out var to)
        && shard.ShardId is { Length: > 0 } id
            ? new ShardRange(id, from, to)
            : throw new CommandException("ListShards answered with a shard without id or hash keys: this is not Kinesis");
}
