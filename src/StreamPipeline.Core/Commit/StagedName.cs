using System.Globalization;

namespace StreamPipeline.Core.Commit;

/// <summary>
/// Names of staged rows: <c>_staged/&lt;stream&gt;/&lt;shard&gt;/&lt;generation&gt;-&lt;attempt&gt;-rows.arrows</c>. The generation tells
/// which commit they were made for, so that it is known when that can no longer happen.
/// </summary>
internal static class StagedName
{
    private const int GenerationDigits = 12;

    /// <summary>What all begin with; <c>_staged/fold/</c> does too.</summary>
    public const string Prefix = "_staged/";

    public static string Folder(string stream, string shard) => $"{Prefix}{stream}/{shard}/";

    public static string Of(string stream, string shard, long generation, string attempt) =>
        string.Create(CultureInfo.InvariantCulture, $"{Folder(stream, shard)}{generation:D12}-{attempt}-rows.arrows");

    /// <summary>The stream of a whole name; null when it is not one of these.</summary>
    public static string? StreamOf(string key) =>
        key.StartsWith(Prefix, StringComparison.Ordinal) && key[Prefix.Length..].Split('/') is [var stream, _, var name] && TryParse(name, out _, out _) ? stream : null;

    /// <summary>False when the name, without the folder, is not one of these.</summary>
    public static bool TryParse(ReadOnlySpan<char> name, out long generation, out string attempt)
    {
        attempt = "";
        if (name.Length <= GenerationDigits + 1 || name[GenerationDigits] != '-'
            || !long.TryParse(name[..GenerationDigits], NumberStyles.None, CultureInfo.InvariantCulture, out generation))
        {
            generation = 0;
            return false;
        }

        var rest = name[(GenerationDigits + 1)..];
        var end = rest.IndexOf('-');
        attempt = end <= 0 || rest.Contains('/') ? "" : rest[..end].ToString();
        return attempt.Length > 0;
    }
}
