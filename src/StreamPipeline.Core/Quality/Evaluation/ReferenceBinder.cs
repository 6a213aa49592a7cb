using Apache.Arrow;
using Apache.Arrow.Types;

using StreamPipeline.Core.Columns;
using StreamPipeline.Core.Configuration;
using StreamPipeline.Core.Quality.Language;

namespace StreamPipeline.Core.Quality.Evaluation;

/// <summary>Binds the rules that compare with a reference table. Null after a problem.</summary>
internal sealed class ReferenceBinder(ColumnBinder columns, IReadOnlyDictionary<string, ReferenceTable> references, ProblemList problems)
{
    public BoundNode? Bind(SimpleRule rule, WhereTest? where)
    {
        if (rule.Shape.Name == RuleNames.ReferentialIntegrity)
        {
            return BindIntegrity(rule, where);
        }

        if (Find(rule.Parameters[0], rule.ParametersAt[0]) is not { } table)
        {
            return null;
        }

        var comparison = RealComparison.From(rule.Condition!);
        return rule.Shape.Name == RuleNames.RowCountMatch
            ? new RowCountNode(where, table.Rows.Length, comparison)
            : new ConstantNode(Verdict.Of(SchemaMatch(table.Rows.Schema), comparison, "the share of columns with the same name and type"));
    }

    private ReferenceTable? Find(string alias, Location at)
    {
        if (references.TryGetValue(alias, out var table))
        {
            return table;
        }

        var near = NearestName.Of(alias, references.Keys);
        var fix = near is not null ? $"did you mean \"{near}\"?" : "add it below quality.references in pipeline.yaml";
        problems.Add(at, $"there is no reference table \"{alias}\"", fix);
        return null;
    }

    /// <summary>Columns with the same name and type / columns of the wider of the two schemas; order does not matter.</summary>
    private double SchemaMatch(Schema reference)
    {
        var types = reference.FieldsList.DistinctBy(static field => field.Name).ToDictionary(static field => field.Name, static field => field.DataType);
        var same = columns.Schema.FieldsList.Count(field => types.TryGetValue(field.Name, out var type) && IsSame(field.DataType, type));
        var all = Math.Max(columns.Schema.FieldsList.Count, reference.FieldsList.Count);
        return all == 0 ? 1 : (double)same / all;
    }

    private static bool IsSame(IArrowType a, IArrowType b) => a.TypeId == b.TypeId && a switch
    {
        TimestampType time => time.Unit == ((TimestampType)b).Unit,
        StructType record => record.Fields.Count == ((StructType)b).Fields.Count
            && record.Fields.Zip(((StructType)b).Fields).All(static pair => pair.First.Name == pair.Second.Name && IsSame(pair.First.DataType, pair.Second.DataType)),
        ListType list => IsSame(list.ValueDataType, ((ListType)b).ValueDataType),
        _ => true,
    };

    /// <summary><c>"a,b" "alias.{x,y}"</c>, or <c>"a" "alias.x"</c>.</summary>
    private ReferenceRow? BindIntegrity(SimpleRule rule, WhereTest? where)
    {
        var (target, targetAt) = (rule.Parameters[1], rule.ParametersAt[1]);
        var dot = target.IndexOf('.', StringComparison.Ordinal);
        if (dot <= 0)
        {
            problems.Add(targetAt, $"\"{target}\" does not name a column of a reference table", "write \"alias.column\" or \"alias.{a,b}\"");
            return null;
        }

        var own = Split(rule.Parameters[0]).Select(name => columns.Find(name, rule.ParametersAt[0])).ToArray();
        if (Find(target[..dot], targetAt) is not { } table || System.Array.Exists(own, static column => column is null))
        {
            return null;
        }

        var names = Split(target[(dot + 1)..].TrimStart('{').TrimEnd('}'));
        if (names.Length != own.Length)
        {
            problems.Add(targetAt, $"{own.Length} column(s) are compared with {names.Length}", "name as many columns on both sides");
            return null;
        }

        var arrays = new IArrowArray[names.Length];
        var kinds = own.Select(static column => column!.Kind).ToArray();
        for (var i = 0; i < names.Length; i++)
        {
            if (FindColumn(table, names[i], own[i]!, targetAt) is not { } array)
            {
                return null;
            }

            arrays[i] = array;
        }

        return new ReferenceRow(own!, ReferenceKeys.Of(arrays, kinds), where) { Share = RealComparison.From(rule.Condition!) };
    }

    private static string[] Split(string names) => names.Split(',', StringSplitOptions.TrimEntries);

    private IArrowArray? FindColumn(ReferenceTable table, string name, ColumnPath own, Location at)
    {
        var fields = table.Rows.Schema.FieldsList;
        for (var i = 0; i < fields.Count; i++)
        {
            if (fields[i].Name != name)
            {
                continue;
            }

            var array = table.Rows.Column(i);
            if (ReferenceKeys.CanCompare(array, own.Kind))
            {
                return array;
            }

            problems.Add(
                at,
                $"column \"{own.Text}\" holds {own.Kind.Values()} and cannot be compared with \"{table.Alias}.{name}\" of type {fields[i].DataType.Name}",
                "compare columns of the same type");
            return null;
        }

        var near = NearestName.Of(name, fields.Select(static field => field.Name));
        problems.Add(
            at,
            $"reference table \"{table.Alias}\" has no column \"{name}\"",
            near is null ? $"it has {string.Join(", ", fields.Take(20).Select(static field => field.Name))}" : $"did you mean \"{near}\"?");
        return null;
    }
}
