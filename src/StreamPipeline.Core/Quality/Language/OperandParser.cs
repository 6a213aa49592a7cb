using System.Globalization;

namespace StreamPipeline.Core.Quality.Language;

/// <summary>Reads one value of a condition.</summary>
internal sealed class OperandParser(TokenReader reader)
{
    private const long DurationMaxDays = 36_500;

    /// <summary>Null after a problem. <paramref name="inComparison"/>: the operator orders values, so keywords make no sense.</summary>
    public Operand? Read(ConditionKind kind, string usage, bool inComparison)
    {
        var start = reader.Current;
        var operand = ReadAny(usage);
        if (operand is null)
        {
            return null;
        }

        var isKeyword = operand.Kind is OperandKind.Null or OperandKind.Empty or OperandKind.WhitespacesOnly;
        var fits = kind switch
        {
            ConditionKind.Number => operand.Kind == OperandKind.Number,
            ConditionKind.Duration => operand.Kind == OperandKind.Duration,
            ConditionKind.TypeName => operand.Kind == OperandKind.Text,
            _ => operand.Kind != OperandKind.Duration && !(inComparison && isKeyword),
        };
        if (fits)
        {
            return operand;
        }

        var expected = kind switch
        {
            ConditionKind.Number => "a number",
            ConditionKind.Duration => "a duration such as 3 hours",
            ConditionKind.TypeName => "a type name in double quotes",
            _ => "a number, a quoted text or date, or now()",
        };
        reader.Problems.Add(start.At, $"found {operand}, expected {expected}", $"write: {usage}");
        return null;
    }

    private Operand? ReadAny(string usage)
    {
        var token = reader.Current;
        if (token.Kind == TokenKind.Text)
        {
            reader.Take();
            return new Operand(OperandKind.Text, token.At, Text: token.Value);
        }

        if (token.Kind == TokenKind.Number || token.Is("-"))
        {
            return ReadNumber(usage);
        }

        if (token.Is("("))
        {
            return ReadShiftedNow();
        }

        if (token.Kind != TokenKind.Name)
        {
            reader.Fail("a value", $"write: {usage}");
            return null;
        }

        switch (token.Value)
        {
            case "NULL" or "null":
                reader.Take();
                return new Operand(OperandKind.Null, token.At);
            case "EMPTY" or "empty":
                reader.Take();
                return new Operand(OperandKind.Empty, token.At);
            case "WHITESPACES_ONLY" or "whitespaces_only":
                reader.Take();
                return new Operand(OperandKind.WhitespacesOnly, token.At);
            case "now":
                return ReadNow();
            case "avg" or "min" or "max" or "sum" or "std" or "median" or "last" or "index" or "percentile":
                FailDynamic(token);
                return null;
            default:
                reader.Fail("a value", "put texts into double quotes");
                return null;
        }
    }

    private void FailDynamic(Token token) =>
        reader.Problems.Add(token.At, $"found {token}: dynamic rules are not supported yet", "compare with a constant");

    private Operand? ReadNumber(string usage)
    {
        var start = reader.Current;
        var negative = reader.TakeIf("-");
        var digits = reader.Current;
        if (digits.Kind != TokenKind.Number)
        {
            reader.Fail("a number after '-'", $"write: {usage}");
            return null;
        }

        reader.Take();
        var significant = digits.Value.Count(char.IsAsciiDigit);
        if (significant > 28
            || digits.Value.StartsWith('.') || digits.Value.EndsWith('.')
            || !decimal.TryParse(digits.Value, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number))
        {
            reader.Problems.Add(digits.At, $"{digits} is not a number of at most 28 digits", "write digits with at most one point between them, such as 0.95");
            return null;
        }

        if (reader.Current.Is("*") || reader.Current.Is("/") || reader.Current.Is("+") || reader.Current.Is("-"))
        {
            FailDynamic(reader.Current);
            return null;
        }

        number = negative ? -number : number;
        return reader.Current.Kind == TokenKind.Name && Unit(reader.Current.Value) != 0
            ? ReadDuration(start, number)
            : new Operand(OperandKind.Number, start.At, Number: number);
    }

    private Operand? ReadDuration(Token start, decimal amount)
    {
        var unit = reader.Take();
        var us = Unit(unit.Value);
        if (amount < 0 || amount != decimal.Truncate(amount) || amount * us > DurationMaxDays * Unit("days"))
        {
            reader.Problems.Add(start.At, $"duration {amount} {unit.Value} is not a whole number from 0 to {DurationMaxDays} days", "write: 3 hours");
            return null;
        }

        return new Operand(OperandKind.Duration, start.At, Text: $"{decimal.Truncate(amount):0} {unit.Value}", DurationUs: (long)(amount * us));
    }

    private static long Unit(string name) => name switch
    {
        "minutes" => 60_000_000L,
        "hours" => 3_600_000_000L,
        "days" => 86_400_000_000L,
        _ => 0,
    };

    private Operand? ReadNow()
    {
        var at = reader.Take().At;
        return reader.Expect("(", "after 'now'", "write: now()") && reader.Expect(")", "after 'now('", "write: now()")
            ? new Operand(OperandKind.Now, at, Text: "now()")
            : null;
    }

    /// <summary><c>(now() - 3 days)</c>.</summary>
    private Operand? ReadShiftedNow()
    {
        const string usage = "write: (now() - 3 days)";
        var at = reader.Take().At;
        if (!reader.Current.IsName("now"))
        {
            reader.Fail("'now()' after '('", usage);
            return null;
        }

        if (ReadNow() is null)
        {
            return null;
        }

        var sign = reader.Current;
        if (!reader.TakeIf("-") && !reader.TakeIf("+"))
        {
            reader.Fail("'-' or '+' after 'now()'", usage);
            return null;
        }

        var amount = reader.Current;
        if (amount.Kind != TokenKind.Number || ReadNumber(usage) is not { Kind: OperandKind.Duration } duration)
        {
            reader.Fail(amount, "a duration in minutes, hours or days", usage);
            return null;
        }

        if (!reader.Expect(")", "after the duration", usage))
        {
            return null;
        }

        var shift = sign.Value == "-" ? -duration.DurationUs : duration.DurationUs;
        return new Operand(OperandKind.Now, at, Text: $"(now() {sign.Value} {duration.Text})", DurationUs: shift);
    }
}
