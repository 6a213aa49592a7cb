using StreamPipeline.Core.Configuration;

namespace StreamPipeline.Core.Quality.Language;

/// <summary>
/// Recursive descent over DQDL: <c>Rules = [ rule, … ]</c>, <c>rule = simple | group ((and | or) group)*</c>, <c>group = "(" rule ")"</c>.
/// Source: AWS Glue DQDL reference; grammar in awslabs/dqdl.
/// </summary>
internal sealed class RulesetParser
{
    private readonly TokenReader _reader;
    private readonly SimpleRuleParser _simple;

    private RulesetParser(TokenReader reader)
    {
        _reader = reader;
        _simple = new SimpleRuleParser(reader);
    }

    public static Ruleset? Parse(string text, string fileName, ProblemList list)
    {
        if (text.Length > Ruleset.TextLengthMax)
        {
            list.Add(new Location(fileName, 0, 0), $"the ruleset has {text.Length} characters, at most {Ruleset.TextLengthMax} are allowed", "split it");
            return null;
        }

        var problems = new ParseProblems(list);
        var reader = new TokenReader(new Lexer(text, fileName, problems).ReadAll(), problems);
        var rules = new RulesetParser(reader).ReadDocument();
        return problems.Count == 0 ? new Ruleset(fileName, rules) : null;
    }

    private List<Rule> ReadDocument()
    {
        List<Rule>? rules = null;
        while (_reader.Current.Kind != TokenKind.End)
        {
            var section = _reader.Current;
            if (section.IsName("Rules"))
            {
                if (rules is not null)
                {
                    _reader.Problems.Add(section.At, "found a second 'Rules' section", "put all rules into one");
                }

                _reader.Take();
                rules = ReadRules(section);
            }
            else if (section.Kind == TokenKind.Name && _reader.Following.Is("="))
            {
                _reader.Problems.Add(section.At, SectionProblem(section), "remove the section: only 'Rules = [ … ]' is read");
                _reader.Take();
                _reader.Take();
                _reader.SkipBrackets();
            }
            else
            {
                _reader.Fail("'Rules = [ … ]'", rules is null ? "start the file with: Rules = [" : "remove what follows the closing ']' of the rules");
                return rules ?? [];
            }
        }

        if (rules is null)
        {
            _reader.Fail("'Rules = [ … ]'", "start the file with: Rules = [");
        }

        return rules ?? [];
    }

    private static string SectionProblem(Token section) => section.Value switch
    {
        "Analyzers" => "Analyzers are not supported yet",
        "rules" or "RULES" => $"found '{section.Value}', but DQDL is case-sensitive: 'Rules'",
        _ => $"section '{section.Value}' is not supported yet",
    };

    private List<Rule> ReadRules(Token section)
    {
        var rules = new List<Rule>();
        if (!_reader.Expect("=", "after 'Rules'", "write: Rules = [") || !_reader.Expect("[", "after 'Rules ='", "write: Rules = ["))
        {
            // Without the opening bracket everything after it would be misread.
            while (_reader.Current.Kind != TokenKind.End)
            {
                _reader.Take();
            }

            return rules;
        }

        if (_reader.TakeIf("]"))
        {
            _reader.Problems.Add(section.At, "the list of rules is empty", "write at least one rule, such as: RowCount > 0");
            return rules;
        }

        bool understood;
        do
        {
            if (_reader.Current.Is("]"))
            {
                _reader.Fail("a rule after ','", "remove the comma before ']'");
                understood = true;
                break;
            }

            understood = ReadInto(rules);
        }
        while (_reader.TakeIf(","));

        // After a mistake that swallowed the rest of the file the missing bracket is no news.
        if (!_reader.TakeIf("]") && understood)
        {
            _reader.Fail("',' or ']' after a rule", "separate rules by commas and close the list with ]");
        }

        return rules;
    }

    /// <summary>Reads one rule; on a mistake moves to the end of it, so that the next ones are checked too, and returns false.</summary>
    private bool ReadInto(List<Rule> rules)
    {
        var start = _reader.Index;
        var at = _reader.Current.At;
        var root = ReadRule(depth: 0, out _);
        if (root is not null && !_reader.Current.Is(",") && !_reader.Current.Is("]") && _reader.Current.Kind != TokenKind.End)
        {
            FailAfterRule(root);
            root = null;
        }

        if (root is null)
        {
            _reader.SkipToNextRule(start);
            return false;
        }

        if (rules.Count == Ruleset.RulesMax)
        {
            _reader.Problems.Add(at, $"more than {Ruleset.RulesMax} rules", $"at most {Ruleset.RulesMax} are allowed: split the ruleset");
        }

        if (rules.Count <= Ruleset.RulesMax)
        {
            rules.Add(new Rule(root));
        }

        return true;
    }

    private void FailAfterRule(RuleNode root)
    {
        var found = _reader.Current;
        if (IsAnd(found) || IsOr(found))
        {
            _reader.Problems.Add(found.At, $"found {found} after a rule without parentheses", $"put each operand into parentheses: ({root}) {found.Value} (…)");
        }
        else if (found.IsName("where") && root is SimpleRule { Threshold: not null })
        {
            _reader.Problems.Add(found.At, "found 'where' after 'with threshold'", "put 'where' first: … where \"…\" with threshold …");
        }
        else
        {
            _reader.Fail("',' or ']' after a rule", "separate rules by commas and close the list with ]");
        }
    }

    /// <summary>A simple rule, or groups joined by and / or; <c>and</c> binds tighter. Null after a problem.</summary>
    private RuleNode? ReadRule(int depth, out bool isGroup)
    {
        isGroup = _reader.Current.Is("(");
        if (!isGroup)
        {
            return _simple.Read();
        }

        var at = _reader.Current.At;
        var alternatives = new List<RuleNode>();
        do
        {
            var operands = new List<RuleNode>();
            do
            {
                if (ReadGroup(depth) is not { } operand)
                {
                    return null;
                }

                operands.Add(operand);
            }
            while (TakeOperator(IsAnd));

            alternatives.Add(operands.Count == 1 ? operands[0] : new CompositeRule(IsAnd: true, operands, at));
        }
        while (TakeOperator(IsOr));

        return alternatives.Count == 1 ? alternatives[0] : new CompositeRule(IsAnd: false, alternatives, at);
    }

    private RuleNode? ReadGroup(int depth)
    {
        if (depth == Ruleset.DepthMax)
        {
            _reader.Problems.Add(_reader.Current.At, $"rules are nested deeper than {Ruleset.DepthMax}", "use fewer parentheses");
            return null;
        }

        if (!_reader.Expect("(", "before an operand of a composite rule", "put each operand into parentheses: (IsComplete \"a\") and (IsComplete \"b\")"))
        {
            return null;
        }

        if (ReadRule(depth + 1, out var isGroup) is not { } rule)
        {
            return null;
        }

        if (!isGroup && (IsAnd(_reader.Current) || IsOr(_reader.Current)))
        {
            FailAfterRule(rule);
            return null;
        }

        return _reader.Expect(")", "after an operand of a composite rule", "close the parenthesis that was opened before the rule") ? rule : null;
    }

    private bool TakeOperator(Func<Token, bool> matches)
    {
        if (!matches(_reader.Current))
        {
            return false;
        }

        _reader.Take();
        return true;
    }

    private static bool IsAnd(Token token) => token.IsName("and") || token.IsName("AND");

    private static bool IsOr(Token token) => token.IsName("or") || token.IsName("OR");
}
