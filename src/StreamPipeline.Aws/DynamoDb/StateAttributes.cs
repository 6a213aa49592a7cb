using System.Globalization;
using System.Text;
using Amazon.DynamoDBv2.Model;
using StreamPipeline.Core.Commit;

namespace StreamPipeline.Aws.DynamoDb;

/// <summary>A <see cref="StateItem"/> as a DynamoDB item, and its size by DynamoDB's rules.</summary>
internal static class StateAttributes
{
    /// <summary>Partition key, string.</summary>
    public const string Pk = "pk";

    /// <summary>Sort key, string.</summary>
    public const string Sk = "sk";

    public const string Version = "version";
    public const string Attempt = "attempt";
    public const string Body = "body";

    /// <summary>For DynamoDB's TTL: whole seconds since the epoch, rounded up so that nothing goes early. No condition judges it.</summary>
    public const string Expires = "expires";

    /// <summary>The exact expiry: microseconds since the epoch.</summary>
    public const string ExpiresUs = "expiresUs";

    // https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html
    private const int ItemBytesMax = 400 * 1_024;
    private const int PkBytesMax = 2_048;
    private const int SkBytesMax = 1_024;

    public static Dictionary<string, AttributeValue> Key(string pk, string sk) => new()
    {
        [Pk] = new AttributeValue { S = pk },
        [Sk] = new AttributeValue { S = sk },
    };

    public static Dictionary<string, AttributeValue> Of(StateItem item)
    {
        var attributes = Key(item.Pk, item.Sk);
        attributes[Version] = Number(item.Version);
        attributes[Attempt] = new AttributeValue { S = item.Attempt };
        attributes[Body] = new AttributeValue { B = MemoryContent.StreamOver(item.Body) };
        if (item.ExpiresAtUs is { } expiresUs)
        {
            attributes[Expires] = Number((long)decimal.Ceiling((expiresUs + (decimal)item.StoredLongerUs) / 1_000_000m));
            attributes[ExpiresUs] = Number(expiresUs);
        }

        return attributes;
    }

    /// <exception cref="InvalidDataException">The item is not one that this store wrote.</exception>
    public static StateItem ToItem(Dictionary<string, AttributeValue> attributes)
    {
        var pk = attributes.GetValueOrDefault(Pk)?.S ?? "";
        var sk = attributes.GetValueOrDefault(Sk)?.S ?? "";
        var body = attributes.GetValueOrDefault(Body)?.B ?? throw Foreign(pk, sk, Body);
        return new StateItem(
            pk,
            sk,
            LongOf(attributes, Version) ?? throw Foreign(pk, sk, Version),
            attributes.GetValueOrDefault(Attempt)?.S ?? throw Foreign(pk, sk, Attempt),
            body.TryGetBuffer(out var bytes) ? bytes : body.ToArray(),
            LongOf(attributes, ExpiresUs));
    }

    public static AttributeValue Number(long value) => new() { N = value.ToString(CultureInfo.InvariantCulture) };

    /// <summary>Bytes that DynamoDB counts: names and values; a number is about half a byte per digit and one more.</summary>
    public static int SizeOf(StateItem item)
    {
        var size = Pk.Length + Text(item.Pk) + Sk.Length + Text(item.Sk) + Version.Length + NumberBytes(item.Version)
            + Attempt.Length + Text(item.Attempt) + Body.Length + item.Body.Length;
        return item.ExpiresAtUs is { } at ? size + Expires.Length + NumberBytes(at / 1_000_000) + ExpiresUs.Length + NumberBytes(at) : size;
    }

    /// <summary>Refuses before any I/O what DynamoDB would refuse.</summary>
    /// <exception cref="ArgumentException">The body, a key or the whole item is too large; the message says how large and the limit.</exception>
    public static void Check(StateItem item)
    {
        CheckKey(item.Pk, item.Sk);
        if (item.Body.Length > IStateStore.BodyBytesMax)
        {
            throw new ArgumentException(string.Create(
                CultureInfo.InvariantCulture,
                $"state item '{item.Pk}' / '{item.Sk}' has a body of {item.Body.Length:N0} bytes; at most {IStateStore.BodyBytesMax:N0} are allowed"));
        }

        if (SizeOf(item) is > ItemBytesMax and var size)
        {
            throw new ArgumentException(string.Create(
                CultureInfo.InvariantCulture,
                $"state item '{item.Pk}' / '{item.Sk}' has {size:N0} bytes with its keys and attempt; DynamoDB allows {ItemBytesMax:N0}"));
        }
    }

    public static void CheckKey(string pk, string sk)
    {
        if (Text(pk) is 0 or > PkBytesMax || Text(sk) is 0 or > SkBytesMax)
        {
            throw new ArgumentException(
                $"a state key of {Text(pk)} and {Text(sk)} bytes; DynamoDB allows 1 to {PkBytesMax} and 1 to {SkBytesMax} (stream and shard names are part of it)");
        }
    }

    private static int Text(string text) => Encoding.UTF8.GetByteCount(text);

    private static int NumberBytes(long value) => (value.ToString(CultureInfo.InvariantCulture).Length + 1) / 2 + 1;

    private static long? LongOf(Dictionary<string, AttributeValue> attributes, string name) =>
        long.TryParse(attributes.GetValueOrDefault(name)?.N, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value) ? value : null;

    private static InvalidDataException Foreign(string pk, string sk, string name) => new(
        $"item '{pk}' / '{sk}' of the state table has no valid '{name}': another program wrote to the table, which must be StreamPipeline's alone");
}
