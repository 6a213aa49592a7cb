using System.Buffers;
using Apache.Arrow;
using StreamPipeline.Core.Columns;
using StreamPipeline.Core.Configuration;
using StreamPipeline.Core.Contracts;
using StreamPipeline.Core.Decoding.Columns;

namespace StreamPipeline.Core.Enrichment;

/// <summary>Adds columns of a reference to the rows it matches.</summary>
internal sealed class LookupEnrichment(int step, LookupTable table, ColumnPath[] match, Schema output) : IEnrichment
{
    public Schema Output => output;

    public int DuplicateKeys => table.DuplicateKeys;

    /// <summary>Null when something is wrong with the step, which is then among the problems.</summary>
    public static LookupEnrichment? Bind(
        LookupStep step, int index, Schema input, SourceMap source, IConfigurationFiles files, ProblemList problems)
    {
        var path = $"enrich[{index}].lookup";
        if (files.Read(step.File, out var error) is not { } bytes)
        {
            problems.Add(source.At($"{path}.file"), $"the lookup file {step.File} cannot be read: {error}", "give its path relative to pipeline.yaml");
            return null;
        }

        if (ReferenceReader.Read(bytes, out error) is not { } reference)
        {
            problems.Add(source.At($"{path}.file"), $"the lookup file {step.File} {error}", "give a CSV file with a header, or a Parquet file");
            return null;
        }

        var before = problems.Items.Count;
        var (match, keys) = BindMatches(step, path, input, reference, source, problems);
        var (add, output) = BindAdds(step, path, input, reference, source, problems);
        return problems.Items.Count == before
            ? new LookupEnrichment(index, new LookupTable(reference, keys, add), match, output)
            : null;
    }

    public RecordBatch Apply(RecordBatch rows, EnrichCounts counts, ColumnBuffers? memory)
    {
        var found = ArrayPool<int>.Shared.Rent(rows.Length);
        try
        {
            var matches = found.AsSpan(0, rows.Length);
            counts.AddUnmatched(step, Match(rows, matches, memory));
            var added = table.Take(matches, memory);
            var columns = new IArrowArray[output.FieldsList.Count];
            for (var i = 0; i < rows.ColumnCount; i++)
            {
                columns[i] = rows.Column(i);
            }

            for (var i = 0; i < added.Length; i++)
            {
                columns[rows.ColumnCount + i] = added[i];
            }

            return new RecordBatch(output, columns, rows.Length);
        }
        finally
        {
            ArrayPool<int>.Shared.Return(found);
        }
    }

    /// <summary>How many rows match nothing.</summary>
    private int Match(RecordBatch rows, Span<int> matches, ColumnBuffers? memory)
    {
        var columns = System.Array.ConvertAll(match, path => path.In(rows, memory));
        var key = new ArrayBufferWriter<byte>();
        var unmatched = 0;
        for (var row = 0; row < matches.Length; row++)
        {
            key.ResetWrittenCount();
            matches[row] = KeyText.TryAppend(columns, row, key) ? table.Find(key.WrittenSpan) : table.NullRow;
            unmatched += matches[row] == table.NullRow ? 1 : 0;
        }

        return unmatched;
    }

    private static (ColumnPath[] Match, int[] Keys) BindMatches(
        LookupStep step, string path, Schema input, RecordBatch reference, SourceMap source, ProblemList problems)
    {
        var match = new List<ColumnPath>();
        var keys = new List<int>();
        foreach (var (column, key) in step.Match)
        {
            var at = source.At($"{path}.match.{column}");
            if (BindMatch(column, input, at, problems) is { } matched)
            {
                match.Add(matched);
            }

            var index = FindColumn(reference, key, step.File, at, problems);
            keys.Add(index);
            if (index >= 0 && reference.Schema.GetFieldByIndex(index).DataType is var type && !KeyText.IsSupported(ColumnKinds.Of(type)))
            {
                problems.Add(at, $"column '{key}' of {step.File} is {type.Name}, which cannot be matched", "match text, integers, booleans or dates");
            }
        }

        return ([.. match], [.. keys]);
    }

    private static (int[] Add, Schema Output) BindAdds(
        LookupStep step, string path, Schema input, RecordBatch reference, SourceMap source, ProblemList problems)
    {
        var add = new List<int>();
        var output = new Schema.Builder();
        var taken = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        foreach (var field in input.FieldsList)
        {
            output.Field(field);
            taken.Add(field.Name);
        }

        foreach (var (column, name) in step.Add)
        {
            var at = source.At($"{path}.add.{column}");
            var index = FindColumn(reference, column, step.File, at, problems);
            add.Add(index);
            if (taken.TryGetValue(name, out var twin))
            {
                problems.Add(
                    at,
                    twin == name
                        ? $"the lookup would add a second column '{name}'"
                        : $"the lookup would add column '{name}' beside '{twin}', and DuckDB and Athena do not tell letter case apart",
                    "give it a name that the contract and other lookups do not use");
            }
            else if (PropertyNames.IsSystemColumn(name))
            {
                problems.Add(at, $"the lookup would add column '{name}', which has the name of a column that the pipeline adds", "give it another name; letter case does not tell names apart");
            }
            else if (index >= 0)
            {
                taken.Add(name);
                output.Field(new Field(name, reference.Schema.GetFieldByIndex(index).DataType, nullable: true));
            }
        }

        return ([.. add], output.Build());
    }

    private static ColumnPath? BindMatch(string column, Schema input, Location at, ProblemList problems)
    {
        if (ColumnPath.Find(input, column) is not { } path)
        {
            problems.Add(at, $"the lookup matches '{column}', which events do not have", NearestName.Suggest(column, ColumnPath.PathsOf(input).Select(known => known.Path)));
            return null;
        }

        if (!KeyText.IsSupported(path.Kind))
        {
            problems.Add(at, $"the lookup matches '{column}', which is {path.Type.Name}", "match text, integers, booleans or dates");
        }

        return path;
    }

    private static int FindColumn(RecordBatch reference, string column, string file, Location at, ProblemList problems)
    {
        var index = reference.Schema.GetFieldIndex(column);
        if (index < 0)
        {
            var names = reference.Schema.FieldsList.Select(field => field.Name);
            problems.Add(at, $"{file} has no column '{column}'", NearestName.Suggest(column, names));
        }

        return index;
    }
}
