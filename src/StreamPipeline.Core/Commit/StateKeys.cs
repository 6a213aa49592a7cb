using System.Globalization;

namespace StreamPipeline.Core.Commit;

/// <summary>Keys of the state table (DESIGN section 3). Numbers are zero-padded so that text order is number order.</summary>
public static class StateKeys
{
    public const string Head = "HEAD";

    /// <summary>Sorts after every sort key that starts with the same prefix: U+FFFF is above any character used in keys.</summary>
    public const string PrefixEnd = "\uffff";

    /// <summary>Of a stream: until when its claims have been looked through for expired ones.</summary>
    public const string ClaimsExpired = "CLAIMS";

    /// <summary>So that claims spread.</summary>
    public const int ClaimPartitions = 256;

    public static string StreamPk(string stream) => $"STREAM#{stream}";

    public static string ShardPk(string stream, string shard) => $"SHARD#{stream}#{shard}";

    public static string RollPk(string stream) => $"ROLL#{stream}";

    /// <summary>By the fingerprint's first byte.</summary>
    public static string ClaimPk(string stream, UInt128 fingerprint) => ClaimPk(stream, (byte)(fingerprint >> 120));

    public static string ClaimPk(string stream, byte partition) => string.Create(CultureInfo.InvariantCulture, $"CLAIM#{stream}#{partition:x2}");

    public static string Claim(UInt128 fingerprint) => fingerprint.ToString("x32", CultureInfo.InvariantCulture);

    public static string Shard(string shard) => $"SHARD#{shard}";

    public static string Input(string contentId) => $"INPUT#{contentId}";

    public static string Input(int ordinal) => string.Create(CultureInfo.InvariantCulture, $"INPUT#{ordinal:D10}");

    public static string InputReach(int ordinal) => string.Create(CultureInfo.InvariantCulture, $"REACH#{ordinal:D10}");

    public static string Batch(long generation) => string.Create(CultureInfo.InvariantCulture, $"BATCH#{generation:D12}");

    public static string Panes(string attempt, int part) => string.Create(CultureInfo.InvariantCulture, $"PANES#{attempt}#{part:D4}");

    public static string PanesPrefix(string attempt) => $"PANES#{attempt}#";
}
