using Apache.Arrow;
using StreamPipeline.Core.Configuration;
using StreamPipeline.Core.Enrichment;

namespace StreamPipeline.Cli.Generation;

/// <summary>Reads which values the lookups of a pipeline know.</summary>
internal static class LookupKeys
{
    /// <summary>
    /// Distinct texts by event field, in the order of the file. Lookups that match several columns at once are left out: values drawn one by one
    /// would not match together. So are files that cannot be read: running the pipeline reports them.
    /// </summary>
    public static IReadOnlyDictionary<string, IReadOnlyList<string>> Read(PipelineSettings settings, IConfigurationFiles files)
    {
        var keys = new Dictionary<string, IReadOnlyList<string>>(StringComparer.Ordinal);
        foreach (var lookup in settings.Enrich.OfType<LookupStep>().Where(lookup => lookup.Match.Count == 1))
        {
            var (field, column) = lookup.Match.Single();
            if (files.Read(lookup.File, out _) is not { } bytes || ReferenceReader.Read(bytes, out _) is not { } rows)
            {
                continue;
            }

            using (rows)
            {
                if (rows.Schema.GetFieldIndex(column) is >= 0 and var index && rows.Column(index) is StringArray texts)
                {
                    keys[field] = [.. Enumerable.Range(0, texts.Length).Select(row => texts.GetString(row)).OfType<string>().Distinct()];
                }
            }
        }

        return keys;
    }
}
