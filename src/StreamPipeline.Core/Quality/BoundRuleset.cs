using Apache.Arrow;

using StreamPipeline.Core.Configuration;
using StreamPipeline.Core.Decoding.Columns;
using StreamPipeline.Core.Quality.Evaluation;

namespace StreamPipeline.Core.Quality;

/// <summary>A ruleset bound to the columns of a schema. Safe to use from several threads; one at a time reuses its buffers.</summary>
public sealed class BoundRuleset
{
    private readonly Rule[] _rules;
    private readonly BoundNode[] _nodes;
    private readonly Schema _schema;
    private ulong[] _none = [];

    /// <summary>Taken by the call that finds it here; another call meanwhile makes its own.</summary>
    private Scratch? _scratch = new();

    private BoundRuleset(Rule[] rules, BoundNode[] nodes, Schema schema)
    {
        _rules = rules;
        _nodes = nodes;
        _schema = schema;
    }

    /// <summary>The rules, in file order.</summary>
    public IReadOnlyList<Rule> Rules => _rules;

    /// <summary>
    /// Checks that all columns exist and fit their rules. Problems are added with the place in the ruleset file; null when there was one.
    /// </summary>
    /// <param name="ruleset">What to bind.</param>
    /// <param name="schema">Of the batches to come. Columns are named by dotted path into structs.</param>
    /// <param name="references">Reference tables by alias.</param>
    /// <param name="problems">Where problems go.</param>
    public static BoundRuleset? Bind(
        Ruleset ruleset, Schema schema, IReadOnlyDictionary<string, ReferenceTable> references, ProblemList problems)
    {
        var columns = new ColumnBinder(schema, problems);
        var binder = new RuleBinder(columns, references, problems);
        var nodes = ruleset.Rules.Select(rule => binder.Bind(rule.Root)).ToArray();
        return System.Array.Exists(nodes, static node => node is null)
            ? null
            : new BoundRuleset([.. ruleset.Rules], nodes!, schema);
    }

    /// <summary>Judges a batch. Its cost is linear in rows × rules; a pattern that needs backtracking adds at most about a second.</summary>
    /// <param name="rows">A batch of the schema that the ruleset was bound to.</param>
    /// <param name="nowUs">What <c>now()</c> means: the greatest arrival time in the batch, microseconds since the epoch.</param>
    /// <exception cref="ArgumentException">The batch has other columns than the schema.</exception>
    public QualityResult Evaluate(RecordBatch rows, long nowUs) => Evaluate(rows, nowUs, memory: null);

    /// <param name="rows">A batch of the schema that the ruleset was bound to.</param>
    /// <param name="nowUs">What <c>now()</c> means.</param>
    /// <param name="memory">Where memory comes from, and whose it then is; null: the garbage collector's.</param>
    internal QualityResult Evaluate(RecordBatch rows, long nowUs, ColumnBuffers? memory)
    {
        if (rows.ColumnCount < _schema.FieldsList.Count)
        {
            throw new ArgumentException($"the batch has {rows.ColumnCount} columns, the ruleset was bound to {_schema.FieldsList.Count}", nameof(rows));
        }

        var scratch = Interlocked.Exchange(ref _scratch, null) ?? new Scratch();
        var batch = new BatchContext(rows, nowUs, scratch, memory);
        var outcomes = new RuleOutcome[_rules.Length];
        var failed = new ulong[]?[_rules.Length];
        var rented = BatchContext.Rent(rows.Length);
        for (var i = 0; i < _rules.Length; i++)
        {
            Verdict verdict;
            if (_rules[i].QuarantinesRows && _nodes[i] is RowNode node)
            {
                var pass = rented.AsSpan(0, rows.Length);
                verdict = node.Judge(batch, pass);
                failed[i] = pass.Contains(false) ? Pack(pass) : None((pass.Length + 63) >> 6);
            }
            else
            {
                verdict = _nodes[i].Judge(batch);
            }

            outcomes[i] = new RuleOutcome(_rules[i].Text, verdict.Passed, verdict.Value, verdict.Message);
        }

        BatchContext.Return(rented);
        _scratch = scratch;
        return new QualityResult(outcomes, rows.Length, failed);
    }

    /// <summary>So many zeros or more, which nobody writes to: mostly no row fails a rule.</summary>
    private ulong[] None(int words)
    {
        var none = _none;
        return none.Length >= words ? none : _none = new ulong[Math.Max(words, none.Length * 2)];
    }

    /// <summary>One bit per row, set where the rule fails.</summary>
    private static ulong[] Pack(ReadOnlySpan<bool> pass)
    {
        var bitmap = new ulong[(pass.Length + 63) >> 6];
        for (var row = 0; row < pass.Length; row++)
        {
            bitmap[row >> 6] |= (pass[row] ? 0UL : 1UL) << (row & 63);
        }

        return bitmap;
    }
}
