using StreamPipeline.Embedded.Sources;

namespace StreamPipeline.Embedded.Running;

/// <summary>
/// The order in which files with Lambda events are run: a shard's records are committed in ascending order or not at all, and names need not follow it. Lambda's events have
/// records of one shard each, one batch behind the other; so the first record tells, and of each file no more than the beginning is read.
/// </summary>
internal static class LambdaEventOrder
{
    /// <summary>Files of one shard change places among each other; all else stays where it is.</summary>
    public static IReadOnlyList<InputFile> Of(IReadOnlyList<InputFile> files)
    {
        if (files.Count(file => file.Kind == InputKind.LambdaEvent) < 2)
        {
            return files;
        }

        var ordered = files.ToArray();
        var shards = files.Index()
            .Where(each => each.Item.Kind == InputKind.LambdaEvent)
            .Select(each => (Place: each.Index, File: each.Item, First: each.Item.FirstOfLambdaEvent()))
            .Where(each => each.First is not null)
            .GroupBy(each => each.First!.Value.Shard, StringComparer.Ordinal);
        foreach (var shard in shards)
        {
            foreach (var (place, file) in shard.Select(each => each.Place).Zip(shard.OrderBy(each => each.First!.Value.Sequence)))
            {
                ordered[place] = file.File;
            }
        }

        return ordered;
    }
}
