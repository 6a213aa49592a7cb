using System.Text;
using Apache.Arrow;
using StreamPipeline.Core.Configuration;
using StreamPipeline.Core.Enrichment;

namespace StreamPipeline.Core.Quality;

/// <summary>Reads the ruleset and its reference datasets, and binds them to the contract's columns.</summary>
internal static class BoundRules
{
    public static BoundRuleset? Load(PipelineSettings settings, Schema columns, IConfigurationFiles files, ProblemList problems)
    {
        var quality = settings.Quality!;
        var text = files.Read(quality.RulesetFile, out var error);
        if (text is null)
        {
            problems.Add(settings.Source.At("quality.ruleset"), error, "name a DQDL file, relative to this one");
            return null;
        }

        var references = new Dictionary<string, ReferenceTable>(StringComparer.Ordinal);
        foreach (var (alias, file) in quality.References)
        {
            var at = settings.Source.At("quality.references." + alias);
            var bytes = files.Read(file, out error);
            var rows = bytes is null ? null : ReferenceReader.Read(bytes, out error);
            if (rows is null)
            {
                problems.Add(at, error, "name a CSV or Parquet file, relative to this one");
                continue;
            }

            references.Add(alias, new ReferenceTable(alias, rows));
        }

        var ruleset = Ruleset.Parse(Encoding.UTF8.GetString(text), quality.RulesetFile, problems);
        return ruleset is null ? null : BoundRuleset.Bind(ruleset, columns, references, problems);
    }
}
